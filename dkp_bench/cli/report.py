"""``dkp-bench report``: what the finished runs say."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, PUBLISHED, RESULTS, Baselines, Published, Runs


def command(
    runs: Runs = RESULTS / "runs",
    baselines: Baselines = BASELINES,
    published: Published = PUBLISHED,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = RESULTS / "report",
) -> None:
    """Write the report: HTML, Markdown, LaTeX."""
    from dkp_bench.cli.opening import note_missing
    from dkp_bench.report import write_report

    note_missing(baselines)

    typer.echo(write_report(runs, published, out, baselines))
