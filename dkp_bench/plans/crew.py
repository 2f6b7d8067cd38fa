"""The workers as the process that started them sees them."""

import time
from collections.abc import Sequence
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from dkp_bench.plans.cell import Cell
from dkp_bench.plans.messages import Advance, Failed, Message, Said, Stopped
from dkp_bench.plans.worker import STOP, Place, serve

LAST_WORDS = 10.0
"""Seconds that the system has to say how a process ended."""

LENIENCE = 5.0
"""Seconds that a worker has to stop its cell after it was asked to; then its process is killed."""

AT_ONCE = 1000
"""Messages that are received before others have their turn: who speaks without end would keep all else waiting."""


class Worker:
    """One worker; its process begins with its first cell, and anew after one that did not survive.

    Attributes:
        place: where it works.
        cell: what it is at work on, None if nothing.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.cell: Cell | None = None
        self._process: BaseProcess | None = None
        self._line: Connection | None = None
        self._asked: float | None = None

    @property
    def line(self) -> Connection | None:
        """The connection to its process, None while there is none."""
        return self._line

    def begin(self, cell: Cell) -> None:
        """Set to work on a cell."""
        self.cell, self._asked = cell, None
        if self._line is None:
            self._start()
        self._send(cell)

    def ask_to_stop(self) -> None:
        """Ask to stop the cell under way; a message says when that has happened."""
        if self.cell and self._asked is None:
            self._asked = time.monotonic()
            self._send(STOP)

    def receive(self) -> list[tuple[Cell, Message]]:
        """What it has said since the last call, of the cell it is about; an outcome comes last."""
        messages: list[Message] = []
        try:
            while self._line and len(messages) < AT_ONCE and self._line.poll():
                messages.append(self._line.recv())
        except (EOFError, OSError):
            lost = self._lost()
            if not messages or isinstance(messages[-1], Advance | Said):  # else the cell came to its own end before
                messages.append(lost)
        if self._is_deaf() and not messages:
            self.end(time.monotonic())
            messages.append(Stopped())
        cell = self.cell
        if messages and not isinstance(messages[-1], Advance | Said):
            self.cell = None
            if isinstance(messages[-1], Failed) and messages[-1].traceback:
                self.end(time.monotonic())  # after some errors a GPU is of no more use to the process that met them
        return [(cell, message) for message in messages] if cell else []

    def _is_deaf(self) -> bool:
        """Whether it was asked to stop a while ago and has not."""
        return self.cell is not None and self._asked is not None and time.monotonic() - self._asked > LENIENCE

    def end(self, until: float) -> None:
        """Wait for the process to end until a time of the monotonic clock, then kill it."""
        if self._line:
            self._line.close()
        if self._process:
            self._process.join(max(until - time.monotonic(), 1.0 if self.cell is None else 0.0))
            self._process.kill()
            self._process.join()
        self._line, self._process = None, None

    def _start(self) -> None:
        context = get_context("spawn")  # a fork would share a state that no GPU allows to be shared
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self.place), name=f"worker on {self.place.device}")
        self._process.start()
        theirs.close()

    def _send(self, message: object) -> None:
        try:
            if self._line:
                self._line.send(message)
        except OSError:  # its end is told by what is received
            return

    def _lost(self) -> Failed:
        """What to say of a process that ended in the middle of a cell."""
        process, self._line, self._process = self._process, None, None
        code = None
        if process:
            process.join(LAST_WORDS)
            code = process.exitcode
        hint = "-9 is often a lack of memory: try fewer --processes, or a smaller batch_size" if code == -9 else ""
        return Failed(f"its process ended with the exit code {code}", hint)


class Crew:
    """All workers.

    Args:
        places: where each of them works.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self.workers = [Worker(place) for place in places]

    def idle(self) -> list[Worker]:
        """Those that are at work on nothing."""
        return [worker for worker in self.workers if worker.cell is None]

    def stop(self, cell: Cell) -> None:
        """Ask whoever is at work on a cell to stop."""
        for worker in self.workers:
            if worker.cell == cell:
                worker.ask_to_stop()

    def wait(self, seconds: float) -> list[tuple[Cell, Message]]:
        """What the workers say, each with the cell it is about; nothing if none has spoken after some seconds."""
        lines = [worker.line for worker in self.workers if worker.line]
        if lines:
            connection.wait(lines, seconds)
        else:
            time.sleep(seconds)
        return [said for worker in self.workers for said in worker.receive()]

    def end(self, grace: float) -> None:
        """Let all workers end: who is at work is asked to stop, and killed if that takes more than some seconds."""
        until = time.monotonic() + grace
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.end(until)
