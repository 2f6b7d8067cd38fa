"""The start and end of every subcommand: ``~`` in paths, errors as messages and exit codes, Ctrl-C, ``torchrun``."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from dkp_bench.cli.messages import for_terminal, say_error, say_note, write_in_any_encoding
from dkp_bench.errors import DkpError, printable
from dkp_bench.files import FULL, GO_ON, reason

NO_MEMORY = ("OutOfMemoryError", "MemoryError")
"""Names of exception types: PyTorch's for a GPU, given by name as importing PyTorch takes seconds, and Python's."""
NO_MEMORY_CPU = "DefaultCPUAllocator: "
"""Part of PyTorch's message when the CPU's memory is used up; its type is a plain RuntimeError."""


class Commands(TyperGroup):
    """The subcommands as a group: an error that the user can fix exits with 2, Ctrl-C with 130, without a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; signs that the terminal cannot show are replaced."""
        write_in_any_encoding()
        return super().main(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _mistakes_told(), _session():
            return super().invoke(ctx)


class Subcommand(TyperCommand):
    """A subcommand whose usage line names required arguments without the braces that Typer puts around them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        pieces = super().collect_usage_pieces(ctx)
        return [re.sub(r"^\{(.*)\}(\.\.\.)?$", r"\1\2", piece) for piece in pieces]


def reading_paths(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a subcommand's function so that ``~`` at the start of every path among its arguments is expanded.

    A shell does that for ``--runs ~/runs`` and not for ``--runs=~/runs``.
    """

    @wraps(command)
    def read(**arguments: Any) -> None:
        command(**{name: _expanded(value) for name, value in arguments.items()})

    return read


def _expanded(value: Any) -> Any:
    if isinstance(value, list):
        return [_expanded(each) for each in value]
    return expanded(value) if isinstance(value, Path) else value


def expanded(path: Path) -> Path:
    """Return a path with ``~`` or ``~user`` at its start replaced by that user's folder.

    Raises:
        DkpError: if there is no such user.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise DkpError(f"{path}: there is no such user's folder", f"for a folder of that name: ./{path}") from error


@contextmanager
def _mistakes_told() -> Iterator[None]:
    """Turn an exception that ends a command into a message and an exit code."""
    try:
        yield
    except DkpError as error:
        say_error(error.problem, error.hint)
        raise typer.Exit(2) from None
    except OSError as error:  # one that no command handles: still one line that names the file, and no traceback
        say_error(*_os_error(error))
        raise typer.Exit(2) from None
    except typer.BadParameter as error:
        # Click prints this one itself, with "Error: Invalid value for …" before the message: it is folded together with
        # those words, which are then taken off again.
        before = f"Error: {error.format_message().removesuffix(error.message)}"
        error.message = for_terminal(f"{before}{error.message}").removeprefix(before)
        raise
    except KeyboardInterrupt:
        say_note("\nstopped; the same command goes on from here (at most 20 s of training is repeated)")
        raise typer.Exit(130) from None
    except (RuntimeError, MemoryError) as error:
        # Any other RuntimeError is a bug, here or in a method: its traceback is what helps.
        if not _out_of_memory(error):
            raise
        hint = "--set batch_size=N trains with fewer images at once; nvidia-smi and top show what else takes memory"
        say_error(f"the memory is used up: {printable(str(error).splitlines()[0] if str(error) else 'no more')}", hint)
        raise typer.Exit(2) from None


def _os_error(error: OSError) -> tuple[str, str]:
    """Return the system's message with the files it concerns, and a hint; the hint is empty unless the disk is full."""
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    return printable(": ".join([*names, reason(error)]), 1000), GO_ON if error.errno in FULL else ""


def _out_of_memory(error: Exception) -> bool:
    return type(error).__name__ in NO_MEMORY or NO_MEMORY_CPU in str(error)


def _session() -> AbstractContextManager[None]:
    """Return the context in which several processes share a command; for one it is empty and needs no PyTorch."""
    if _processes() == 1:
        return nullcontext()
    from dkp_bench.training.distributed import session

    return session()


def _processes() -> int:
    """Return how many processes ``torchrun`` started.

    Raises:
        DkpError: if the environment says that there are several but not which of them this one is.
    """
    count = os.environ.get("WORLD_SIZE", "1")
    if count == "1":
        return 1
    # Job scripts may set WORLD_SIZE without starting processes: PyTorch would wait for those for minutes.
    numbers = {name: os.environ.get(name, "") for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK")}
    said = {name: f"{printable(value, 40)!r}" if value else "not set" for name, value in numbers.items()}
    wrong = [f"{name} is {said[name]}" for name, value in numbers.items() if not value.isdecimal()]
    wrong += [f"{name} is not set" for name in ("MASTER_ADDR", "MASTER_PORT") if not os.environ.get(name)]
    wrong += ["WORLD_SIZE is 0"] if not count.strip("0") else []
    if wrong:
        hint = "torchrun sets all of this: torchrun --standalone --nproc-per-node N -m dkp_bench …"
        raise DkpError(
            f"the environment speaks of several processes, WORLD_SIZE={printable(count, 40)}: {', '.join(wrong)}",
            f"for one process, first: unset WORLD_SIZE\n{hint}",
        )
    return int(count)
