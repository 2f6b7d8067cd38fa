"""``dkp-bench doctor``: what this machine can run, and what is missing."""

import typer


def command() -> None:
    """Say what this machine can run and what is missing."""
    from dkp_bench.records.machine import findings

    for name, state in findings():
        typer.echo(f"{name:<22} {state}")
