"""Workers as processes: one that dies is reported and replaced, one that does not stop is killed."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.plans.executor import Advance, Ending, Failed, Finished, Message
from dkp_bench.plans.pool import WorkerPool
from dkp_bench.plans.workers import STOP, WorkerSlot
from dkp_bench.runs.spec import RunSpec

CORNER, KILLED, STUCK = (
    RunSpec("squares", method, "tiny") for method in ("own_method:Corner", "fateful:Killed", "fateful:Stuck")
)
SOON = 120.0
GRACE = 0.5


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerPool]:
    """A worker with one thread; its process is ended with the test."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = WorkerPool([WorkerSlot("cpu", 1, tmp_path / "runs", tmp_path / "cache")])
    yield made
    made.end(0)


def wait(pool: WorkerPool, seconds: float) -> list[tuple[RunSpec, Message]]:
    """What the pool hears in some seconds."""
    heard: list[tuple[RunSpec, Message]] = []
    pool.wait(seconds, lambda spec, message: heard.append((spec, message)))
    return heard


def begin(pool: WorkerPool, spec: RunSpec) -> None:
    (worker,) = pool.idle()
    worker.start(spec)
    assert pool.idle() == []


def outcome(pool: WorkerPool, spec: RunSpec) -> Ending:
    """What becomes of a cell under way."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        for about, message in wait(pool, 1.0):
            assert about == spec
            if not isinstance(message, Advance):
                return message
    pytest.fail("nothing came of it")


@pytest.mark.slow
def test_a_process_that_dies_is_told_and_replaced_and_one_that_is_stuck_is_killed(
    pool: WorkerPool, fixtures_in_workers: None
) -> None:
    begin(pool, KILLED)
    failed = outcome(pool, KILLED)
    assert failed == Failed("its process ended with the exit code -9", failed.hint)
    assert "lack of memory" in failed.hint
    begin(pool, CORNER)
    assert outcome(pool, CORNER) == Finished(None)
    begin(pool, STUCK)
    assert wait(pool, SOON) == [(STUCK, Advance("fateful:Stuck, seed 0", 0, 1, ""))]
    pool.stop(STUCK)
    (child,) = multiprocessing.active_children()
    before = time.monotonic()
    pool.end(GRACE)
    assert GRACE <= time.monotonic() - before < GRACE + 5
    assert not child.is_alive()


class Scripted:
    """Stands for a process: says what its script has as soon as it is started, and ends with a code."""

    def __init__(self, says: list[Message], code: int | None = None) -> None:
        self.says, self.exitcode = says, code
        self.heard: list[Any] = []
        self.killed = 0

    def Process(self, target: Any, args: tuple[Connection, WorkerSlot], name: str) -> "Scripted":  # noqa: N802
        self.line = Connection(os.dup(args[0].fileno()))
        return self

    def Pipe(self) -> tuple[Connection, Connection]:  # noqa: N802
        return multiprocessing.Pipe()

    def start(self) -> None:
        for message in self.says:
            self.line.send(message)
        if self.exitcode is not None:
            self.line.close()

    def hear(self) -> list[Any]:
        """What was sent to it."""
        while self.line.poll():
            self.heard.append(self.line.recv())
        return self.heard

    def join(self, timeout: float | None = None) -> None:
        pass

    def kill(self) -> None:
        self.killed += 1


def scripted(patch: pytest.MonkeyPatch, *says: Message, code: int | None = None) -> Scripted:
    process = Scripted(list(says), code)
    patch.setattr("dkp_bench.plans.pool.get_context", lambda method: process)
    return process


def test_a_cell_that_ended_before_its_process_did_has_not_failed(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, Advance("corner", 1, 1, ""), Finished(7), code=0)
    begin(pool, CORNER)
    assert wait(pool, 1.0) == [(CORNER, Advance("corner", 1, 1, "")), (CORNER, Finished(7))]
    scripted(monkeypatch, Finished(8))
    begin(pool, CORNER)
    assert wait(pool, 1.0) == [(CORNER, Finished(8))]


def test_a_process_that_ends_between_two_cells_is_replaced(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    process = scripted(monkeypatch, Finished(7))
    begin(pool, CORNER)
    assert wait(pool, 1.0) == [(CORNER, Finished(7))]
    process.line.close()
    assert wait(pool, 1.0) == []
    scripted(monkeypatch, Finished(8))
    begin(pool, CORNER)
    assert wait(pool, 1.0) == [(CORNER, Finished(8))]


def test_the_exit_code_of_a_process_is_told(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, Advance("corner", 1, 2, ""), code=3)
    begin(pool, CORNER)
    assert wait(pool, 1.0)[-1] == (CORNER, Failed("its process ended with the exit code 3"))
    assert len(pool.idle()) == 1


def test_after_what_nobody_foresaw_the_next_cell_gets_a_new_process(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for failed, ends in ((Failed("a mistake", "mend it"), 0), (Failed("a bug", "", "Traceback"), 1)):
        process = scripted(monkeypatch, failed)
        begin(pool, CORNER)
        assert wait(pool, 1.0) == [(CORNER, failed)]
        assert process.killed == ends
        assert [worker.pipe is None for worker in pool.workers] == [ends == 1]
        pool.end(0)


def test_who_speaks_without_end_does_not_keep_the_others_waiting(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dkp_bench.plans.pool.MESSAGES_AT_ONCE", 2)
    said = [Advance("corner", done, 3, "") for done in range(3)]
    scripted(monkeypatch, *said)
    begin(pool, CORNER)
    assert wait(pool, 1.0) == [(CORNER, message) for message in said[:2]]
    assert wait(pool, 1.0) == [(CORNER, said[2])]


def test_a_request_to_stop_reaches_who_is_at_work_on_the_cell(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = scripted(monkeypatch)
    begin(pool, CORNER)
    pool.stop(STUCK)
    assert process.hear() == [CORNER]
    pool.stop(CORNER)
    assert process.hear() == [CORNER, STOP]


def test_at_the_end_who_is_at_work_is_asked_to_stop_and_killed(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = scripted(monkeypatch)
    begin(pool, CORNER)
    pool.end(0)
    assert process.killed == 1
    assert [process.line.recv() for _ in range(2)] == [CORNER, STOP]
    with pytest.raises(EOFError):
        process.line.recv()


def test_without_a_process_time_passes_all_the_same(pool: WorkerPool) -> None:
    before = time.monotonic()
    assert wait(pool, 0.02) == []
    assert time.monotonic() - before >= 0.02
    pool.stop(CORNER)
    pool.end(10)
    assert time.monotonic() - before < 5
