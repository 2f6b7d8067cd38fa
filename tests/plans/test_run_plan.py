"""A schedule put together: what an earlier call left is remembered, and no worker outlives the block."""

import math
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dkp_bench.plans import run_plan as module
from dkp_bench.plans.event_log import EventLog
from dkp_bench.plans.run_plan import GRACE_SECONDS, Observer, RunOptions, open_schedule
from dkp_bench.plans.workers import WorkerSlot
from dkp_bench.runs.provenance import processor_name
from dkp_bench.runs.spec import RunSpec

SPEC = RunSpec("squares", "mean_pose", "tiny")
pytestmark = pytest.mark.usefixtures("small_datasets")


class Pool:
    """Remembers how it was ended."""

    graces: ClassVar[list[float]] = []

    def __init__(self, slots: Any) -> None:
        self.graces.clear()

    def end(self, grace: float) -> None:
        self.graces.append(grace)


class ImpatientPool(Pool):
    """It is interrupted while it waits."""

    def end(self, grace: float) -> None:
        super().end(grace)
        if grace:
            raise KeyboardInterrupt


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    return RunOptions([WorkerSlot("cpu", None, tmp_path / "runs", tmp_path / "cache")], 60.0, partial=True)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One task for each time that the preparation of datasets was closed."""
    times: list[str] = []
    close = module.DatasetPreparation.close
    monkeypatch.setattr(module.DatasetPreparation, "close", lambda self: (times.append("closed"), close(self))[1])
    return times


def silent(*words: Any) -> None:
    pass


SILENT = Observer(silent, silent)


def test_the_machine_is_told_in_words(options: RunOptions) -> None:
    slot = options.slots[0]
    assert options.machine == f"{processor_name()}, 1 worker"
    assert RunOptions([slot, slot]).machine == f"{processor_name()}, 2 workers"


def test_the_budget_begins_with_the_block(options: RunOptions) -> None:
    with open_schedule([SPEC], options, SILENT) as made:
        assert 50 < made.budget.left <= 60
        assert made.budget.partial
    with open_schedule([SPEC], RunOptions(options.slots), SILENT) as made:
        assert made.budget.left == math.inf
        assert not made.budget.partial


def test_what_an_earlier_call_measured_is_remembered(options: RunOptions) -> None:
    EventLog(options.slots[0].runs).write("finished", cell=SPEC.name, seconds=3.0, peak_memory=2**30)
    with open_schedule([SPEC], options, SILENT) as made:
        assert made.tasks[SPEC].peak_memory == 2**30


def test_after_the_work_nobody_is_waited_for(
    options: RunOptions, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WorkerPool", Pool)
    with open_schedule([SPEC], options, SILENT):
        pass
    assert set(Pool.graces) == {0.0}
    assert closed == ["closed"]


@pytest.mark.parametrize("pool", [Pool, ImpatientPool])
def test_interrupted_it_gives_cells_time_to_stop_once(
    pool: type[Pool], options: RunOptions, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WorkerPool", pool)
    with pytest.raises(KeyboardInterrupt), open_schedule([SPEC], options, SILENT):
        raise KeyboardInterrupt
    assert pool.graces == [GRACE_SECONDS, 0.0]
    assert closed == ["closed"]
