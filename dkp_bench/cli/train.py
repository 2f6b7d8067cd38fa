"""``dkp-bench train``: one method on one dataset."""

from typing import Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import (
    RESULTS,
    Cache,
    Data,
    DatasetName,
    Depth,
    Device,
    Profile,
    Runs,
    Seeds,
    Set,
    Smoke,
    parse_seeds,
    runs_root,
)


def command(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="A built-in method, or module:Class.")],
    dataset: DatasetName,
    profile: Profile = "tiny",
    seeds: Seeds = "0",
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    runs: Runs = RESULTS / "runs",
    device: Device = "auto",
    overrides: Set = None,
    smoke: Smoke = False,
) -> None:
    """Train one method on a dataset, and score it."""
    from dkp_bench.cli.names import check_names
    from dkp_bench.cli.options import exit_named, let_import_here

    wanted = parse_seeds(seeds)
    let_import_here(method)
    check_names([method], dataset=dataset, profile=profile, device=device, overrides=overrides or ())

    from dkp_bench.cli.opening import device_for, make_ready, opened
    from dkp_bench.cli.scores import score_lines, smoke_line, summary_line
    from dkp_bench.presets import IMAGE_SIZE, find_profile, parse_overrides
    from dkp_bench.progress import show_progress
    from dkp_bench.runs.annotations import annotations_of
    from dkp_bench.runs.execute import complete, finished
    from dkp_bench.runs.smoke import smoke_settings
    from dkp_bench.runs.spec import Job
    from dkp_bench.training.distributed import is_main

    settings, work = parse_overrides(overrides or []), find_profile(profile)
    settings = smoke_settings(settings, [method]) if smoke else settings
    images = opened(dataset, IMAGE_SIZE[work], data=data, depth=depth, cache=cache)
    place, root = device_for(work, device), runs_root(runs, smoke=smoke)
    jobs = [
        Job(images, method, work, seed, runs=root, overrides=settings, device=place, smoke=smoke) for seed in wanted
    ]
    make_ready(images)
    made = []
    for job in jobs:
        if is_main() and finished(job) is not None:
            say_note(f"seed {job.seed} was finished before: nothing is trained")
        with exit_named(method), show_progress() as progress:
            made.append(complete(job, progress))
        typer.echo(smoke_line(made[-1]) if smoke else score_lines(made[-1], annotations_of(images)))
    if len(made) > 1 and not smoke:
        typer.echo(f"\n{summary_line(made)}")
