"""One safe walk over a folder of files that somebody else made.

File managers, notebooks and synchronisers leave things among the files of a dataset: ``.DS_Store``, ``._a.jpg``,
``.ipynb_checkpoints/``, links that lead nowhere. What is hidden, or is no file, is never data: it is left out and
named.
"""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Listed(NamedTuple):
    """A file: its name relative to the folder that was listed (POSIX), bytes, and when it changed (ns)."""

    name: str
    bytes: int
    changed: int


class Skipped(NamedTuple):
    """What was left out: its name relative to the folder that was listed (POSIX), and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Walk:
    """What lies beneath a folder.

    Attributes:
        files: those with one of the suffixes, sorted by name.
        skipped: what looked like data, or could hold some, and is none; sorted by name.
    """

    files: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]

    def skipped_in_words(self, shown: int = 3) -> str:
        """Return ``left out 5: .DS_Store (hidden), a.jpg (a link that leads nowhere), … ``; empty where nothing was."""
        if not self.skipped:
            return ""
        parts = [f"{each.name} ({each.why})" for each in self.skipped[:shown]]
        rest = ", …" if len(self.skipped) > shown else ""
        return f"left out {len(self.skipped)}: {', '.join(parts)}{rest}"


def walk(folder: Path, suffixes: tuple[str, ...] = (), *, without: Collection[Path] = ()) -> Walk:
    """List every file beneath a folder, links followed, no folder entered twice.

    Args:
        folder: where to look.
        suffixes: how names must end, in lower case, such as ``(".jpg", ".png")``; whatever the case of the file's name.
            All names without any.
        without: folders that are not entered, such as one that results are written to.

    Raises:
        OSError: if there is no such folder or it cannot be read; a folder beneath it that cannot is skipped.
    """
    files: list[Listed] = []
    skipped: list[Skipped] = []
    left_out = {path.resolve() for path in without}
    for item in _walk(folder, "", suffixes, left_out, frozenset()):
        if isinstance(item, Listed):
            files.append(item)
        else:
            skipped.append(item)
    return Walk(tuple(sorted(files)), tuple(sorted(skipped)))


def folders_in(folder: Path) -> list[Path]:
    """Return the folders right beneath a folder that are not hidden, links followed, sorted by name.

    Raises:
        OSError: if there is no such folder or it cannot be read.
    """
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _walk(
    folder: Path, prefix: str, suffixes: tuple[str, ...], left_out: set[Path], above: frozenset[tuple[int, int]]
) -> Iterator[Listed | Skipped]:
    status = folder.stat()
    above |= {(status.st_dev, status.st_ino)}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            try:
                found = entry.stat()
            except OSError as error:
                if not suffixes or entry.name.lower().endswith(suffixes) or entry.is_symlink():
                    yield Skipped(name, "a link that leads nowhere" if entry.is_symlink() else str(error.strerror))
                continue
            if stat.S_ISDIR(found.st_mode):
                yield from _enter(Path(entry.path), name, suffixes, left_out, above)
            elif not suffixes or entry.name.lower().endswith(suffixes):
                if entry.name.startswith("."):
                    yield Skipped(name, "hidden")
                elif stat.S_ISREG(found.st_mode):
                    yield Listed(name, found.st_size, found.st_mtime_ns)
                else:
                    yield Skipped(name, "no regular file")


def _enter(
    folder: Path, name: str, suffixes: tuple[str, ...], left_out: set[Path], above: frozenset[tuple[int, int]]
) -> Iterator[Listed | Skipped]:
    """Go into a folder, unless it is hidden, left out, or one of those it was reached through."""
    status = folder.stat()
    if folder.name.startswith("."):
        yield Skipped(f"{name}/", "hidden")
    elif (status.st_dev, status.st_ino) in above:
        yield Skipped(f"{name}/", "a link to a folder above it")
    elif left_out and folder.resolve() in left_out:
        yield Skipped(f"{name}/", "results are written there")
    else:
        try:
            yield from _walk(folder, f"{name}/", suffixes, left_out, above)
        except OSError as error:
            yield Skipped(f"{name}/", error.strerror or str(error))
