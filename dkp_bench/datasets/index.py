"""Indexing a folder once: what is read from many small files is kept until one of them changes."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path, write_json

DONE = "content.json"
"""Written last, so where it exists all arrays do."""


class Listed(NamedTuple):
    """A file: its name relative to the folder that was listed (POSIX), bytes, and when it changed (ns)."""

    name: str
    bytes: int
    changed: int


def list_files(folder: Path, suffixes: tuple[str, ...]) -> list[Listed]:
    """Every file beneath a folder with one of the suffixes, sorted by name.

    Raises:
        OSError: if there is no such folder.
    """
    return sorted(_walk(str(folder), "", suffixes))


def listing_key(files: Iterable[Listed], *choices: object) -> str:
    """Sixteen hexadecimal digits that change when a file is added, removed or altered, or a choice is another."""
    digest = hashlib.sha256(repr(choices).encode())
    for file in files:
        digest.update(f"{file.name}\0{file.bytes}\0{file.changed}\n".encode())
    return digest.hexdigest()[:16]


class Indexed(NamedTuple):
    """What was read: arrays by name, memory-mapped, and facts."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


Build = Callable[[], tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]]


def indexed(folder: Path, build: Build) -> Indexed:
    """The arrays and facts in a cache folder; ``build`` makes them where they are not there.

    Raises:
        DkpError: if what is there is damaged, with the folder to delete; whatever ``build`` raises.
    """
    if not (folder / DONE).exists():
        arrays, facts = build()
        for name, array in arrays.items():
            with atomic_path(folder / f"{name}.npy") as temporary:
                np.save(temporary, array, allow_pickle=False)
        shapes = {name: list(array.shape) for name, array in arrays.items()}
        write_json(folder / DONE, {"arrays": shapes, "facts": dict(facts)})
    try:
        content = json.loads((folder / DONE).read_text(encoding="utf-8"))
        found = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in content["arrays"]}
        for name, shape in content["arrays"].items():
            if list(found[name].shape) != shape:
                raise ValueError(f"{name} has the shape {found[name].shape}, not {tuple(shape)}")
        return Indexed(found, content["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        problem = f"the cache {folder} is damaged: {error}"
        raise DkpError(problem, "Delete that folder and run the command again; it is made anew.") from error


def _walk(folder: str, prefix: str, suffixes: tuple[str, ...]) -> Iterator[Listed]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(entry.path, f"{prefix}{entry.name}/", suffixes)
            elif entry.name.lower().endswith(suffixes) and not entry.name.startswith("."):
                status = entry.stat()
                yield Listed(prefix + entry.name, status.st_size, status.st_mtime_ns)
