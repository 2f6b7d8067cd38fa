"""``dkp-bench reproduce``: train and score every method on a dataset, and write the report."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import (
    BASELINES,
    PUBLISHED,
    RESULTS,
    Baselines,
    Budget,
    Cache,
    Data,
    DatasetName,
    Depth,
    Devices,
    ImageSize,
    KeepGoing,
    Partial,
    Processes,
    Profile,
    Published,
    Runs,
    Seeds,
    Set,
    Smoke,
    parse_seeds,
    runs_root,
)

if TYPE_CHECKING:
    from dkp_bench.cli.running import CommandOptions
    from dkp_bench.datasets import Dataset
    from dkp_bench.plans.state import Task, Tasks
    from dkp_bench.runs.spec import RunSpec


def command(
    dataset: DatasetName,
    profile: Profile = "tiny",
    size: ImageSize = None,
    seeds: Seeds = "0",
    data: Data = None,
    depth: Depth = None,
    without_depth: Annotated[
        bool, typer.Option("--without-depth", help="Leave out the methods that need depth maps.")
    ] = False,
    cache: Cache = None,
    runs: Runs = RESULTS / "runs",
    baselines: Baselines = BASELINES,
    published: Published = PUBLISHED,
    device: Devices = "auto",
    processes: Processes = 1,
    budget: Budget = None,
    partial: Partial = False,
    keep_going: KeepGoing = False,
    overrides: Set = None,
    smoke: Smoke = False,
) -> None:
    """Train, score and report every method on a dataset.

    What is finished is reused, and what was cut off goes on: stop it at any time and call it again.
    """
    since = time.monotonic()
    from dkp_bench.cli.names import check_names
    from dkp_bench.methods import built_in_methods

    wanted = parse_seeds(seeds)
    check_names(list(built_in_methods()), dataset=dataset, profile=profile, device=device, overrides=overrides or ())

    from dkp_bench.cli.running import CommandOptions, as_overrides, exit_unless_finished, image_size
    from dkp_bench.datasets import open_dataset
    from dkp_bench.methods import find_method
    from dkp_bench.presets import check_overrides, find_profile, parse_overrides
    from dkp_bench.report import read_published
    from dkp_bench.runs.smoke import smoke_settings
    from dkp_bench.runs.spec import RunSpec
    from dkp_bench.training.device import devices_for
    from dkp_bench.training.distributed import is_main

    asked = CommandOptions(device, processes, budget, partial, keep_going, since)
    asked.check()
    read_published(published)  # what the report needs is there and sound, before anything is trained
    settings, work = parse_overrides(overrides or []), find_profile(profile)
    images = open_dataset(dataset, image_size(work, size), data=data, depth=depth, cache=cache)
    place = devices_for(work, device)[0]
    left_out = [name for name in built_in_methods() if without_depth and find_method(name).needs_depth()]
    methods = [name for name in built_in_methods() if name not in left_out]
    check_overrides(settings, methods)
    settings = smoke_settings(settings, methods) if smoke else settings
    _prepare(images, left_out, place)
    root, given = runs_root(runs, smoke=smoke), as_overrides(settings)
    specs = [
        RunSpec(dataset, name, work, seed, given, images.size, depth, smoke).concise()
        for seed in wanted
        for name in methods
    ]
    tasks = _run_all(specs, images, root, asked)
    if smoke:
        exit_unless_finished(tasks)
        typer.echo(f"every method trains, predicts and is scored here; these are no results, and lie in {root}")
    elif is_main():
        _report(runs, published, baselines, dataset, work)
    exit_unless_finished(tasks)


def _prepare(images: "Dataset", left_out: list[str], device: str) -> None:
    """Prepare the dataset and, unless the methods that need depth maps are left out, its depth maps."""
    from dkp_bench.cli.opening import complete_depth, make_ready, refuse_without_depth

    if not left_out:
        refuse_without_depth(images)
    for note in make_ready(images).notes():
        typer.echo(note)
    if left_out:
        typer.echo(f"not run without depth maps: {', '.join(left_out)}")
    else:
        complete_depth(images, device)


def _run_all(specs: "list[RunSpec]", images: "Dataset", root: Path, asked: "CommandOptions") -> "Tasks":
    from dkp_bench.cli.running import run_specs
    from dkp_bench.runs.execute import finished
    from dkp_bench.training.distributed import on_main

    kept = on_main(lambda: sum(finished(spec.bind(images, root, "cpu")) is not None for spec in specs))
    typer.echo(f"{images.name}, {specs[0].profile} profile: {len(specs)} runs, {kept} of them finished before")

    def show(number: int, task: "Task") -> None:
        score = task.finished.record.scores[0]
        scored = "a smoke run, no result" if task.spec.smoke else f"{score.metric} {score.value:.2f} {score.unit}"
        typer.echo(f"[{number}/{len(specs)}] {task.spec.method}, seed {task.spec.seed}: {scored}")

    return run_specs(specs, images, root, asked, show)


def _report(runs: Path, published: Path, baselines: Path, dataset: str, profile: str) -> None:
    """Print the scores beside the stored ones and write the report, both from the same data so that they agree."""
    from dkp_bench.cli.opening import note_missing
    from dkp_bench.cli.options import let_studies_import
    from dkp_bench.report import closing_table, gather, merged_runs, read_published, report_of
    from dkp_bench.report.write import write_files

    note_missing(baselines)
    let_studies_import()
    data = gather(merged_runs(runs, baselines), read_published(published), baselines)
    typer.echo(f"\n{closing_table(data, dataset, profile)}")
    typer.echo(f"\nreport: {write_files(report_of(data), RESULTS / 'report')}")
