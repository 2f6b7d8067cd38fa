"""``dkp-bench report``: what the finished runs say."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import RESULTS, Runs


def command(
    runs: Runs = RESULTS / "runs",
    published: Annotated[Path, typer.Option(help="The published numbers.")] = RESULTS / "published.toml",
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = RESULTS / "report",
) -> None:
    """Write the report of all finished runs: HTML, Markdown, LaTeX."""
    from dkp_bench.report import write_report

    typer.echo(write_report(runs, published, out))
