"""``dkp-bench compare``: a method beside the stored ones, with tests of the differences."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dkp_bench.cli.messages import say_note
from dkp_bench.cli.options import BASELINES, RESULTS, Baselines
from dkp_bench.cli.session import expanded

if TYPE_CHECKING:
    from dkp_bench.analysis.compare import Comparison


def command(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="METHOD@DATASET, with :PROFILE or :seed0 behind; a run's folder, for all its seeds; its record.json, "
            "for that one; or a method's folder.",
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Stored methods, names and folders of runs, such as autolink,results/runs/lsp/tiny/mine.  "
            "[default: all that are stored of RUN's profile]",
        ),
    ] = None,
    baselines: Baselines = BASELINES,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How to score, listed by the dataset or not.  [default: its headline]"),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of its numbers to compare.  [default: the first]")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="A part of the signature that may differ, with a warning.")
    ] = None,
    fail_if_worse: Annotated[
        float | None,
        typer.Option(metavar="MARGIN", help="Exit with 1 if RUN is worse than any by more, in the number's unit."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.", file_okay=False)] = RESULTS / "compare",
    json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON in place of the table.")] = False,
) -> None:
    """Compare a run with stored methods.

    Every number is computed again from the stored predictions. Writes a page with the signatures, all numbers as JSON
    and the difference of each joint.
    """
    from dkp_bench.analysis.compare import compare_run
    from dkp_bench.analysis.compare_file import to_file
    from dkp_bench.report.compare import comparison_text, write_comparison

    if fail_if_worse is not None and not math.isfinite(fail_if_worse):
        raise typer.BadParameter(f"a margin of {fail_if_worse} is no margin")
    found = compare_run(run, baselines, _names(against), protocol=protocol, metric=metric, allowed=allow or [])
    for note in found.notes:
        say_note(f"note: {note}")
    paths = write_comparison(found, out / _folder_name(found, protocol, metric))
    if json:
        typer.echo(to_file(found).model_dump_json(indent=2))
    else:
        typer.echo("\n".join([comparison_text(found), "", "written:", *(f"  {path}" for path in paths)]))
    if fail_if_worse is not None:
        _fail_if_worse(found, fail_if_worse)


def _names(text: str | None) -> list[str]:
    names = [name.strip() for name in text.split(",")] if text else []
    return [str(expanded(Path(name))) if name.startswith("~") else name for name in names if name]


def _folder_name(comparison: "Comparison", *asked: str | None) -> str:
    """Return ``mannequin-tiny-my_method``, plus the variant's settings, and the protocol and metric if asked for."""
    variant = comparison.candidate.variant
    identity = variant.runs[0].record.identity
    named = [] if variant.main else [identity.preset_hash]
    named += [name for name in asked if name]
    return "-".join([identity.dataset, identity.profile, identity.method.replace(":", "."), *named])


def _fail_if_worse(comparison: "Comparison", margin: float) -> None:
    """Exit with 1 if the candidate is worse than any other method by more than the margin, and say than which."""
    worse = [baseline for baseline in comparison.baselines if baseline.difference.worse_by > margin]
    for baseline in worse:
        by = baseline.difference.worse_by
        kind, bound = ("worse", f"more than {margin:g}") if by >= 0 else ("better", f"less than {-margin:g}")
        size = f"{abs(by):.4g} {comparison.candidate.unit}"
        typer.echo(f"{comparison.name} is {kind} than {baseline.name} by {size}, {bound}", err=True)
    if worse:
        raise typer.Exit(1)
