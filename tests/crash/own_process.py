"""The workers of a plan in the process of the plan itself, so that each of its operations can be counted."""

from collections.abc import Sequence
from typing import Any

from dkp_bench.plans.cell import Cell
from dkp_bench.plans.messages import Advance, Message
from dkp_bench.plans.worker import Bench, Place


class Worker:
    """Runs one cell when it is asked what there is to say of it."""

    def __init__(self, place: Place) -> None:
        self.bench, self.cell = Bench(place), None

    def begin(self, cell: Cell) -> None:
        self.cell = cell

    def finish(self) -> list[tuple[Cell, Message]]:
        """Everything that is said of the cell up to its end; nothing where there is none."""
        cell, said = self.cell, []
        if cell is None:
            return []

        def report(what: str, done: int, total: int, note: str = "") -> None:
            said.append(Advance(what, done, total, note))

        said.append(self.bench.run(cell, report))
        self.cell = None
        return [(cell, message) for message in said]


class OwnProcess:
    """Stands for :class:`dkp_bench.plans.crew.Crew`."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.workers = [Worker(place) for place in places]

    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.cell is None]

    def stop(self, cell: Cell) -> None:
        pass

    def wait(self, seconds: float) -> list[tuple[Cell, Any]]:
        return [said for worker in self.workers for said in worker.finish()]

    def end(self, grace: float) -> None:
        pass
