"""``dkp-bench doctor``: what this machine can run, and what is missing."""

import json

import typer

from dkp_bench.cli.options import Json


def command(as_json: Json = False) -> None:
    """Say what this machine can run and what is missing."""
    from dkp_bench.runs.machine import dataset_findings, machine_findings
    from dkp_bench.text import two_columns

    found = {"machine": dict(machine_findings()), "datasets": dict(dataset_findings())}
    typer.echo(json.dumps(found, indent=2) if as_json else two_columns(found))
