"""``dkp-bench store``: keep finished runs for good."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, RESULTS


def command(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="A folder of runs, or one run.")] = RESULTS / "runs",
    into: Annotated[Path, typer.Option(help="The results root to keep them in.")] = BASELINES,
) -> None:
    """Keep finished runs among the stored baselines."""
    from dkp_bench.runs.run import named_runs
    from dkp_bench.runs.store import store_run

    for run in named_runs(runs):
        typer.echo(store_run(run, into).path)
