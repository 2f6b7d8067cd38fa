"""``dkp-bench report``: what the finished runs say."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, PUBLISHED, RESULTS, Baselines, Published, Runs, is_named
from dkp_bench.text import counted


def command(
    context: typer.Context,
    runs: Runs = RESULTS / "runs",
    baselines: Baselines = BASELINES,
    published: Published = PUBLISHED,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = RESULTS / "report",
) -> None:
    """Write the report: HTML, Markdown, LaTeX."""
    from dkp_bench.cli.opening import note_missing
    from dkp_bench.cli.options import let_studies_import
    from dkp_bench.report.write import write_report
    from dkp_bench.runs.run import load_runs, named_runs
    from dkp_bench.text import folded

    for name, folder in (("runs", runs), ("baselines", baselines)):
        if is_named(context, name):
            named_runs(folder)
    note_missing(baselines)
    let_studies_import()
    if left_out := load_runs(runs, smoke=True):
        note = f"note: {counted(len(left_out), 'smoke run')} in {runs} left out: they are no results"
        typer.echo(folded(note), err=True)
    typer.echo(write_report(runs, published, out, baselines))
