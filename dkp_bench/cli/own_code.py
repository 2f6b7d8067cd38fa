"""Code of the user's own that lies in the current folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer

from dkp_bench.cli.messages import say_error
from dkp_bench.errors import shell_command


def let_import_here(method: str) -> None:
    """Let ``module:Class`` be found in the current folder, where ``python -m`` looks and an installed command does not.

    The folder comes last: a file of it never takes the place of a module that is installed. Built-in methods and
    entry points need no such thing, and for them nothing changes.

    Args:
        method: a method's name, as it was given.
    """
    here = str(Path.cwd())
    if ":" in method and here not in sys.path:
        sys.path.append(here)


@contextmanager
def no_exit() -> Iterator[None]:
    """Let ``os._exit`` in a method raise ``SystemExit``, so that it ends neither the command nor its exit code.

    Processes that are forked meanwhile end by it as ever.
    """
    leave, ours = os._exit, os.getpid()

    def refuse(status: int = 0) -> NoReturn:
        if os.getpid() != ours:
            leave(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


@contextmanager
def exit_named(method: str) -> Iterator[None]:
    """Answer a method that ends the process in its ``fit`` or ``predict`` with an error and exit code 1."""
    try:
        with no_exit():
            yield
    except SystemExit as error:
        say_error(
            f"{method} ended the process ({error.code if isinstance(error.code, str) else f'exit code {error.code}'})",
            f"a method returns or raises; this says where: {shell_command('dkp-bench', 'check-method', method)}",
        )
        raise typer.Exit(1) from error
