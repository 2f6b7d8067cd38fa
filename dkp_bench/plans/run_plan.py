"""Run the specs of a plan: one way for ``reproduce``, ``train``, ``check-baselines`` and ``run``.

An executor runs them, in this process or in worker processes; a schedule decides which one comes next.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError
from dkp_bench.plans.event_log import EventLog, ReadOnlyEventLog
from dkp_bench.plans.executor import DatasetSource
from dkp_bench.plans.forecast import Forecast
from dkp_bench.plans.inline import DatasetsThere, InlineExecutor, PreparedDatasets, fit_along
from dkp_bench.plans.pool import DatasetPreparation, WorkerPool
from dkp_bench.plans.schedule import Budget, Schedule
from dkp_bench.plans.state import Task, Tasks
from dkp_bench.plans.workers import SpecRunner, WorkerSlot
from dkp_bench.progress import Progress
from dkp_bench.runs.provenance import hardware_name, processor_name
from dkp_bench.runs.spec import DatasetKey, RunSpec
from dkp_bench.text import counted
from dkp_bench.training import distributed

GRACE_SECONDS = 3.0
"""Seconds that runs have to stop when the work is interrupted; then they are killed, which loses no more."""


@dataclass(frozen=True)
class RunOptions:
    """How to run specs.

    Attributes:
        slots: where, one for each worker.
        seconds: for how long, from now on; infinity for as long as it takes.
        partial: whether specs may be started that cannot finish in that time.
        keep_going: whether to go on after a failure; else the first one is raised.
        inline: whether to run them in this process, in the only slot.
        datasets: those that are prepared already; None to prepare each one meanwhile.
    """

    slots: Sequence[WorkerSlot]
    seconds: float = math.inf
    partial: bool = False
    keep_going: bool = True
    inline: bool = False
    datasets: Mapping[DatasetKey, Dataset] | None = None

    @property
    def machine(self) -> str:
        """What it runs on, in words."""
        devices = list(dict.fromkeys(hardware_of(slot.device) for slot in self.slots))
        return f"{', '.join(devices)}, {counted(len(self.slots), 'worker')}"


@dataclass(frozen=True)
class Observer:
    """What is called while specs run.

    Attributes:
        progress: with the progress of each run.
        tell: with a line for each spec that has ended.
        on_finish: with each task that is finished, in place of ``tell``; with those that were before, too.
        on_open: with the schedule, before the first spec starts.
    """

    progress: Progress
    tell: Callable[[str], None]
    on_finish: Callable[[Task], None] | None = None
    on_open: Callable[[Schedule], None] | None = None


def run_plan(specs: Sequence[RunSpec], options: RunOptions, observer: Observer) -> Tasks:
    """Run specs, each once, the most important first; what is finished is reused, and what was cut off resumes.

    No worker outlives the call. Under ``torchrun`` the main process decides, and the others fit along.

    Args:
        specs: what to run; what they require must be among them, in front.
        options: how.
        observer: what is called meanwhile.

    Returns:
        Where each spec stands; in a process that only fits along, all of them wait.

    Raises:
        DkpError: the first failure, unless ``options.keep_going``.
    """
    if options.inline and not distributed.is_main():
        fit_along(_runner(options))
        return Tasks(specs)
    with open_schedule(specs, options, observer) as schedule:
        if observer.on_open:
            observer.on_open(schedule)
        schedule.run()
        return schedule.tasks


def survey_plan(specs: Sequence[RunSpec], options: RunOptions, observer: Observer) -> Schedule:
    """Return where each spec stands, as far as its dataset is there to tell; nothing is run, made or written."""
    there = DatasetsThere(options.slots[0].cache)
    with open_schedule(specs, options, observer, ReadOnlyEventLog, there) as schedule:
        schedule.survey()
        return schedule


@contextmanager
def open_schedule(
    specs: Sequence[RunSpec],
    options: RunOptions,
    observer: Observer,
    events: type[EventLog] = EventLog,
    there: DatasetSource | None = None,
) -> Iterator[Schedule]:
    """Put a schedule together; its workers are gone when the block ends, for whichever reason.

    Args:
        specs: as :func:`run_plan`.
        options: as :func:`run_plan`.
        observer: as :func:`run_plan`.
        events: the kind of the event log.
        there: where datasets come from; those of the options, or prepared meanwhile, if None.
    """
    first = options.slots[0]
    budget = Budget(time.monotonic, time.monotonic() + options.seconds, options.partial)
    log, tasks = events(first.runs), Tasks(specs)
    for name, peak in log.facts("finished", "peak_memory").items():
        tasks.remember(name, int(peak))
    given = nullcontext(there) if there else _datasets(specs, options, observer.progress)
    with given as datasets, _executor(options, budget) as executor:
        yield Schedule(
            tasks,
            datasets,
            executor,
            Forecast(hardware_of(first.device)),
            budget,
            first.runs,
            log,
            observer.progress,
            observer.tell,
            options.keep_going,
            observer.on_finish,
        )


@contextmanager
def _datasets(specs: Sequence[RunSpec], options: RunOptions, progress: Progress) -> Iterator[DatasetSource]:
    if options.datasets is not None:
        yield PreparedDatasets(options.datasets)
        return
    preparation = DatasetPreparation(specs, options.slots[0].cache, progress)
    try:
        yield preparation
    finally:
        preparation.close()


@contextmanager
def _executor(options: RunOptions, budget: Budget) -> Iterator[InlineExecutor | WorkerPool]:
    if options.inline:
        inline = InlineExecutor(_runner(options), budget, keep_going=options.keep_going)
        try:
            yield inline
        except DkpError as error:
            inline.end(error)
            raise
        inline.end()
        return
    pool, grace = WorkerPool(options.slots), GRACE_SECONDS
    try:
        yield pool
        grace = 0.0
    finally:
        try:
            pool.end(grace)
        finally:  # interrupted a second time, it waits no longer
            pool.end(0.0)


def _runner(options: RunOptions) -> SpecRunner:
    return SpecRunner(options.slots[0], dict(options.datasets or {}))


def hardware_of(device: str) -> str:
    """Return what a device is, as records and forecasts name it."""
    on_gpu = torch.device(device).type == "cuda"
    return hardware_name(torch.cuda.get_device_name(device) if on_gpu else "none", processor_name())
