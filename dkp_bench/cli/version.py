"""``dkp-bench version``: the version, commit and folder of this dkp-bench."""

import typer

from dkp_bench import __version__


def command() -> None:
    """Say which version and commit this is, and where it lies."""
    import platform
    from pathlib import Path

    import dkp_bench
    from dkp_bench.runs.provenance import git_state

    commit, clean = git_state()
    state = {True: "", False: ", with uncommitted changes", None: ""}[clean]
    typer.echo(
        f"dkp-bench {__version__}\n"
        f"commit {commit}{state}\n"
        f"Python {platform.python_version()} on {platform.platform()}\n"
        f"in {Path(dkp_bench.__file__).parent}"
    )


def say_version(asked: bool) -> None:
    """Print only the version and exit, if ``--version`` was given."""
    if asked:
        typer.echo(f"dkp-bench {__version__}")
        raise typer.Exit
