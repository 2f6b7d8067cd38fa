"""Points at which a process can be killed, or the disk be full: before each operation on files below a folder."""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OPERATIONS = {
    "os.rename": "rename",
    "os.remove": "remove",
    "os.rmdir": "remove folder",
    "os.mkdir": "make folder",
    "os.chmod": "change mode",
    "os.truncate": "truncate",
    "os.link": "link",
}
"""Events of Python's audit hooks (PEP 578), each raised before the system is asked."""


def describe(event: str, args: tuple[Any, ...], root: str) -> str | None:
    """An operation that changes files below ``root`` in words; None for any other event."""
    if event == "open":
        path, _, flags = args
        if not isinstance(flags, int) or not flags & WRITES:
            return None
        what = "create or open to write"
    elif event in OPERATIONS:
        path, what = args[0], OPERATIONS[event]
    else:
        return None
    name = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
    if Path(name).is_absolute() and not name.startswith(f"{root}/"):
        return None
    return f"{what} {name.removeprefix(f'{root}/')}"


def watch(root: Path, tell: Callable[[str], None]) -> None:
    """Have ``tell`` called before each operation that this process does below ``root``, for as long as it lives."""
    place = str(root)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" or event in OPERATIONS:
            operation = describe(event, args, place)
            if operation:
                tell(operation)

    sys.addaudithook(hook)


def fill_before(root: Path, number: int) -> None:
    """Let the disk be full from this process's operation of that number on; what takes no room can still be done."""
    left = number

    def refuse(operation: str) -> None:
        nonlocal left
        left -= 1
        if left < 0 and not operation.startswith(("remove", "truncate", "change mode")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    watch(root, refuse)


def kill_before(root: Path, number: int) -> None:
    """Kill this process right before its operation of that number, from 0, below ``root``."""
    left = number

    def count(_: str) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    watch(root, count)
