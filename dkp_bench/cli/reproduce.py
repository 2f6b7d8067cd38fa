"""``dkp-bench reproduce``: train and score every method on a dataset, and write the report."""

from typing import TYPE_CHECKING

import typer

from dkp_bench.cli.options import (
    RESULTS,
    Cache,
    Data,
    DatasetName,
    Device,
    ProfileName,
    ProfileOption,
    Runs,
    Seeds,
    Set,
    parse_seeds,
)

if TYPE_CHECKING:
    from dkp_bench.datasets import Dataset


def command(
    dataset: DatasetName,
    profile: ProfileOption = ProfileName.tiny,
    seeds: Seeds = "0",
    data: Data = None,
    cache: Cache = None,
    runs: Runs = RESULTS / "runs",
    device: Device = "auto",
    overrides: Set = None,
) -> None:
    """Train and score every method on a dataset, write the report, and sum it up.

    What is finished is reused, and what was cut off goes on: stop it at any time and call it again.
    """
    from dkp_bench.cli.opening import prepared, resumable
    from dkp_bench.presets import IMAGE_SIZE, find_profile, parse_overrides
    from dkp_bench.progress import progress
    from dkp_bench.records.job import Job, check_overrides
    from dkp_bench.records.run import complete, finished
    from dkp_bench.records.store import load_runs
    from dkp_bench.report import build_report, closing_table, read_published, write_files

    wanted, settings, work = parse_seeds(seeds), parse_overrides(overrides or []), find_profile(profile.value)
    with resumable():
        opened = prepared(dataset, IMAGE_SIZE[work], data, cache)
        for note in opened.notes():
            typer.echo(note)
        methods = _methods_for(opened)
        check_overrides(settings, methods)
        jobs = [
            Job(opened, name, work, seed, runs=runs, overrides=settings, device=device)
            for seed in wanted
            for name in methods
        ]
        kept = sum(finished(job) is not None for job in jobs)
        typer.echo(f"{dataset}, {work} profile: {len(jobs)} runs, {kept} of them finished before")
        for number, job in enumerate(jobs, start=1):
            with progress() as report:
                run = complete(job, report)
            first = run.record.scores[0]
            typer.echo(
                f"[{number}/{len(jobs)}] {job.name}, seed {job.seed}: {first.metric} {first.value:.2f} {first.unit}"
            )
    contents = build_report(load_runs(runs), read_published(RESULTS / "published.toml"))
    page = write_files(contents, RESULTS / "report")
    typer.echo(f"\n{closing_table(contents, dataset, work)}\n\nreport: {page}")


def _methods_for(dataset: "Dataset") -> list[str]:
    """The built-in methods that can run on a dataset; says what the others lack."""
    from dkp_bench.methods import built_in_methods, find_method

    needs_depth = {name: find_method(name).needs_depth() for name in built_in_methods()}
    if dataset.has_depth:
        return list(needs_depth)
    left_out = [name for name, needs in needs_depth.items() if needs]
    typer.echo(f"not run: {', '.join(left_out)}. {dataset.missing_depth()}")
    return [name for name in needs_depth if name not in left_out]
