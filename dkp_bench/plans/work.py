"""Working on a plan: everything that a schedule needs, put together and taken apart again."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from dkp_bench.plans.cell import Cell
from dkp_bench.plans.crew import Crew
from dkp_bench.plans.forecast import Forecast, hardware
from dkp_bench.plans.journal import Journal
from dkp_bench.plans.ledger import Ledger
from dkp_bench.plans.preparation import Preparation
from dkp_bench.plans.schedule import Budget, Schedule
from dkp_bench.plans.worker import Place
from dkp_bench.progress import Progress
from dkp_bench.runs.provenance import processor_name
from dkp_bench.runs.schema import NO_GPU
from dkp_bench.text import counted

GRACE = 3.0
"""Seconds that cells have to stop when the work is interrupted; then they are killed, which loses no more."""


@dataclass(frozen=True)
class Terms:
    """How to work.

    Attributes:
        places: where, one for each worker.
        seconds: for how long, from now on; infinity for as long as it takes.
        partial: whether cells may be begun that cannot finish in that time.
    """

    places: Sequence[Place]
    seconds: float = math.inf
    partial: bool = False

    @property
    def machine(self) -> str:
        """What it works on, in words."""
        devices = list(dict.fromkeys(_hardware(place.device) for place in self.places))
        return f"{', '.join(devices)}, {counted(len(self.places), 'worker')}"


@contextmanager
def schedule(
    cells: Sequence[Cell], terms: Terms, progress: Progress, tell: Callable[[str], None], kind: type[Journal] = Journal
) -> Iterator[Schedule]:
    """A schedule of cells, whose workers are gone when the block ends, whatever the reason.

    Args:
        cells: the cells, the most important first.
        terms: how to work.
        progress: told of the progress.
        tell: told, in a line, of what has ended.
        kind: what is told of everything that happens.
    """
    runs, cache, hardware_here = terms.places[0].runs, terms.places[0].cache, _hardware(terms.places[0].device)
    budget = Budget(time.monotonic, time.monotonic() + terms.seconds, terms.partial)
    journal, ledger = kind(runs), Ledger(cells)
    for name, peak in journal.facts("finished", "peak_memory").items():
        ledger.remember(name, int(peak))
    datasets, crew = Preparation([cell.images for cell in cells], cache, progress), Crew(terms.places)
    grace = GRACE
    try:
        yield Schedule(ledger, datasets, crew, Forecast(hardware_here), budget, runs, journal, progress, tell)
        grace = 0.0
    finally:
        try:
            crew.end(grace)
        finally:  # who is interrupted again waits no longer
            crew.end(0.0)
            datasets.close()


def _hardware(device: str) -> str:
    on_gpu = torch.device(device).type == "cuda"
    return hardware(torch.cuda.get_device_name(device) if on_gpu else NO_GPU, processor_name())
