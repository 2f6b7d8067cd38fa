"""``dkp-bench runs``: what is trained here."""

import json
from typing import Annotated

import typer

from dkp_bench.cli.options import RESULTS, Json, Runs


def command(
    runs: Runs = RESULTS / "runs",
    dataset: Annotated[str | None, typer.Option(metavar="DATASET", help="Those on this dataset alone.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="PROFILE", help="Those of this profile alone.")] = None,
    method: Annotated[str | None, typer.Option(metavar="METHOD", help="Those of this method alone.")] = None,
    signature: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The one that a signature is of: the hash at its end, or all of it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what is trained here, with its scores.

    A row is a method with its settings, the best first; what is unfinished, set aside or damaged is named below.
    """
    from dkp_bench.cli.listing import chosen, runs_object, runs_text
    from dkp_bench.cli.names import check_names
    from dkp_bench.runs.listing import Listing, list_runs

    check_names(profile=profile)
    default = runs == RESULTS / "runs" and not runs.exists()
    everything = Listing((), (), (), ()) if default else list_runs(runs)
    found = chosen(everything, runs, dataset=dataset, profile=profile, method=method, signature=signature)
    typer.echo(json.dumps(runs_object(runs, found), indent=2) if as_json else runs_text(runs, found))
