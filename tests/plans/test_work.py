"""A schedule put together: what an earlier call left is remembered, and no worker outlives the block."""

import math
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dkp_bench.plans import work
from dkp_bench.plans.cell import Cell
from dkp_bench.plans.journal import Journal
from dkp_bench.plans.work import GRACE, Terms, schedule
from dkp_bench.plans.worker import Place
from dkp_bench.runs.provenance import processor_name

CELL = Cell("squares", "tiny", "mean_pose")
pytestmark = pytest.mark.usefixtures("small_datasets")


class Crew:
    """Remembers how it was ended."""

    graces: ClassVar[list[float]] = []

    def __init__(self, places: Any) -> None:
        self.graces.clear()

    def end(self, grace: float) -> None:
        self.graces.append(grace)


class ImpatientCrew(Crew):
    """It is interrupted while it waits."""

    def end(self, grace: float) -> None:
        super().end(grace)
        if grace:
            raise KeyboardInterrupt


@pytest.fixture
def terms(tmp_path: Path) -> Terms:
    return Terms([Place("cpu", None, tmp_path / "runs", tmp_path / "cache")], 60.0, partial=True)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that the preparation of datasets was closed."""
    times: list[str] = []
    close = work.Preparation.close
    monkeypatch.setattr(work.Preparation, "close", lambda self: (times.append("closed"), close(self))[1])
    return times


def silent(*words: Any) -> None:
    pass


def test_the_machine_is_told_in_words(terms: Terms) -> None:
    place = terms.places[0]
    assert terms.machine == f"{processor_name()}, 1 worker"
    assert Terms([place, place]).machine == f"{processor_name()}, 2 workers"


def test_the_budget_begins_with_the_block(terms: Terms) -> None:
    with schedule([CELL], terms, silent, silent) as made:
        assert 50 < made.budget.left <= 60
        assert made.budget.partial
    with schedule([CELL], Terms(terms.places), silent, silent) as made:
        assert made.budget.left == math.inf
        assert not made.budget.partial


def test_what_an_earlier_call_measured_is_remembered(terms: Terms) -> None:
    Journal(terms.places[0].runs).write("finished", cell=CELL.name, seconds=3.0, peak_memory=2**30)
    with schedule([CELL], terms, silent, silent) as made:
        assert made.ledger[CELL].peak_memory == 2**30


def test_after_the_work_nobody_is_waited_for(terms: Terms, closed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "Crew", Crew)
    with schedule([CELL], terms, silent, silent):
        pass
    assert set(Crew.graces) == {0.0}
    assert closed == ["closed"]


@pytest.mark.parametrize("crew", [Crew, ImpatientCrew])
def test_interrupted_it_gives_cells_time_to_stop_once(
    crew: type[Crew], terms: Terms, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "Crew", crew)
    with pytest.raises(KeyboardInterrupt), schedule([CELL], terms, silent, silent):
        raise KeyboardInterrupt
    assert crew.graces == [GRACE, 0.0]
    assert closed == ["closed"]
