"""How a subcommand ends that does not succeed: with an error that says what to do, or with Ctrl-C."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import typer
from typer.core import TyperGroup

from dkp_bench.errors import DkpError, printable


class Commands(TyperGroup):
    """The subcommands: a mistake that the user can mend exits with 2 and Ctrl-C with 130, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with _session():
                return super().invoke(ctx)
        except DkpError as error:
            hint = "".join(f"\n  {line}" for line in error.hint.splitlines())
            typer.echo(f"error: {error.problem}{hint}", err=True)
            raise typer.Exit(2) from None
        except OSError as error:  # what no command foresaw: still one line that names the file, and no traceback
            typer.echo(f"error: {_os_error(error)}", err=True)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            typer.echo("\nstopped; the same command goes on from here (at most 20 s of training is repeated)", err=True)
            raise typer.Exit(130) from None


def _os_error(error: OSError) -> str:
    """What the system says, and of which file."""
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    return printable(": ".join([*names, error.strerror or str(error) or type(error).__name__]), 1000)


def _session() -> AbstractContextManager[None]:
    """What makes one command of several processes; nothing, and no PyTorch for it, where there is one process."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return nullcontext()
    from dkp_bench.training.parallel import session

    return session()
