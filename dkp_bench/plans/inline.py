"""Specs in this process, one after the other; under ``torchrun`` in all of its processes, which share each training.

The main process decides and records. The others only fit along: they wait for the next spec that it is about to run,
so that every process runs the same specs in the same order, even where clocks and disks look different to them.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError, last_line
from dkp_bench.plans.executor import Advance, Ending, Failed, Hear, Stopped
from dkp_bench.plans.schedule import Budget
from dkp_bench.plans.workers import SpecRunner, StopRequestedError, ending_of
from dkp_bench.progress import Progress
from dkp_bench.runs.spec import DatasetKey, RunSpec
from dkp_bench.training import distributed


class PreparedDatasets:
    """Datasets that are ready before the first spec starts.

    Args:
        datasets: by the key of the specs that train on them.
    """

    def __init__(self, datasets: Mapping[DatasetKey, Dataset]) -> None:
        self._datasets = datasets

    def ready(self, spec: RunSpec) -> Dataset:
        """Return the spec's dataset."""
        return self._datasets[spec.dataset_key]


class _NotMadeError(Exception):
    pass


class DatasetsThere:
    """Datasets as far as they are on this machine: one that would have to be made first is not ready, and stays so.

    Args:
        cache: folder for derived files.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._datasets: dict[DatasetKey, Dataset | None] = {}

    def ready(self, spec: RunSpec) -> Dataset | None:
        """Return the spec's dataset, None if preparing it would take work."""
        if spec.dataset_key not in self._datasets:
            self._datasets[spec.dataset_key] = self._found(spec)
        return self._datasets[spec.dataset_key]

    def _found(self, spec: RunSpec) -> Dataset | None:
        dataset = spec.open_dataset(self._cache)
        try:
            dataset.prepare(_refuse)
        except _NotMadeError:
            return None
        return dataset


def _refuse(what: str, done: int, total: int, note: str = "") -> None:
    """Raise: nothing reports how far its work is unless there is work to do."""
    raise _NotMadeError


class InlineExecutor:
    """Runs specs in this process; it is its own and only slot.

    Args:
        runner: what runs a spec.
        budget: how long all may take. A spec is stopped at its next progress report after that. Not so under
            ``torchrun``, where only the main process reports progress and the others would wait for it in vain: there
            the budget decides which specs are started.
        keep_going: whether a run that another command is at work on is tried again later; else it has failed.
    """

    def __init__(self, runner: SpecRunner, budget: Budget, *, keep_going: bool) -> None:
        self._runner, self._budget, self._keep_going = runner, budget, keep_going
        self._spec: RunSpec | None = None
        self._stop_requested = False

    def idle(self) -> list["InlineExecutor"]:
        """Return this slot, unless a spec was started in it."""
        return [] if self._spec else [self]

    def start(self, spec: RunSpec) -> None:
        """Take a spec; the next :meth:`wait` runs it."""
        self._spec, self._stop_requested = spec, False

    def stop(self, spec: RunSpec) -> None:
        """Let a spec that runs stop at its next progress report."""
        self._stop_requested = self._stop_requested or spec == self._spec

    def wait(self, seconds: float, hear: Hear) -> None:
        """Run the spec that was started to its end; where there is none, let some seconds pass."""
        spec = self._spec
        if spec is None:
            time.sleep(seconds)
            return

        def progress(what: str, done: int, total: int, note: str = "") -> None:
            hear(spec, Advance(what, done, total, note))
            overdue = self._stop_requested or self._budget.left <= 0
            if overdue and distributed.size() == 1:
                raise StopRequestedError

        hear(spec, self._run(_announced(spec) or spec, progress))
        self._spec = None  # not before: a failure that is raised while it is heard leaves the spec to end()

    def end(self, failure: DkpError | None = None) -> None:
        """Let the other processes end, or fail as this one does."""
        if self._spec is None:  # else all of them were in that spec, and each has met its failure there
            _announced(None, failure)

    def _run(self, spec: RunSpec, progress: Progress) -> Ending:
        try:
            return self._runner.complete(spec, progress)
        except StopRequestedError:
            return Stopped()
        except Exception as error:
            ending = ending_of(error)
            if self._keep_going:
                return ending
            return replace(ending, error=error) if isinstance(ending, Failed) else Failed(last_line(error), error=error)


def fit_along(runner: SpecRunner) -> None:
    """Run each spec that the main process announces, until it announces the end.

    Raises:
        DkpError: that of the main process, if it fails between two specs.
    """
    while (spec := _announced(None)) is not None:
        runner.complete(spec, None)


def _announced(spec: RunSpec | None, failure: DkpError | None = None) -> RunSpec | None:
    """Return, in every process, what the main one announces: a spec, or None for the end.

    Raises:
        DkpError: ``failure`` of the main process, in every process.
    """

    def announce() -> RunSpec | None:
        if failure:
            raise failure
        return spec

    return distributed.on_main(announce)
