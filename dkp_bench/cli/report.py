"""``dkp-bench report``: what the finished runs say."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, RESULTS, Runs


def command(
    runs: Runs = RESULTS / "runs",
    baselines: Annotated[Path, typer.Option(help="Folder of the stored runs, shown beside yours.")] = BASELINES,
    published: Annotated[Path, typer.Option(help="The published numbers.")] = RESULTS / "published.toml",
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = RESULTS / "report",
) -> None:
    """Write the report: HTML, Markdown, LaTeX."""
    from dkp_bench.report import write_report

    typer.echo(write_report(runs, published, out, baselines))
