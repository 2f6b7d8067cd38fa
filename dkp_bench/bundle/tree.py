"""The files in a folder from strangers: listed without following a link, read without trusting a size."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.errors import DkpError
from dkp_bench.files import sha256

MOST_FILES = 50_000
"""Files and folders in a bundle."""


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a file, as it is: who shows it makes it printable.

    Attributes:
        file: its path, relative to what is verified, with ``/``.
        what: what is wrong with it.
    """

    file: str
    what: str


@dataclass(frozen=True)
class Tree:
    """The plain files below a folder.

    Attributes:
        root: the folder.
        files: bytes of each by its path, relative and with ``/``, sorted.
        problems: what is no plain file: symbolic links, devices, pipes; nothing more was looked at then.
    """

    root: Path
    files: Mapping[str, int]
    problems: tuple[Problem, ...]

    def below(self, folder: str) -> "Tree":
        """The part of the tree in one of its folders."""
        prefix = f"{folder}/"
        files = {path.removeprefix(prefix): size for path, size in self.files.items() if path.startswith(prefix)}
        return Tree(self.root / folder, files, ())


def read_tree(root: Path) -> Tree:
    """List the files below a folder."""
    files: dict[str, int] = {}
    problems: list[Problem] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    path, status = f"{folder}{entry.name}", entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        folders.append(f"{path}/")
                    elif stat.S_ISREG(status.st_mode):
                        files[path] = status.st_size
                    else:
                        problems.append(_not_plain(path, status.st_mode))
                    if len(files) + len(folders) + len(problems) > MOST_FILES:
                        return Tree(root, {}, (Problem(path, f"is one of more than {MOST_FILES:,} files"),))
        except OSError as error:
            problems.append(Problem(folder or ".", f"cannot be read: {error.strerror}"))
    return Tree(root, dict(sorted(files.items())), tuple(problems))


def _not_plain(path: str, mode: int) -> Problem:
    what = "a symbolic link" if stat.S_ISLNK(mode) else "neither a file nor a folder"
    return Problem(path, f"is {what}; there must be plain files alone")


def why_not(path: Path, digest: str, said_by: str) -> str:
    """Why a file is not the one with a SHA-256; empty if it is. It is read in pieces."""
    try:
        return "" if sha256(path) == digest else f"its content is not what {said_by} says"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def read_small(path: Path, largest: int) -> bytes:
    """The bytes of a file that ought to be small.

    Raises:
        DkpError: if it is not there, is no plain file, cannot be read or has more than ``largest`` bytes.
    """
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise DkpError(_not_plain(path.name, mode).what)
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError as error:
        raise DkpError("is missing") from error
    except OSError as error:
        raise DkpError(f"cannot be read: {error.strerror}") from error
    if len(content) > largest:
        raise DkpError(f"has more than {largest:,} bytes")
    return content
