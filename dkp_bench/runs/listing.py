"""All that lies in a folder of runs: finished, under way, set aside, damaged."""

from dataclasses import dataclass
from pathlib import Path

from dkp_bench.errors import DkpError
from dkp_bench.runs.layout import ASIDE, RECORD, is_aside
from dkp_bench.runs.run import Run, latest, read_record
from dkp_bench.text_files import read_json_lines
from dkp_bench.training.curves import METRICS_FILE

RUN_FOLDERS = "seed*-*"
"""What the folder of a run is called, finished or not."""


@dataclass(frozen=True)
class Unfinished:
    """A run that was started and not finished.

    Attributes:
        path: its folder.
        step: how far its training is known to have come; None where it wrote nothing of that.
    """

    path: Path
    step: int | None


@dataclass(frozen=True)
class Damaged:
    """A run whose record cannot be used: its folder, and why."""

    path: Path
    why: str


@dataclass(frozen=True)
class Listing:
    """The contents of a folder of runs.

    Attributes:
        runs: finished ones, by their folders.
        unfinished: those that the same command goes on with.
        aside: folders of runs that newer ones replaced, or that another version of dkp-bench repeated.
        damaged: those that cannot be read, or are there twice.
        smoke: folders of smoke runs, which are no results.
    """

    runs: tuple[Run, ...]
    unfinished: tuple[Unfinished, ...]
    aside: tuple[Path, ...]
    damaged: tuple[Damaged, ...]
    smoke: tuple[Path, ...] = ()


def list_runs(root: Path) -> Listing:
    """List a folder of runs; what cannot be read is listed too, and stops nothing.

    Args:
        root: a results root, or a folder in one.

    Raises:
        DkpError: if there is no such folder.
    """
    if not root.is_dir():
        raise DkpError(f"there is no folder {root}", "name a folder of runs with --runs; 'dkp-bench train' makes some")
    records = {path.parent for path in root.rglob(RECORD)}
    folders = records | {path for path in root.rglob(RUN_FOLDERS) if path.is_dir()}
    runs: list[Run] = []
    damaged: list[Damaged] = []
    smoke: list[Path] = []
    for folder in sorted(path for path in records if not is_aside(path)):
        try:
            run = Run(folder, read_record(folder / RECORD))
        except DkpError as error:
            damaged.append(Damaged(folder, error.problem.removeprefix(f"{folder / RECORD}: ")))
            continue
        if run.record.identity.smoke:
            smoke.append(folder)
            continue
        twin = next((each for each in runs if each.record.identity == run.record.identity), None)
        if twin:
            damaged.append(Damaged(folder, f"the same run is in {twin.path}"))
        else:
            runs.append(run)
    runs, repeated = latest(runs)
    replaced = {path for path in folders if is_aside(path) and _is_replaced(path)} | {run.path for run in repeated}
    aside = tuple(sorted(replaced))
    started = sorted(path for path in folders - records if path not in aside)
    return Listing(
        tuple(runs), tuple(Unfinished(path, _step(path)) for path in started), aside, tuple(damaged), tuple(smoke)
    )


def _is_replaced(folder: Path) -> bool:
    found = ASIDE.fullmatch(folder.name)
    return found is not None and found.group(1) != "next"


def _step(folder: Path) -> int | None:
    """Return the last step that a training wrote a loss of."""
    try:
        values = read_json_lines(folder / METRICS_FILE).values
    except DkpError:
        return None
    steps = [value["step"] for value in values if isinstance(value.get("step"), int)]
    return max(steps, default=None)
