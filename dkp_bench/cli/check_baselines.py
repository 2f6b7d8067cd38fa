"""``dkp-bench check-baselines``: does today's code still give the stored numbers?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.options import BASELINES, RESULTS, Baselines, Cache, Data, Depth, Device, Profile
from dkp_bench.text import number

if TYPE_CHECKING:
    from dkp_bench.analysis.baseline_check import Check
    from dkp_bench.runs.run import Run
    from dkp_bench.runs.spec import Job

BEGUN = "check.txt"
"""Lies among the runs made now while a check is under way."""


def command(
    dataset: Annotated[str, typer.Argument(metavar="DATASET")] = "mannequin-plain",
    methods: Annotated[str, typer.Option(metavar="LIST", help="Methods to train again.")] = "autolink,distill_dkp",
    seed: Annotated[int, typer.Option(help="The seed to train again.")] = 0,
    profile: Profile = "tiny",
    baselines: Baselines = BASELINES,
    runs: Annotated[Path, typer.Option(help="Folder for the runs made now; earlier ones stay aside.")] = RESULTS
    / "check",
    data: Data = None,
    depth: Depth = None,
    cache: Cache = None,
    device: Device = "auto",
) -> None:
    """Train some again: do the stored numbers still hold?

    Exits with 1 if one has moved. A number holds if it is the stored one, or lies where one more seed would lie with a
    probability of 95 %.
    """
    from dkp_bench.cli.names import check_names

    names = [name.strip() for name in methods.split(",")]
    check_names(names, dataset=dataset, profile=profile, device=device)

    from dkp_bench.analysis.baseline_check import check, stored_seeds
    from dkp_bench.cli.opening import device_for, make_ready, opened
    from dkp_bench.errors import DkpError
    from dkp_bench.presets import IMAGE_SIZE, find_profile
    from dkp_bench.runs.run import load_runs
    from dkp_bench.runs.spec import Job
    from dkp_bench.shipped import WITHOUT_BASELINES

    if runs.resolve().is_relative_to(baselines.resolve()):
        raise DkpError(f"{runs} would take runs made now for stored ones", "name another folder with --runs")
    stored, work = load_runs(baselines), find_profile(profile)
    if not stored:
        raise DkpError(f"there are no stored baselines in {baselines}", WITHOUT_BASELINES)
    images = make_ready(opened(dataset, IMAGE_SIZE[work], data=data, depth=depth, cache=cache))
    place = device_for(work, device)
    jobs = [Job(images, name, work, seed, runs=runs, device=place) for name in names]
    for job in jobs:
        stored_seeds(job.identity, stored)
    begun = _begin(runs, jobs)
    checks = [check(_trained(job), stored) for job in jobs]
    typer.echo("\n".join(_lines(one) for one in checks))
    begun.unlink()
    if not all(one.holds for one in checks):
        raise typer.Exit(1)


def _begin(runs: Path, jobs: "list[Job]") -> Path:
    """Set aside what was finished before, that it be trained again; a check that was cut off goes on.

    Returns:
        A file that is there while the check is not over, and names what it trains.
    """
    from dkp_bench.files import write_text
    from dkp_bench.runs.layout import RECORD
    from dkp_bench.runs.workplace import set_aside

    folders = [each.folder for job in jobs for each in (*job.required.values(), job)]
    begun, names = runs / BEGUN, "".join(f"{folder.relative_to(runs)}\n" for folder in folders)
    if not (begun.is_file() and begun.read_bytes() == names.encode()):
        for folder in folders:
            if (folder / RECORD).exists():
                typer.echo(f"set aside, to be trained again: {folder} is now {set_aside(folder, folder)}", err=True)
        write_text(begun, names)
    return begun


def _trained(job: "Job") -> "Run":
    from dkp_bench.progress import show_progress
    from dkp_bench.runs.execute import complete

    with show_progress() as progress:
        return complete(job, progress)


def _lines(one: "Check") -> str:
    identity, score = one.run.record.identity, one.score
    verdict = "the stored number to the last digit" if one.same else "holds" if one.holds else "HAS MOVED"
    expected = f"{number(one.low, 4)} to {number(one.high, 4)} expected of 95 % of further seeds"
    return (
        f"{identity.method}, seed {identity.seed}: {verdict}\n"
        f"  {number(score.value, 4)} {score.unit}, stored {number(one.stored, 4)}\n"
        f"  {expected}, from {one.seeds} stored ones"
    )
