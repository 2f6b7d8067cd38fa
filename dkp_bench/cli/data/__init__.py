"""``dkp-bench data``: look at a dataset, check its files, make them ready; one file a subcommand."""

import typer

from dkp_bench.cli.data import check, depth, export, prepare, show

app = typer.Typer(help="Look at a dataset, check its files, make them ready.", no_args_is_help=True)
app.command("check")(check.command)
app.command("depth")(depth.command)
app.command("export")(export.command)
app.command("prepare")(prepare.command)
app.command("show")(show.command)
