"""The command line: one file a subcommand. Nothing heavy is imported before a command runs."""

from typing import Annotated

import typer

from dkp_bench.cli import (
    check_baselines,
    check_method,
    cite,
    compare,
    data,
    doctor,
    freeze,
    list_,
    new_method,
    predict,
    redraw,
    report,
    reproduce,
    run,
    runs,
    score,
    store,
    study,
    train,
    verify,
    version,
)
from dkp_bench.cli.session import Commands, Subcommand, reading_paths
from dkp_bench.cli.version import say_version

app = typer.Typer(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # with rich, the help takes more than twice as long
)


SUBCOMMANDS = {
    "reproduce": reproduce,
    "train": train,
    "run": run,
    "study": study,
    "score": score,
    "compare": compare,
    "runs": runs,
    "report": report,
    "store": store,
    "check-baselines": check_baselines,
    "freeze": freeze,
    "verify": verify,
    "cite": cite,
    "predict": predict,
    "new-method": new_method,
    "check-method": check_method,
    "redraw": redraw,
    "list": list_,
    "doctor": doctor,
    "version": version,
}


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=say_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Does depth-guided distillation find better keypoints? Train, score and compare."""


for name, subcommand in SUBCOMMANDS.items():
    app.command(name, cls=Subcommand)(reading_paths(subcommand.command))
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command line; exits with 2 for a mistake the user can fix and with 130 after Ctrl-C."""
    app(prog_name="dkp-bench")
