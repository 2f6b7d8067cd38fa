"""Near misses of a dataset's layout: files a level too deep or under another ending, a file for a folder."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from dkp_bench.walk import folders_in

JPEG = {".jpg", ".jpeg"}
MOST_FOLDERS = 200
"""Folders beneath one that was named that are searched for the layout."""


def missing_parts(folder: Path, parts: Iterable[str]) -> list[str]:
    """Return the parts that a folder does not have; those of the wrong kind with what they are.

    Args:
        folder: of the dataset.
        parts: names relative to it; those with an ending are files, the others folders.
    """
    lacks = []
    for part in parts:
        path, is_file = folder / part, bool(PurePosixPath(part).suffix)
        if path.is_file() != is_file or path.is_dir() == is_file:
            beside = path.parent.iterdir() if path.parent.is_dir() else ()
            alike = [near.name for near in beside if near.name.casefold() == path.name.casefold()]
            lacks.append(part + _instead(path, alike))
    return lacks


def instead(folder: Path, absent: Sequence[str], there: Iterable[str]) -> list[str]:
    """Say of each missing file what is there instead, in brackets after a blank; empty if nothing is.

    Args:
        folder: of the dataset.
        absent: names of the files that are missing, relative to it.
        there: names of the files that are there, likewise.
    """
    alike: dict[str, list[str]] = {}
    for name in there if absent else ():
        *folders, file = _key(name).split("/")
        without_a_level = ([*folders[:i], *folders[i + 1 :]] for i in range(len(folders)))
        for parts in (folders, *without_a_level):
            alike.setdefault("/".join([*parts, file]), []).append(name)
    return [_instead(folder / name, alike.get(_key(name), [])) for name in absent]


def elsewhere(folder: Path, fits: Callable[[Path], bool]) -> Path | None:
    """Find the nearest folder that has the layout: beneath the one that was named, or the one above it."""
    beneath = _folders(folder)
    deeper = (inner for outer in beneath for inner in _folders(outer))
    near = chain(islice(chain(beneath, deeper), MOST_FOLDERS), [folder.resolve().parent])
    return next((path for path in near if fits(path)), None)


def _instead(path: Path, alike: list[str]) -> str:
    """Say in brackets what a path is that should be something else, or which name like it is meant."""
    if path.is_symlink() and not path.exists():
        return " (a link that leads nowhere)"
    if path.is_dir():
        return " (a folder and no file)"
    if path.is_file():
        return " (a file and no folder)"
    if not alike:
        return ""
    name = min(alike, key=lambda near: (PurePosixPath(near).suffix.casefold() != path.suffix.casefold(), near))
    found = PurePosixPath(name)
    if found.name == path.name:
        return f" ({name} is there: move it)"
    ends = {found.suffix.casefold(), path.suffix.casefold()}
    remedy = "rename it" if len(ends) == 1 or ends <= JPEG else f"convert it to {path.suffix}"
    return f" ({name} is there: {remedy})"


def _key(name: str) -> str:
    """Return what two names have in common that differ in their ending or in capitals."""
    return PurePosixPath(name).with_suffix("").as_posix().casefold()


def _folders(folder: Path) -> list[Path]:
    try:
        return folders_in(folder)[:MOST_FOLDERS]
    except OSError:
        return []
