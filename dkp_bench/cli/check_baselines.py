"""``dkp-bench check-baselines``: a test that today's code still gives the stored numbers."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import (
    BASELINES,
    RESULTS,
    Baselines,
    Budget,
    Cache,
    Data,
    Depth,
    Devices,
    ImageSize,
    KeepGoing,
    Partial,
    Processes,
    Profile,
)
from dkp_bench.text import folded, number

if TYPE_CHECKING:
    from dkp_bench.analysis.baseline_check import Check
    from dkp_bench.plans.state import Task
    from dkp_bench.runs.spec import BoundRun

UNDER_WAY_FILE = "check.txt"
"""Lies among the runs made now while a check is under way."""


def command(
    dataset: Annotated[str, typer.Argument(metavar="DATASET")] = "mannequin-plain",
    methods: Annotated[str, typer.Option(metavar="LIST", help="Methods to train again.")] = "autolink,distill_dkp",
    seed: Annotated[int, typer.Option(help="The seed to train again.")] = 0,
    profile: Profile = "tiny",
    size: ImageSize = None,
    baselines: Baselines = BASELINES,
    runs: Annotated[Path, typer.Option(help="Folder for the runs made now; earlier ones stay aside.")] = RESULTS
    / "check",
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    device: Devices = "auto",
    processes: Processes = 1,
    budget: Budget = None,
    partial: Partial = False,
    keep_going: KeepGoing = False,
) -> None:
    """Train some again: do the stored numbers still hold?

    Exits with 1 if one has moved. A number holds if it is the stored one, or lies where one more seed would lie with a
    probability of 95 %.
    """
    since = time.monotonic()
    from dkp_bench.cli.names import check_names

    names = [name.strip() for name in methods.split(",")]
    check_names(names, dataset=dataset, profile=profile, device=device)

    from dkp_bench.analysis.baseline_check import check, stored_seeds
    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.running import CommandOptions, exit_unless_finished, image_size, run_specs
    from dkp_bench.datasets import open_dataset
    from dkp_bench.errors import DkpError
    from dkp_bench.presets import find_profile
    from dkp_bench.runs.run import load_runs
    from dkp_bench.runs.spec import RunSpec
    from dkp_bench.shipped import WITHOUT_BASELINES
    from dkp_bench.training.device import devices_for
    from dkp_bench.training.distributed import on_main

    asked = CommandOptions(device, processes, budget, partial, keep_going, since)
    asked.check()
    if runs.resolve().is_relative_to(baselines.resolve()):
        raise DkpError(f"{runs} would take runs made now for stored ones", "name another folder with --runs")
    stored, work = load_runs(baselines), find_profile(profile)
    if not stored:
        raise DkpError(f"there are no stored baselines in {baselines}", WITHOUT_BASELINES)
    images = make_ready(open_dataset(dataset, image_size(work, size), data=data, depth=depth, cache=cache))
    place = devices_for(work, device)[0]
    specs = [RunSpec(dataset, name, work, seed, size=images.size, depth=depth) for name in names]
    bound = [spec.bind(images, runs, place) for spec in specs]
    for one in bound:
        stored_seeds(one.identity, stored)
    under_way = on_main(lambda: _set_aside_finished(runs, bound))
    checks: list[Check] = []

    def show(number: int, task: "Task") -> None:
        checks.append(check(task.finished, stored))

    tasks = run_specs(specs, images, runs, asked, show)
    typer.echo("\n".join(_lines(one) for one in checks))
    exit_unless_finished(tasks)
    under_way.unlink(missing_ok=True)
    if not all(one.holds for one in checks):
        raise typer.Exit(1)


def _set_aside_finished(runs: Path, bound: "list[BoundRun]") -> Path:
    """Set aside finished runs so that they are trained again; those of a check that was cut off stay.

    Returns:
        A file that exists while the check is not over and lists what it trains.
    """
    from dkp_bench.files import write_text
    from dkp_bench.runs.layout import RECORD
    from dkp_bench.runs.work_folder import set_aside

    folders = [each.folder for one in bound for each in (*one.required.values(), one)]
    under_way, names = runs / UNDER_WAY_FILE, "".join(f"{folder.relative_to(runs)}\n" for folder in folders)
    if not (under_way.is_file() and under_way.read_bytes() == names.encode()):
        for folder in folders:
            if (folder / RECORD).exists():
                typer.echo(f"set aside, to be trained again: {folder} is now {set_aside(folder, folder)}", err=True)
        write_text(under_way, names)
    return under_way


def _lines(one: "Check") -> str:
    identity, score = one.run.record.identity, one.score
    verdict = "the stored number to the last digit" if one.same else "holds" if one.holds else "HAS MOVED"
    expected = f"{number(one.low, 4)} to {number(one.high, 4)} expected of 95 % of further seeds"
    lines = [
        f"{identity.method}, seed {identity.seed}: {verdict}",
        f"  {number(score.value, 4)} {score.unit}, stored {number(one.stored, 4)}",
        f"  {expected}, from {one.seeds} stored ones",
    ]
    if one.elsewhere and not one.same:
        lines.append(folded(f"  {one.elsewhere}; whether it holds, the interval decides"))
    return "\n".join(lines)
