"""``dkp-bench data``: look at a dataset, check its files, make them ready; one file a subcommand."""

import typer

from dkp_bench.cli.data import check, depth, export, prepare, show
from dkp_bench.cli.session import Subcommand, reading_paths

SUBCOMMANDS = {"check": check, "depth": depth, "export": export, "prepare": prepare, "show": show}

app = typer.Typer(help="Look at a dataset, check its files, make them ready.", no_args_is_help=True)
for name, subcommand in SUBCOMMANDS.items():
    app.command(name, cls=Subcommand)(reading_paths(subcommand.command))
