"""Specs in worker processes, and their datasets prepared in a thread, as the process that started them sees it."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from dkp_bench.datasets import Dataset
from dkp_bench.plans.executor import Advance, Failed, Hear, Message, Said, Stopped
from dkp_bench.plans.workers import STOP, WorkerSlot, serve
from dkp_bench.progress import Progress
from dkp_bench.runs.spec import DatasetKey, RunSpec

JOIN_SECONDS = 10.0
"""Seconds that the system has to say how a process ended."""

KILL_AFTER = 5.0
"""Seconds that a worker has to stop its spec after it was asked to; then its process is killed."""

MESSAGES_AT_ONCE = 1000
"""Messages that are received from one worker before the others' turn: one that never stops must not block the rest."""


class WorkerProcess:
    """One worker; its process starts with its first spec, and again after one that did not survive.

    Attributes:
        slot: where it works.
        spec: what it runs, None if nothing.
    """

    def __init__(self, slot: WorkerSlot) -> None:
        self.slot = slot
        self.spec: RunSpec | None = None
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None
        self._asked: float | None = None

    @property
    def pipe(self) -> Connection | None:
        """The connection to its process, None while there is none."""
        return self._pipe

    def start(self, spec: RunSpec) -> None:
        """Start to run a spec."""
        self.spec, self._asked = spec, None
        if self._pipe is None:
            self._start_process()
        self._send(spec)

    def ask_to_stop(self) -> None:
        """Ask to stop the spec that runs; a message says when that has happened."""
        if self.spec and self._asked is None:
            self._asked = time.monotonic()
            self._send(STOP)

    def receive(self) -> list[tuple[RunSpec, Message]]:
        """Return its messages since the last call, with the spec they are about; the ending comes last."""
        messages: list[Message] = []
        try:
            while self._pipe and len(messages) < MESSAGES_AT_ONCE and self._pipe.poll():
                messages.append(self._pipe.recv())
        except (EOFError, OSError):
            lost = self._lost()
            if not messages or isinstance(messages[-1], Advance | Said):  # else the spec came to its own end before
                messages.append(lost)
        if self._ignores_the_request() and not messages:
            self.end(time.monotonic())
            messages.append(Stopped())
        spec = self.spec
        if messages and not isinstance(messages[-1], Advance | Said):
            self.spec = None
            if isinstance(messages[-1], Failed) and messages[-1].traceback:
                self.end(time.monotonic())  # some errors leave a GPU unusable for the process that met them
        return [(spec, message) for message in messages] if spec else []

    def _ignores_the_request(self) -> bool:
        """Return whether it was asked to stop a while ago and has not."""
        return self.spec is not None and self._asked is not None and time.monotonic() - self._asked > KILL_AFTER

    def end(self, until: float) -> None:
        """Wait for the process to end until a time of the monotonic clock, then kill it."""
        if self._pipe:
            self._pipe.close()
        if self._process:
            self._process.join(max(until - time.monotonic(), 1.0 if self.spec is None else 0.0))
            self._process.kill()
            self._process.join()
        self._pipe, self._process = None, None

    def _start_process(self) -> None:
        context = get_context("spawn")  # a forked process cannot use a GPU that its parent has touched
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self.slot), name=f"worker on {self.slot.device}")
        self._process.start()
        theirs.close()

    def _send(self, message: object) -> None:
        try:
            if self._pipe:
                self._pipe.send(message)
        except OSError:  # its process is gone, which the next receive reports
            return

    def _lost(self) -> Failed:
        """Return what to say of a process that ended in the middle of a spec."""
        process, self._pipe, self._process = self._process, None, None
        code = None
        if process:
            process.join(JOIN_SECONDS)
            code = process.exitcode
        hint = "-9 is often a lack of memory: try fewer --processes, or a smaller batch_size" if code == -9 else ""
        return Failed(f"its process ended with the exit code {code}", hint)


class WorkerPool:
    """All workers.

    Args:
        slots: where each of them works.
    """

    def __init__(self, slots: Sequence[WorkerSlot]) -> None:
        self.workers = [WorkerProcess(slot) for slot in slots]

    def idle(self) -> list[WorkerProcess]:
        """Return the workers that run nothing."""
        return [worker for worker in self.workers if worker.spec is None]

    def stop(self, spec: RunSpec) -> None:
        """Ask the worker that runs a spec to stop."""
        for worker in self.workers:
            if worker.spec == spec:
                worker.ask_to_stop()

    def wait(self, seconds: float, hear: Hear) -> None:
        """Call ``hear`` with what the workers send, each with the spec it is about; return after a timeout."""
        pipes = [worker.pipe for worker in self.workers if worker.pipe]
        if pipes:
            connection.wait(pipes, seconds)
        else:
            time.sleep(seconds)
        for spec, message in [received for worker in self.workers for received in worker.receive()]:
            hear(spec, message)

    def end(self, grace: float) -> None:
        """Stop all workers; kill those still busy after ``grace`` seconds."""
        until = time.monotonic() + grace
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.end(until)


class _NoLongerWantedError(Exception):
    pass


class DatasetPreparation:
    """Prepares datasets in a thread of its own, while workers are busy with those that are ready.

    Args:
        specs: whose datasets are wanted, the first ones first; each is prepared once.
        cache: folder for derived files.
        progress: called with the progress.
    """

    def __init__(self, specs: Iterable[RunSpec], cache: Path, progress: Progress) -> None:
        self._cache, self._progress = cache, progress
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "preparation")
        self._datasets: dict[DatasetKey, Future[Dataset]] = {}
        for spec in specs:
            if spec.dataset_key not in self._datasets:
                self._datasets[spec.dataset_key] = self._thread.submit(self._prepared, spec)

    def ready(self, spec: RunSpec) -> Dataset | None:
        """Return the spec's dataset, None if it is not ready yet.

        Raises:
            Exception: the one that its preparation ended with, if that failed.
        """
        prepared = self._datasets[spec.dataset_key]
        return prepared.result() if prepared.done() else None

    def close(self) -> None:
        """Stop at the next progress report; what is rendered so far is kept."""
        self._closed = True
        self._thread.shutdown(cancel_futures=True)

    def _prepared(self, spec: RunSpec) -> Dataset:
        dataset = spec.open_dataset(self._cache)
        dataset.prepare(self._checked_progress)
        return dataset

    def _checked_progress(self, what: str, done: int, total: int, note: str = "") -> None:
        if self._closed:
            raise _NoLongerWantedError
        self._progress(what, done, total, note)
