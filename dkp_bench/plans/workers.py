"""Where specs run, and a worker process, which runs one after the other for the process that started it."""

import os
import signal
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

import torch

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError, last_line
from dkp_bench.plans.executor import Advance, Elsewhere, Ending, Failed, Finished, Said, Stopped
from dkp_bench.presets import Profile
from dkp_bench.progress import Progress, heard_by
from dkp_bench.runs.execute import complete
from dkp_bench.runs.spec import DatasetKey, RunSpec
from dkp_bench.runs.work_folder import BusyError
from dkp_bench.training.device import core_count, find_devices, profile_without_gpu

STOP = "stop"


class StopRequestedError(BaseException):
    """Raised where a run reports its progress; a handler of errors must not take it for one, so it is no Exception."""


@dataclass(frozen=True)
class WorkerSlot:
    """Where a worker works.

    Attributes:
        device: name of the torch device.
        threads: how many threads of the CPU it may use; None for PyTorch's own choice.
        runs: folder of all runs.
        cache: folder for derived files.
        data: folder with the downloaded files; where the environment says if None.
    """

    device: str
    threads: int | None
    runs: Path
    cache: Path
    data: Path | None = None


def worker_slots(
    device: str, processes: int, profiles: Iterable[Profile], *, runs: Path, cache: Path, data: Path | None = None
) -> list[WorkerSlot]:
    """Return a slot for each worker.

    Several workers on one CPU share its cores, unless ``OMP_NUM_THREADS`` says how many threads each may use: two
    that used all of them would take more than twice as long.

    Args:
        device: names of devices with commas between them, each counted once, or ``auto``: every GPU, else the CPU.
        processes: how many workers each device has.
        profiles: the profiles to run.
        runs: folder of all runs.
        cache: folder for derived files.
        data: folder with the downloaded files.

    Raises:
        DkpError: if there is no such device, or ``auto`` finds no GPU for a profile that wants one.
    """
    if problem := gpu_missing(device, profiles):
        raise DkpError(problem, "--device cpu runs it here all the same, for hours or days")
    names = find_devices(device)
    share = processes > 1 and "OMP_NUM_THREADS" not in os.environ
    threads = {"cpu": max(1, core_count() // processes)} if share else {}
    return [WorkerSlot(name, threads.get(name), runs, cache, data) for name in names for _ in range(processes)]


def gpu_missing(device: str, profiles: Iterable[Profile]) -> str:
    """Return what is wrong if ``auto`` must find a GPU for these profiles and there is none; empty if nothing is."""
    profile = profile_without_gpu(profiles) if device == "auto" else None
    if profile is None:
        return ""
    return f"the plan has cells of the {profile} profile, which wants a GPU, and this machine has none"


def ending_of(error: Exception) -> Ending:
    """Return how a run ended that was ended by an error."""
    if isinstance(error, BusyError):
        return Elsewhere()
    if isinstance(error, DkpError):
        return Failed(error.problem, error.hint)
    hint = "try fewer --processes, or a smaller batch_size" if isinstance(error, torch.OutOfMemoryError) else ""
    return Failed(last_line(error), hint, "".join(traceback.format_exception(error)))


@dataclass
class SpecRunner:
    """Runs specs in a slot; each dataset is opened once.

    Attributes:
        slot: where.
        opened: the datasets that are open, prepared.
    """

    slot: WorkerSlot
    opened: dict[DatasetKey, Dataset] = field(default_factory=dict)

    def run(self, spec: RunSpec, progress: Progress) -> Ending:
        """Run a spec, and return how it ended; no error is raised."""
        try:
            return self.complete(spec, progress)
        except StopRequestedError:
            return Stopped()
        except Exception as error:
            return ending_of(error)

    def complete(self, spec: RunSpec, progress: Progress | None) -> Finished:
        """Run a spec, or reuse what is finished, and let every error through."""
        cuda = torch.device(self.slot.device).type == "cuda"
        if cuda:
            torch.cuda.empty_cache()  # memory that the last run no longer needs is of use to other processes
            torch.cuda.reset_peak_memory_stats()
        complete(spec.bind(self._dataset(spec), self.slot.runs, self.slot.device), progress)
        return Finished(torch.cuda.max_memory_allocated() if cuda else None)

    def _dataset(self, spec: RunSpec) -> Dataset:
        if spec.dataset_key not in self.opened:
            dataset = spec.open_dataset(self.slot.cache, self.slot.data)
            dataset.prepare()
            self.opened[spec.dataset_key] = dataset
        return self.opened[spec.dataset_key]


def serve(connection: Connection, slot: WorkerSlot) -> None:
    """Run the specs that come over a connection, until it closes: all that a worker process does."""
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they reach all processes; the parent decides
        signal.signal(request, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()
    if slot.threads:
        torch.set_num_threads(slot.threads)
    if torch.device(slot.device).type == "cuda":
        torch.cuda.set_device(slot.device)  # so that code that asks for "the GPU" gets this one
    runner, progress = SpecRunner(slot), _progress_over(connection)
    try:
        with heard_by(lambda line: connection.send(Said(line))):
            while True:
                connection.send(runner.run(_next_spec(connection), progress))
    except (EOFError, OSError):  # the process that started this one is gone, and with it the reason to go on
        return


def _end_with_the_parent() -> None:
    """End at once when the process that started this one is gone, even by a kill; a run resumes from its checkpoint."""
    parent = parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)


def _next_spec(connection: Connection) -> RunSpec:
    """Return the next spec; a request to stop that came too late for the last one is passed over."""
    while True:
        message = connection.recv()
        if isinstance(message, RunSpec):
            return message


def _progress_over(connection: Connection) -> Progress:
    def progress(what: str, done: int, total: int, note: str = "") -> None:
        try:
            if connection.poll():
                connection.recv()
                raise StopRequestedError
            connection.send(Advance(what, done, total, note))
        except (EOFError, OSError):
            raise StopRequestedError from None

    return progress
