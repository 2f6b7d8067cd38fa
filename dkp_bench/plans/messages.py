"""What a worker tells the process that started it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Advance:
    """Some of a cell's work is done: what it is, how much of how much, and a note."""

    what: str
    done: int
    total: int
    note: str


@dataclass(frozen=True)
class Finished:
    """A cell is finished; bytes of the GPU's memory at the most, None on a CPU."""

    peak_memory: int | None


@dataclass(frozen=True)
class Failed:
    """A cell failed: what is wrong, what to do, and the traceback of what nobody foresaw."""

    problem: str
    hint: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class Stopped:
    """A cell was stopped when asked to; what it did up to its last checkpoint is kept."""


@dataclass(frozen=True)
class Elsewhere:
    """Another command is at work on the cell."""


@dataclass(frozen=True)
class Said:
    """Something happened on the way that a person should read, in a line."""

    line: str


Outcome = Finished | Failed | Stopped | Elsewhere
Message = Advance | Said | Outcome
