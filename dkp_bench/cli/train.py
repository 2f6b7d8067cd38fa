"""``dkp-bench train``: one method on one dataset."""

from typing import Annotated

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


def command(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="A built-in method, or module:Class.")],
    dataset: DatasetName,
    profile: ProfileOption = ProfileName.tiny,
    seeds: Seeds = "0",
    data: Data = None,
    cache: Cache = None,
    runs: Runs = RESULTS / "runs",
    device: Device = "auto",
    overrides: Set = None,
) -> None:
    """Train a method on a dataset, score it, and leave its record."""
    from dkp_bench.cli.opening import prepared, resumable
    from dkp_bench.cli.scores import score_lines
    from dkp_bench.methods import find_method
    from dkp_bench.presets import IMAGE_SIZE, find_profile, parse_overrides
    from dkp_bench.progress import progress
    from dkp_bench.records.job import Job, check_overrides
    from dkp_bench.records.run import complete

    find_method(method)
    wanted, settings, work = parse_seeds(seeds), parse_overrides(overrides or []), find_profile(profile.value)
    check_overrides(settings, [method, *find_method(method).requires])
    with resumable():
        opened = prepared(dataset, IMAGE_SIZE[work], data, cache)
        for seed in wanted:
            job = Job(opened, method, work, seed, runs=runs, overrides=settings, device=device)
            with progress() as report:
                run = complete(job, report)
            typer.echo(score_lines(run))
