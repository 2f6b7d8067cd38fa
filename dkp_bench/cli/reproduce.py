"""``dkp-bench reproduce``: train and score every method on a dataset, and write the report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import (
    BASELINES,
    PUBLISHED,
    RESULTS,
    Baselines,
    Cache,
    Data,
    DatasetName,
    Depth,
    Device,
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
    from dkp_bench.datasets import Dataset
    from dkp_bench.runs.spec import Job


def command(
    dataset: DatasetName,
    profile: Profile = "tiny",
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
    device: Device = "auto",
    overrides: Set = None,
    smoke: Smoke = False,
) -> None:
    """Train, score and report every method on a dataset.

    What is finished is reused, and what was cut off goes on: stop it at any time and call it again.
    """
    from dkp_bench.cli.names import check_names
    from dkp_bench.methods import built_in_methods

    wanted = parse_seeds(seeds)
    check_names(list(built_in_methods()), dataset=dataset, profile=profile, device=device, overrides=overrides or ())

    from dkp_bench.cli.opening import device_for, opened
    from dkp_bench.methods import find_method
    from dkp_bench.presets import IMAGE_SIZE, check_overrides, find_profile, parse_overrides
    from dkp_bench.report import read_published
    from dkp_bench.runs.smoke import smoke_settings
    from dkp_bench.runs.spec import Job
    from dkp_bench.training.distributed import is_main

    read_published(published)  # what the report needs is there and sound, before anything is trained
    settings, work = parse_overrides(overrides or []), find_profile(profile)
    images = opened(dataset, IMAGE_SIZE[work], data=data, depth=depth, cache=cache)
    place = device_for(work, device)
    left_out = [name for name in built_in_methods() if without_depth and find_method(name).needs_depth()]
    methods = [name for name in built_in_methods() if name not in left_out]
    check_overrides(settings, methods)
    settings = smoke_settings(settings, methods) if smoke else settings
    _prepare(images, left_out, place)
    root = runs_root(runs, smoke=smoke)
    jobs = [
        Job(images, name, work, seed, runs=root, overrides=settings, device=place, smoke=smoke)
        for seed in wanted
        for name in methods
    ]
    _complete_all(jobs)
    if smoke:
        typer.echo(f"every method trains, predicts and is scored here; these are no results, and lie in {root}")
    elif is_main():
        _report(runs, published, baselines, dataset, work)


def _prepare(images: "Dataset", left_out: list[str], device: str) -> None:
    """Make the dataset ready and, unless the methods that need depth maps are left out, its depth maps."""
    from dkp_bench.cli.opening import complete_depth, make_ready, refuse_without_depth

    if not left_out:
        refuse_without_depth(images)
    for note in make_ready(images).notes():
        typer.echo(note)
    if left_out:
        typer.echo(f"not run without depth maps: {', '.join(left_out)}")
    else:
        complete_depth(images, device)


def _complete_all(jobs: "list[Job]") -> None:
    from dkp_bench.progress import show_progress
    from dkp_bench.runs.execute import complete, finished

    kept = sum(finished(job) is not None for job in jobs)
    first = jobs[0]
    typer.echo(f"{first.dataset.name}, {first.profile} profile: {len(jobs)} runs, {kept} of them finished before")
    for number, job in enumerate(jobs, start=1):
        with show_progress() as progress:
            score = complete(job, progress).record.scores[0]
        found = "a smoke run, no result" if job.smoke else f"{score.metric} {score.value:.2f} {score.unit}"
        line = f"{job.name}, seed {job.seed}: {found}"
        typer.echo(f"[{number}/{len(jobs)}] {line}")


def _report(runs: Path, published: Path, baselines: Path, dataset: str, profile: str) -> None:
    """Print what was measured beside what is stored, and write the report: both say the same, from one look."""
    from dkp_bench.cli.opening import note_missing
    from dkp_bench.report import closing_table, gather, merged_runs, read_published, report_of, write_files

    note_missing(baselines)
    evidence = gather(merged_runs(runs, baselines), read_published(published), baselines)
    typer.echo(f"\n{closing_table(evidence, dataset, profile)}")
    typer.echo(f"\nreport: {write_files(report_of(evidence), RESULTS / 'report')}")
