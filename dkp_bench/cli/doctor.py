"""``dkp-bench doctor``: what this machine can run, and what is missing."""

import typer


def command() -> None:
    """Say what this machine can run and what is missing."""
    from dkp_bench.cli.columns import two_columns
    from dkp_bench.records.machine import dataset_findings, machine_findings

    typer.echo(two_columns({"machine": dict(machine_findings()), "datasets": dict(dataset_findings())}))
