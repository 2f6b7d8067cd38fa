"""A worker in this process: how a spec's ending is reported, and when it stops."""

import signal
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch

from dkp_bench.plans.executor import Advance, Elsewhere, Failed, Finished, Message, Stopped
from dkp_bench.plans.workers import STOP, SpecRunner, WorkerSlot, serve
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.spec import RunSpec
from dkp_bench.runs.work_folder import run_lock

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")
CORNER = RunSpec("squares", "own_method:Corner", "tiny")


def silent(what: str, done: int, total: int, note: str = "") -> None:
    pass


@pytest.fixture
def slot(tmp_path: Path) -> WorkerSlot:
    return WorkerSlot("cpu", None, tmp_path / "runs", tmp_path / "cache")


@pytest.fixture
def runner(slot: WorkerSlot) -> SpecRunner:
    return SpecRunner(slot)


def test_a_finished_cell_leaves_a_run_and_no_memory_of_a_gpu(runner: SpecRunner) -> None:
    assert runner.run(CORNER, silent) == Finished(None)
    assert [run.record.identity.method for run in load_runs(runner.slot.runs)] == [CORNER.method]


def test_progress_is_reported(runner: SpecRunner) -> None:
    reports: list[tuple[str, int, int]] = []
    runner.run(CORNER, lambda what, done, total, note="": reports.append((what, done, total)))
    assert reports == [("own_method:Corner, seed 0", 1, 1)]


def test_a_dataset_is_opened_once(runner: SpecRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.prepare", lambda self: prepared.append(self.name))
    for spec in (CORNER, RunSpec("squares", "mean_pose", "tiny"), RunSpec("flat-squares", "mean_pose", "tiny"), CORNER):
        assert runner.run(spec, silent) == Finished(None)
    assert prepared == ["squares", "flat-squares"]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (RunSpec("squares", "own_method:Cornr", "tiny"), "unknown class in own_method 'Cornr'"),
        (RunSpec("squares", "own_method:Diverged", "tiny"), "predict of own_method:Diverged: fit[0, 0, 0] is nan"),
        (RunSpec("lsp", "mean_pose", "tiny"), "lsp"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(spec: RunSpec, problem: str, runner: SpecRunner) -> None:
    outcome = runner.run(spec, silent)
    assert isinstance(outcome, Failed)
    assert problem in outcome.problem
    assert outcome.hint
    assert outcome.traceback == ""
    assert runner.run(CORNER, silent) == Finished(None)


def test_a_bug_is_told_with_its_traceback(runner: SpecRunner) -> None:
    outcome = runner.run(RunSpec("squares", "fateful:Crashes", "tiny"), silent)
    assert isinstance(outcome, Failed)
    assert outcome.problem.startswith("ZeroDivisionError: a bug (fateful.py, line ")
    assert outcome.traceback.startswith("Traceback (most recent call last):\n")
    assert runner.run(CORNER, silent) == Finished(None)


def test_a_run_that_another_process_is_at_work_on_is_elsewhere(runner: SpecRunner, tmp_path: Path) -> None:
    bound = CORNER.bind(CORNER.open_dataset(tmp_path), runner.slot.runs)
    with run_lock(bound.folder):
        assert runner.run(CORNER, silent) == Elsewhere()
    assert runner.run(CORNER, silent) == Finished(None)


@pytest.fixture
def ours(slot: WorkerSlot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Our end of a connection to a worker that serves in a thread of this process."""
    monkeypatch.setattr(signal, "signal", lambda *args: None)  # for the main thread alone
    ours, theirs = Pipe()
    thread = threading.Thread(target=serve, args=(theirs, slot))
    thread.start()
    yield ours
    ours.close()
    thread.join(20)
    assert not thread.is_alive()


def answers(ours: Connection) -> list[Message]:
    """What a worker says of a cell, up to its outcome."""
    said: list[Message] = []
    while not said or isinstance(said[-1], Advance):
        assert ours.poll(60)
        said.append(ours.recv())
    return said


def test_it_serves_one_cell_after_the_other(ours: Connection) -> None:
    for seed in (0, 1):
        ours.send(RunSpec("squares", "own_method:Corner", "tiny", seed))
        assert answers(ours) == [Advance(f"own_method:Corner, seed {seed}", 1, 1, ""), Finished(None)]


def test_a_cell_that_is_asked_to_stop_stops_at_its_next_report(ours: Connection) -> None:
    ours.send(RunSpec("squares", "fateful:Endless", "tiny"))
    assert ours.poll(60)
    ours.send(STOP)
    assert answers(ours)[-1] == Stopped()
    ours.send(CORNER)
    assert answers(ours)[-1] == Finished(None)


def test_a_request_to_stop_that_comes_too_late_stops_no_other_cell(ours: Connection) -> None:
    for seed in (0, 1):
        ours.send(RunSpec("squares", "own_method:Corner", "tiny", seed))
        assert answers(ours)[-1] == Finished(None)
        ours.send(STOP)


def test_a_worker_stops_when_who_started_it_is_gone(ours: Connection) -> None:
    ours.send(RunSpec("squares", "fateful:Endless", "tiny"))
    assert ours.poll(60)


def test_a_worker_uses_as_many_threads_as_it_may_and_leaves_signals_to_who_started_it(
    slot: WorkerSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[tuple[object, ...]] = []
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(signal, "signal", lambda *args: handlers.append(args))
    for threads in (3, None):
        ours, theirs = Pipe()
        ours.close()
        serve(theirs, WorkerSlot("cpu", threads, slot.runs, slot.cache))
    assert asked == [3]
    assert handlers == [(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] * 2
