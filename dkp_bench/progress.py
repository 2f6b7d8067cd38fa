"""Progress of long work on standard error: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TextIO

from dkp_bench.errors import printable
from dkp_bench.text import duration

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

SECONDS_BETWEEN_LINES = 10.0

CTRL_C = "^C "
"""What a terminal echoes after the bars: where it does not fit, they move on a line and are drawn twice."""

BARS = 6
"""How many bars are shown at once."""


class Progress(Protocol):
    """Told of long work: what it is, how much is done of how much, and a note such as the loss."""

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None: ...


def renamed(progress: Progress | None, name: str) -> Progress | None:
    """Return a callback that reports any work to ``progress`` as ``name``; None if there is none."""
    if progress is None:
        return None
    told = progress

    def tell(what: str, done: int, total: int, note: str = "") -> None:
        del what
        told(name, done, total, note)

    return tell


@dataclass
class _Work:
    started: float
    first_done: int
    last_line: float
    finished: bool = False


class PlainProgress:
    """Progress as lines of text: at most one every ten seconds for each work, and one when it is finished.

    Args:
        stream: where the lines go.
        clock: seconds that only grow.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._works: dict[str, _Work] = {}

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        now = self._clock()
        work = self._works.setdefault(what, _Work(now, done, now))
        finishes = done >= total and not work.finished
        if not finishes and (done >= total or now - work.last_line < SECONDS_BETWEEN_LINES):
            return
        work.last_line, work.finished = now, finishes
        parts = [f"{what}: {done} of {total}", f"in {duration(now - work.started)}" if finishes else "", note]
        if not finishes and done > work.first_done:
            left = (now - work.started) / (done - work.first_done) * (total - done)
            parts[1] = f"{duration(left)} left"
        self._stream.write(", ".join(filter(None, parts)) + "\n")
        self._stream.flush()


class BarProgress:
    """Progress as bars of ``rich``, one for each work; of many works those that moved last.

    Args:
        bars: a running display with a ``note`` field in its columns.
    """

    def __init__(self, bars: "RichProgress") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._one_at_a_time = Lock()  # a plan's datasets report from a thread of their own

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        with self._one_at_a_time:
            task = self._tasks.pop(what, None)
            if task is None:
                task = self._bars.add_task(what, total=total, note="")
            self._tasks[what] = task  # what moved last stands last
            self._bars.update(task, completed=done, total=total, note=note)
            while len(self._tasks) > BARS:
                self._bars.remove_task(self._tasks.pop(next(iter(self._tasks))))


_hearers: list[Callable[[str], None]] = []


def say(line: str) -> None:
    """Tell a person in a line what happened on the way: on standard error, unless :func:`heard_by` listens.

    Names from files may be in it: what would steer a terminal is escaped.
    """
    line = printable(line, 1000)
    if _hearers:
        _hearers[-1](line)
    else:
        sys.stderr.write(f"{line}\n")


@contextmanager
def heard_by(hearer: Callable[[str], None]) -> Iterator[None]:
    """Hand what is said while the block runs to ``hearer``, in place of standard error.

    >>> lines = []
    >>> with heard_by(lines.append):
    ...     say("the checkpoint is damaged")
    >>> lines
    ['the checkpoint is damaged']
    """
    _hearers.append(hearer)
    try:
        yield
    finally:
        _hearers.remove(hearer)


@contextmanager
def show_progress(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show the progress of long work while the block runs.

    Args:
        stream: where it is shown, standard error if None; a terminal gets bars with the time left, anything else lines.

    Yields:
        A callable of ``(what, done, total, note="")``; each ``what`` is one bar or one series of lines.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield PlainProgress(stream)
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeRemainingColumn(elapsed_when_finished=True),
        rich_progress.TextColumn("{task.fields[note]}"),
    )
    console = Console(file=stream)
    console.width = max(console.width - len(CTRL_C), 1)
    with rich_progress.Progress(*columns, console=console) as bars:
        yield BarProgress(bars)
