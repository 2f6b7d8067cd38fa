"""A process that runs cells, one after the other, for the process that started it."""

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

import torch

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError, last_line
from dkp_bench.plans.cell import Cell, Images
from dkp_bench.plans.messages import Advance, Elsewhere, Failed, Finished, Outcome, Said, Stopped
from dkp_bench.progress import Progress, heard_by
from dkp_bench.runs.execute import complete
from dkp_bench.runs.workplace import BusyError

STOP = "stop"


class _AskedToStop(BaseException):
    """Raised where a cell reports its progress; no handler of errors may take it for one."""


@dataclass(frozen=True)
class Place:
    """Where a worker works.

    Attributes:
        device: name of the torch device.
        threads: how many threads of the CPU it may use; None for PyTorch's own choice.
        runs: folder of all runs.
        cache: folder for derived files.
    """

    device: str
    threads: int | None
    runs: Path
    cache: Path


@dataclass
class Bench:
    """Runs cells at a place; a dataset is opened once.

    Attributes:
        place: where.
        opened: the datasets that are open.
    """

    place: Place
    opened: dict[Images, Dataset] = field(default_factory=dict)

    def run(self, cell: Cell, progress: Progress) -> Outcome:
        """Run a cell to its end, whatever the end is."""
        try:
            return self._complete(cell, progress)
        except _AskedToStop:
            return Stopped()
        except BusyError:
            return Elsewhere()
        except DkpError as error:
            return Failed(error.problem, error.hint)
        except torch.OutOfMemoryError as error:
            return Failed(last_line(error), "try fewer --processes, or a smaller batch_size", traceback.format_exc())
        except Exception as error:
            return Failed(last_line(error), "", traceback.format_exc())

    def _complete(self, cell: Cell, progress: Progress) -> Finished:
        cuda = torch.device(self.place.device).type == "cuda"
        if cuda:
            torch.cuda.empty_cache()  # what the last cell no longer needs is of use to other processes
            torch.cuda.reset_peak_memory_stats()
        complete(cell.job(self._dataset(cell.images), self.place.runs, self.place.device), progress)
        return Finished(torch.cuda.max_memory_allocated() if cuda else None)

    def _dataset(self, images: Images) -> Dataset:
        if images not in self.opened:
            dataset = images.open(self.place.cache)
            dataset.prepare()
            self.opened[images] = dataset
        return self.opened[images]


def serve(connection: Connection, place: Place) -> None:
    """Run the cells that come over a connection, until it closes; what a worker's process does all its life."""
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they reach all; who started this one decides
        signal.signal(request, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()
    if place.threads:
        torch.set_num_threads(place.threads)
    if torch.device(place.device).type == "cuda":
        torch.cuda.set_device(place.device)  # what asks for "the GPU" means this one
    bench, progress = Bench(place), _reporter(connection)
    try:
        with heard_by(lambda line: connection.send(Said(line))):
            while True:
                connection.send(bench.run(_next_cell(connection), progress))
    except (EOFError, OSError):  # who started this process is gone, and with it the reason to go on
        return


def _end_with_the_parent() -> None:
    """End at once when the process that started this one is gone, by a kill too; a run goes on from its checkpoint."""
    parent = parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


def _next_cell(connection: Connection) -> Cell:
    """The next cell; a request to stop that came too late for the last one is passed over."""
    while True:
        message = connection.recv()
        if isinstance(message, Cell):
            return message


def _reporter(connection: Connection) -> Callable[..., None]:
    def progress(what: str, done: int, total: int, note: str = "") -> None:
        try:
            if connection.poll():
                connection.recv()
                raise _AskedToStop
            connection.send(Advance(what, done, total, note))
        except (EOFError, OSError):
            raise _AskedToStop from None

    return progress
