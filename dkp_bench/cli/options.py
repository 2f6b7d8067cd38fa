"""Options that several subcommands share, and the functions that parse them."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from dkp_bench.cli.messages import say_error
from dkp_bench.errors import shell_command
from dkp_bench.shipped import RESULTS as RESULTS
from dkp_bench.shipped import find_shipped

BASELINES = RESULTS / "baselines"
PUBLISHED = RESULTS / "published.toml"


def _wherever_typed(context: typer.Context, option: typer.CallbackParam, path: Path) -> Path:
    """Return the user's path, or else the file or folder that comes with the benchmark."""
    return path if is_named(context, option.name or "") else find_shipped(str(path.relative_to(RESULTS)))


def is_named(context: typer.Context, option: str) -> bool:
    """Return whether the user typed an option, even with its default value."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


Baselines = Annotated[Path, typer.Option(help="Folder of the stored runs.", callback=_wherever_typed)]
Published = Annotated[Path, typer.Option(help="The published numbers.", callback=_wherever_typed)]

DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="The dataset; 'dkp-bench list' shows them all.")]
Profile = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="tiny: minutes on a CPU; laptop: 20 minutes a training; small: minutes on a GPU; paper: as published.",
    ),
]
Data = Annotated[Path | None, typer.Option(help="Folder with the downloaded files, for datasets that need some.")]
Size = Annotated[int, typer.Option(help="Side of the images in pixels: 16, 32, 64, 128 or 256.")]
Depth = Annotated[
    str | None,
    typer.Option(metavar="SOURCE", help="Which depth maps: docs/depth-sources.md.  [default: the only ones there]"),
]
Cache = Annotated[Path | None, typer.Option(help="Folder for derived files.  [default: the user's cache folder]")]
Runs = Annotated[Path, typer.Option(help="Folder of the runs.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, … or auto: a GPU where there is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON; docs/scripts.md says what its keys are.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting that wins over the preset; METHOD.KEY for one method."),
]

# Options of reproduce, train, check-baselines and run; cli/running.py turns them into those of a plan.
ImageSize = Annotated[
    int | None, typer.Option("--size", metavar="PX", help="Side of the images.  [default: the profile's]")
]
ScoredOn = Annotated[
    str, typer.Option("--split", metavar="test|val", help="What is scored: val to choose settings, test to report.")
]
Devices = Annotated[str, typer.Option(metavar="LIST", help="cpu, cuda:0,cuda:1 or auto: GPUs where there are some.")]
Processes = Annotated[int, typer.Option(min=1, metavar="N", help="How many runs at once on each device.")]
Budget = Annotated[str | None, typer.Option(metavar="TIME", help="Be done by then: 90s, 24m, 1h30m.  [default: none]")]
Partial = Annotated[bool, typer.Option("--partial", help="Start runs that cannot finish in time, too.")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Go on with other runs after one failed.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="A few steps, to see that everything works: no result, kept in results/smoke.")
]


def runs_root(runs: Path, *, smoke: bool) -> Path:
    """Return the folder of runs; smoke runs have their own, unless the user named one."""
    return RESULTS / "smoke" if smoke and runs == RESULTS / "runs" else runs


def parse_seeds(text: str) -> list[int]:
    """Return ``"0,1,2"`` as numbers, each once, in order.

    Raises:
        typer.BadParameter: if the text is not such a list, or a seed is negative.
    """
    try:
        seeds = sorted({int(part) for part in text.split(",")})
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a list of numbers such as 0,1,2") from None
    if seeds[0] < 0:
        raise typer.BadParameter("seeds are 0 or more")
    return seeds


Seeds = Annotated[str, typer.Option(metavar="LIST", help="Seeds to run, such as 0,1,2.")]


def parse_duration(text: str) -> float:
    """Return ``"90s"``, ``"24m"`` or ``"1h30m"`` in seconds.

    Raises:
        typer.BadParameter: if the text is not such a time, or 0.
    """
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text.strip())
    seconds = (
        sum(int(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0
    )
    if not seconds:
        raise typer.BadParameter(f"{text!r} is not a time such as 90s, 24m or 1h30m")
    return float(seconds)


def let_import_here(method: str) -> None:
    """Let ``module:Class`` be found in the current folder, where ``python -m`` looks and an installed command does not.

    The folder comes last, so that a file in it never shadows an installed module. Built-in methods and entry points do
    not need it, and for them nothing changes.

    Args:
        method: a method's name, as the user typed it.
    """
    here = str(Path.cwd())
    if ":" in method and here not in sys.path:
        sys.path.append(here)


def let_studies_import() -> None:
    """Let the methods of all studies be found in the current folder, as :func:`let_import_here` does."""
    from dkp_bench.studies.study import read_study, study_files

    for path in study_files().values():
        for table in read_study(path).cells:
            for method in table.methods:
                let_import_here(method)


@contextmanager
def no_exit() -> Iterator[None]:
    """Let ``os._exit`` in a method raise ``SystemExit``, so that it ends neither the command nor its exit code.

    In processes forked meanwhile it works as always.
    """
    leave, ours = os._exit, os.getpid()

    def refuse(status: int = 0) -> NoReturn:
        if os.getpid() != ours:
            leave(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


@contextmanager
def exit_named(method: str) -> Iterator[None]:
    """Report a method that ends the process in its ``fit`` or ``predict`` as an error, and exit with 1."""
    try:
        with no_exit():
            yield
    except SystemExit as error:
        say_error(
            f"{method} ended the process ({error.code if isinstance(error.code, str) else f'exit code {error.code}'})",
            f"a method returns or raises; this says where: {shell_command('dkp-bench', 'check-method', method)}",
        )
        raise typer.Exit(1) from error
