"""What runs specs for a schedule, and what it says of them.

Two executors keep this protocol: :class:`dkp_bench.plans.inline.InlineExecutor` in this process and
:class:`dkp_bench.plans.pool.WorkerPool` in processes of its own, which send the messages below over a pipe.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dkp_bench.datasets import Dataset
from dkp_bench.runs.spec import RunSpec


@dataclass(frozen=True)
class Advance:
    """Some of a run's work is done: what it is, how much of how much, and a note."""

    what: str
    done: int
    total: int
    note: str


@dataclass(frozen=True)
class Said:
    """Something happened on the way that a person should read, in a line."""

    line: str


@dataclass(frozen=True)
class Finished:
    """A run is finished; bytes of the GPU's memory at the most, None on a CPU."""

    peak_memory: int | None


@dataclass(frozen=True)
class Failed:
    """A run failed: what is wrong, what to do, and the traceback of an unexpected error.

    Attributes:
        problem: what is wrong.
        hint: what to do about it.
        traceback: of an unexpected error.
        error: the error itself, where it was raised in this process.
    """

    problem: str
    hint: str = ""
    traceback: str = ""
    error: Exception | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Stopped:
    """A run was stopped when asked to; what it did up to its last checkpoint is kept."""


@dataclass(frozen=True)
class Elsewhere:
    """Another command is at work on the run."""


Ending = Finished | Failed | Stopped | Elsewhere
Message = Advance | Said | Ending
Hear = Callable[[RunSpec, Message], None]


class Slot(Protocol):
    """Runs one spec at a time."""

    def start(self, spec: RunSpec) -> None:
        """Start to run a spec."""


class Executor(Protocol):
    """Runs specs, each in a slot; the last message about a spec is its ending."""

    def idle(self) -> Sequence[Slot]:
        """Return the slots that run nothing."""

    def stop(self, spec: RunSpec) -> None:
        """Ask the slot that runs a spec to stop."""

    def wait(self, seconds: float, hear: Hear) -> None:
        """Call ``hear`` with each message that arrives and the spec it is about; return soon after some seconds.

        Messages are heard while this waits, so what hears them may ask a spec to stop.
        """


class DatasetSource(Protocol):
    """Prepares datasets."""

    def ready(self, spec: RunSpec) -> Dataset | None:
        """Return the spec's dataset, None if it is not ready yet.

        Raises:
            Exception: the one that its preparation ended with, if that failed.
        """
