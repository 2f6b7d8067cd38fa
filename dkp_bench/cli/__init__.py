"""The command line: one file a subcommand. Nothing heavy is imported before a command runs."""

import typer

from dkp_bench.cli import (
    check_baselines,
    check_method,
    cite,
    compare,
    data,
    doctor,
    freeze,
    inventory,
    new_method,
    predict,
    redraw,
    report,
    reproduce,
    run,
    score,
    store,
    train,
    verify,
)
from dkp_bench.cli.commands import Commands

app = typer.Typer(
    cls=Commands,
    help="Does depth-guided distillation find better keypoints? Train, score and compare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # with rich, the help takes more than twice as long
)
app.command("reproduce")(reproduce.command)
app.command("train")(train.command)
app.command("run")(run.command)
app.command("score")(score.command)
app.command("compare")(compare.command)
app.command("report")(report.command)
app.command("store")(store.command)
app.command("check-baselines")(check_baselines.command)
app.command("freeze")(freeze.command)
app.command("verify")(verify.command)
app.command("cite")(cite.command)
app.command("predict")(predict.command)
app.command("new-method")(new_method.command)
app.command("check-method")(check_method.command)
app.command("redraw")(redraw.command)
app.command("list")(inventory.command)
app.add_typer(data.app, name="data")
app.command("doctor")(doctor.command)


def main() -> None:
    """Run the command line; exits with 2 for a mistake the user can mend and with 130 after Ctrl-C."""
    app(prog_name="dkp-bench")
