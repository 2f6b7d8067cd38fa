"""``dkp-bench train``: one method on one dataset."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import (
    RESULTS,
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
    Runs,
    ScoredOn,
    Seeds,
    Set,
    Smoke,
    parse_seeds,
    runs_root,
)

if TYPE_CHECKING:
    from dkp_bench.plans.state import Task
    from dkp_bench.runs.run import Run


def command(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="A built-in method, or module:Class.")],
    dataset: DatasetName,
    profile: Profile = "tiny",
    size: ImageSize = None,
    split: ScoredOn = "test",
    seeds: Seeds = "0",
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    runs: Runs = RESULTS / "runs",
    device: Devices = "auto",
    processes: Processes = 1,
    budget: Budget = None,
    partial: Partial = False,
    keep_going: KeepGoing = False,
    overrides: Set = None,
    smoke: Smoke = False,
) -> None:
    """Train one method on a dataset, and score it."""
    since = time.monotonic()
    from dkp_bench.cli.names import check_names
    from dkp_bench.cli.options import exit_named, let_import_here

    wanted = parse_seeds(seeds)
    let_import_here(method)
    check_names([method], dataset=dataset, profile=profile, device=device, overrides=overrides or ())

    from dkp_bench.cli.opening import make_ready
    from dkp_bench.cli.running import CommandOptions, as_overrides, exit_unless_finished, image_size, run_specs
    from dkp_bench.cli.scores import score_lines, smoke_line, summary_line
    from dkp_bench.datasets import find_scored, open_dataset
    from dkp_bench.presets import find_profile, parse_overrides
    from dkp_bench.runs.annotations import annotations_of
    from dkp_bench.runs.smoke import smoke_settings
    from dkp_bench.runs.spec import RunSpec
    from dkp_bench.training.device import devices_for

    asked = CommandOptions(device, processes, budget, partial, keep_going, since)
    asked.check()
    scored = find_scored(split)
    settings, work = parse_overrides(overrides or []), find_profile(profile)
    settings = smoke_settings(settings, [method]) if smoke else settings
    images = open_dataset(dataset, image_size(work, size), data=data, depth=depth, cache=cache, scored=scored)
    place, root, given = devices_for(work, device)[0], runs_root(runs, smoke=smoke), as_overrides(settings)
    specs = [
        RunSpec(dataset, method, work, seed, given, images.size, depth, smoke, scored).concise() for seed in wanted
    ]
    specs[0].bind(images, root, place)  # refuses what cannot be trained before the dataset is prepared
    make_ready(images)
    made: list[Run] = []

    def show(number: int, task: "Task") -> None:
        made.append(task.finished)
        if not task.seconds:
            say_note(f"seed {task.spec.seed} was finished before: nothing is trained")
        typer.echo(smoke_line(made[-1]) if smoke else score_lines(made[-1], annotations_of(images)))

    with exit_named(method):
        tasks = run_specs(specs, images, root, asked, show)
    if len(made) > 1 and not smoke:
        typer.echo(f"\n{summary_line(made)}")
    exit_unless_finished(tasks)
