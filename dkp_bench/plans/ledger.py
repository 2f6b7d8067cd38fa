"""Where each cell of a plan stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dkp_bench.plans.cell import Cell
from dkp_bench.runs.run import Run
from dkp_bench.runs.spec import Job


class State(StrEnum):
    """Where a cell stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass
class Entry:
    """A cell, and what is known of it.

    Attributes:
        cell: the cell.
        state: where it stands.
        job: what to run; None until its dataset is ready.
        run: the finished run.
        reason: why it failed, or why it waits.
        seconds: wall-clock time that this call spent on it.
        peak_memory: bytes of the GPU's memory at the most; None where no call on a GPU finished it.
        not_before: a time of the clock; until then another command is taken to be at work on it.
    """

    cell: Cell
    state: State = State.WAITING
    job: Job | None = None
    run: Run | None = None
    reason: str = ""
    seconds: float = 0.0
    peak_memory: int | None = None
    not_before: float = 0.0

    def finish(self, run: Run) -> None:
        """It is finished."""
        self.state, self.run, self.reason = State.FINISHED, run, ""

    def fail(self, reason: str) -> None:
        """It failed."""
        self.state, self.reason = State.FAILED, reason

    def wait(self, reason: str) -> None:
        """It waits, for a reason or its turn."""
        self.state, self.reason = State.WAITING, reason


class Ledger:
    """The entries of all cells, in the plan's order.

    Args:
        cells: the cells, the most important first; what they require is among them.
    """

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._entries = {cell: Entry(cell) for cell in cells}
        self._required = {cell: [self._entries[one] for one in cell.required()] for cell in self._entries}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, cell: Cell) -> Entry:
        return self._entries[cell]

    def remember(self, name: str, peak_memory: int) -> None:
        """Take over what an earlier call measured of the cell of a name; nothing if the plan has no such cell."""
        for entry in self:
            if entry.cell.name == name:
                entry.peak_memory = peak_memory

    def number(self, entry: Entry) -> int:
        """The place of an entry in the plan, from 1."""
        return list(self._entries).index(entry.cell) + 1

    def those(self, state: State) -> list[Entry]:
        """The entries in a state."""
        return [entry for entry in self if entry.state == state]

    def required(self, entry: Entry) -> list[Entry]:
        """The entries that must be finished before another one."""
        return self._required[entry.cell]
