"""Specs in this process: stopped by the budget, tried again later, and how other processes learn of the end."""

import math
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.plans.executor import Advance, Elsewhere, Failed, Finished, Message, Stopped
from dkp_bench.plans.inline import InlineExecutor, fit_along
from dkp_bench.plans.schedule import Budget
from dkp_bench.plans.workers import SpecRunner, WorkerSlot
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.spec import RunSpec
from dkp_bench.runs.work_folder import run_lock
from dkp_bench.training import distributed

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")
CORNER, ENDLESS = RunSpec("squares", "own_method:Corner"), RunSpec("squares", "fateful:Endless")


@pytest.fixture
def runner(tmp_path: Path) -> SpecRunner:
    return SpecRunner(WorkerSlot("cpu", None, tmp_path / "runs", tmp_path / "cache"))


def inline(runner: SpecRunner, deadline: float = math.inf, *, keep_going: bool = True) -> InlineExecutor:
    return InlineExecutor(runner, Budget(lambda: 0.0, deadline), keep_going=keep_going)


def run(executor: InlineExecutor, spec: RunSpec) -> list[Message]:
    heard: list[Message] = []
    assert executor.idle() == [executor]
    executor.start(spec)
    assert executor.idle() == []
    executor.wait(0.0, lambda about, message: heard.append(message))
    assert executor.idle() == [executor]
    return heard


def test_a_spec_runs_while_it_is_waited_for(runner: SpecRunner) -> None:
    assert run(inline(runner), CORNER) == [Advance("own_method:Corner, seed 0", 1, 1, ""), Finished(None)]
    assert len(load_runs(runner.slot.runs)) == 1


def test_after_the_deadline_it_stops_at_its_next_report(runner: SpecRunner) -> None:
    assert run(inline(runner, deadline=0.0), ENDLESS)[-1] == Stopped()


def test_what_hears_its_progress_may_stop_it(runner: SpecRunner) -> None:
    executor, heard = inline(runner), []

    def hear(spec: RunSpec, message: Message) -> None:
        heard.append(message)
        executor.stop(CORNER)
        if len(heard) == 3:
            executor.stop(spec)

    executor.start(ENDLESS)
    executor.wait(0.0, hear)
    assert heard[3:] == [Stopped()]


def test_one_that_is_elsewhere_is_tried_again_or_has_failed(runner: SpecRunner, tmp_path: Path) -> None:
    with run_lock(CORNER.bind(CORNER.open_dataset(tmp_path), runner.slot.runs).folder):
        assert run(inline(runner), CORNER) == [Elsewhere()]
        (failed,) = run(inline(runner, keep_going=False), CORNER)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DkpError)


def test_others_run_what_the_main_process_announces_and_fail_as_it_does(
    runner: SpecRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = iter([CORNER, RunSpec("squares", "own_method:Corner", seed=1), None])
    monkeypatch.setattr(distributed, "on_main", lambda work: next(announced))
    with monkeypatch.context() as alone:
        alone.setattr(SpecRunner, "complete", lambda self, spec, progress: ran.append(spec.seed))
        ran: list[int] = []
        fit_along(runner)
    assert ran == [0, 1]
    monkeypatch.undo()
    with pytest.raises(DkpError, match="a damaged record"):
        inline(runner).end(DkpError("a damaged record"))
