"""Processes that run a command and can be killed: forked from one that has imported everything and computes nothing."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kill_points import fill_before, kill_before, watch

from dkp_bench.errors import DkpError

LONGEST = 120
"""Seconds after which a process that waits for ever is ended."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, or minus the number of the signal, what it printed, and how long it took."""

    code: int
    said: str
    seconds: float


def run(
    command: Callable[[], object],
    folder: Path,
    log: Path,
    *,
    kill_at: int | None = None,
    kill_after: float | None = None,
    full_at: int | None = None,
    operations: Path | None = None,
) -> Ended:
    """Run a command in a process of its own, in ``folder``.

    Args:
        command: what to run.
        folder: its current folder, in which its operations on files are counted.
        log: a file for what it prints.
        kill_at: the number of the operation before which it is killed.
        kill_after: seconds after which it is killed.
        full_at: the number of the operation from which on the disk is full.
        operations: a file that gets a line for each operation.
    """
    started = time.monotonic()
    child = os.fork()
    if not child:
        for number, prepare in ((kill_at, kill_before), (full_at, fill_before)):
            if number is not None:
                prepare(folder, number)
        _live(command, folder, log, operations)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, log.read_text(encoding="utf-8", errors="replace"), time.monotonic() - started)


def noting_modules(command: Callable[[], object], file: Path) -> Callable[[], None]:
    """The same command, which writes down in the end which modules are imported."""

    def noting() -> None:
        try:
            command()
        finally:
            file.write_text("\n".join(sys.modules), encoding="utf-8")

    return noting


def _live(command: Callable[[], object], folder: Path, log: Path, operations: Path | None) -> None:
    """The life of a child; it never returns."""
    signal.alarm(LONGEST)
    os.chdir(folder)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(file, stream.fileno())
    if operations:
        told = operations.open("w", encoding="utf-8")
        watch(folder, lambda operation: told.write(f"{operation}\n"))
    code = 1
    try:
        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except DkpError as error:  # as the command line tells it
        sys.stderr.write(f"error: {error}\n")
        code = 2
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    if operations:
        told.close()
    os._exit(code)
