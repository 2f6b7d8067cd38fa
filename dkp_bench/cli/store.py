"""``dkp-bench store``: keep finished runs for good."""

from pathlib import Path
from typing import Annotated

import typer

from dkp_bench.cli.options import BASELINES, RESULTS

REFUSED = 1
"""Exit code if a run was not stored."""


def command(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="A folder of runs, or one run.")] = RESULTS / "runs",
    into: Annotated[Path, typer.Option(help="The results root to keep them in.")] = BASELINES,
    weights: Annotated[
        bool, typer.Option(help="Keep what predict and redraw need of the weights, in half precision.")
    ] = True,
) -> None:
    """Keep finished runs among the stored baselines.

    Each run that is sound is stored; what is stored already stays as it is, so that the same command again stores what
    is new. A run that is refused is named with the reason; the exit status is then 1.
    """
    from dkp_bench.cli.messages import say_error
    from dkp_bench.cli.options import let_import_here
    from dkp_bench.errors import DkpError
    from dkp_bench.files import WriteError
    from dkp_bench.runs.run import named_runs
    from dkp_bench.runs.store import store_run

    refused = False
    for run in named_runs(runs):
        let_import_here(run.record.identity.method)
        try:
            typer.echo(store_run(run, into, weights=weights).path)
        except WriteError:  # it would be in the way of the others, too
            raise
        except DkpError as error:
            refused = True
            say_error(error.problem, error.hint)
    if refused:
        raise typer.Exit(REFUSED)
