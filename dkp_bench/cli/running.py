"""Running specs for a command: its options become those of a plan, finished runs are shown in the order asked for."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import parse_duration
from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError
from dkp_bench.plans.run_plan import Observer, RunOptions, run_plan
from dkp_bench.plans.state import State, Task, Tasks
from dkp_bench.plans.workers import WorkerSlot, worker_slots
from dkp_bench.presets import IMAGE_SIZE, Profile
from dkp_bench.progress import Progress, show_progress
from dkp_bench.runs.cells import with_required
from dkp_bench.runs.execute import finished
from dkp_bench.runs.spec import Overrides, RunSpec
from dkp_bench.text import folded
from dkp_bench.training.device import devices_for
from dkp_bench.training.distributed import is_main, on_main

FAILED, CELLS_LEFT = 1, 3
"""Exit codes if a spec failed, and if some are left."""

RESERVE_SECONDS = 20.0
"""Seconds of the budget reserved for the work after the last run; at most a twentieth of the budget."""


@dataclass(frozen=True)
class CommandOptions:
    """The options of a command that say how to run specs.

    Attributes:
        device: names of devices with commas between them, or ``auto``.
        processes: number of runs at once on each device.
        budget: the time for everything, None for no limit.
        partial: whether to start runs that cannot finish in time.
        keep_going: whether to go on after a failure.
        since: start of the command by the monotonic clock: importing PyTorch takes some seconds of the budget.
    """

    device: str = "auto"
    processes: int = 1
    budget: str | None = None
    partial: bool = False
    keep_going: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds left for runs; infinity without a budget."""
        seconds = parse_duration(self.budget) if self.budget else math.inf
        return seconds - min(RESERVE_SECONDS, seconds / 20) - (time.monotonic() - self.since)

    def check(self) -> None:
        """Check the options before any work.

        Raises:
            DkpError: if options exclude ``torchrun``, whose processes share each training, and it started the command.
            typer.BadParameter: if the budget is no time.
        """
        if self.budget:
            parse_duration(self.budget)
        if os.environ.get("WORLD_SIZE", "1") == "1":
            return
        for option, used in (("--processes", self.processes > 1), ("--keep-going", self.keep_going)):
            if used:
                raise DkpError(f"{option} cannot be used under torchrun", "leave out one of the two")


def image_size(profile: Profile, size: int | None) -> int:
    """Return the side of the images in pixels: the user's, or the profile's if that is None."""
    return IMAGE_SIZE[profile] if size is None else size


def as_overrides(settings: Mapping[str, object]) -> Overrides:
    """Return settings as the overrides of a spec, which checks their types when it is bound."""
    return tuple(settings.items())  # type: ignore[arg-type]


def run_specs(
    specs: Sequence[RunSpec], dataset: Dataset, runs: Path, asked: CommandOptions, show: Callable[[int, Task], None]
) -> Tasks:
    """Run specs on one dataset, in this process or, if several devices or processes are asked for, in workers.

    Args:
        specs: the specs to run, all on the same images; runs that they require are run first if they are missing.
        dataset: their dataset, prepared.
        runs: folder of all runs.
        asked: the options that say how to run them.
        show: called with the number, from 1, and the task of each spec that is finished, in the order of ``specs``.

    Raises:
        DkpError: the first failure, unless the user asked to keep going.
    """
    profile = specs[0].profile
    pooled = asked.processes > 1 or "," in asked.device
    if pooled:
        slots = worker_slots(
            asked.device, asked.processes, [profile], runs=runs, cache=dataset.cache, data=dataset.data
        )
    else:
        slots = [WorkerSlot(devices_for(profile, asked.device)[0], None, runs, dataset.cache, dataset.data)]
    # A run in this process takes the dataset that is open already; a worker opens its own.
    ready = {specs[0].dataset_key: dataset}
    options = RunOptions(slots, asked.seconds, asked.partial, asked.keep_going, inline=not pooled, datasets=ready)
    lines = _InOrder(specs, show)
    with closing(_ProgressBetweenLines()) as progress:

        def tell(line: str) -> None:
            progress.close()
            say_note(folded(line))

        def on_finish(task: Task) -> None:
            progress.close()
            lines.add(task)

        # The main process decides for all: another could find a run finished in the meantime and wait for ever.
        wanted = on_main(lambda: _needed(specs, dataset, runs))
        tasks = run_plan(wanted, options, Observer(progress, tell, on_finish))
    lines.show_the_rest()
    return tasks


def exit_unless_finished(tasks: Tasks) -> None:
    """Exit with 1 if a spec failed, and with 3 if some are left; only in the main process, which has the tasks.

    Raises:
        typer.Exit: if not all are finished.
    """
    if is_main() and tasks.those(State.FAILED):
        raise typer.Exit(FAILED)
    if is_main() and tasks.those(State.WAITING):
        raise typer.Exit(CELLS_LEFT)


def _needed(specs: Sequence[RunSpec], dataset: Dataset, runs: Path) -> list[RunSpec]:
    """Return the specs and those that the unfinished ones require, each before the first that needs it.

    A run that only finished ones required is not needed any more, so it is not trained again if it is gone.
    """
    unfinished = {spec for spec in specs if finished(spec.bind(dataset, runs, "cpu")) is None}
    return list(
        dict.fromkeys(one for spec in specs for one in (with_required([spec]) if spec in unfinished else [spec]))
    )


@dataclass
class _InOrder:
    """A display of finished tasks in the order of the specs, not in the order in which they finish."""

    specs: Sequence[RunSpec]
    show: Callable[[int, Task], None]
    _found: dict[RunSpec, Task] = field(default_factory=dict)
    _shown: int = 0

    def add(self, task: Task) -> None:
        """Show a task and those that waited for it, or keep it until the ones before it are finished."""
        self._found[task.spec] = task
        while self._shown < len(self.specs) and self.specs[self._shown] in self._found:
            self._show_next()

    def show_the_rest(self) -> None:
        """Show the kept tasks, which waited for specs that did not finish."""
        while self._shown < len(self.specs):
            self._show_next()

    def _show_next(self) -> None:
        task = self._found.get(self.specs[self._shown])
        self._shown += 1
        if task:
            self.show(self._shown, task)


class _ProgressBetweenLines:
    """A progress display that is closed before each printed line, as a live one would overwrite the line."""

    def __init__(self) -> None:
        self._display = ExitStack()
        self._progress: Progress | None = None

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        if self._progress is None:
            self._progress = self._display.enter_context(show_progress())
        self._progress(what, done, total, note)

    def close(self) -> None:
        """Close the display; the next report of progress opens it again."""
        self._display.close()
        self._progress = None
