"""Indexing a folder once: what is read from many small files is kept until one of them changes."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.array_files import map_npy
from dkp_bench.datasets.folders import cache_problem
from dkp_bench.errors import DkpError, printable
from dkp_bench.files import WriteError, atomic_path, sha256, write_json
from dkp_bench.progress import say
from dkp_bench.text_files import UnreadableError, read_json
from dkp_bench.walk import Listed

DONE = "content.json"
"""Written last, so where it exists all arrays do."""


def listing_key(files: Iterable[Listed], *choices: object) -> str:
    """Return 16 hexadecimal digits that change when a file is added, removed or altered, or a choice differs."""
    digest = hashlib.sha256(repr(choices).encode())
    for file in files:
        digest.update(f"{file.name}\0{file.bytes}\0{file.changed}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


class Indexed(NamedTuple):
    """The content of an index: arrays by name, memory-mapped, and facts."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]


Build = Callable[[], tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]]


def indexed(folder: Path, build: Build) -> Indexed:
    """Return the arrays and facts in a cache folder; ``build`` makes them where they are missing or damaged.

    Raises:
        DkpError: if they cannot be written; whatever ``build`` raises.
    """
    if (folder / DONE).exists():
        try:
            return _read(folder)
        except (ValueError, DkpError) as error:
            why = error.why if isinstance(error, UnreadableError) else str(error)
            say(f"the cache {printable(folder)} is damaged and made again: {printable(why)}")
    if problem := cache_problem(folder):  # found out before the work
        raise WriteError(f"the cache {problem}")
    arrays, facts = build()
    digests = {}
    for name, array in arrays.items():
        with atomic_path(folder / f"{name}.npy") as temporary:
            np.save(temporary, array, allow_pickle=False)
        digests[name] = sha256(folder / f"{name}.npy")
    content = {"arrays": {name: list(array.shape) for name, array in arrays.items()}, "facts": dict(facts)}
    write_json(folder / DONE, {**content, "sha256": {**digests, "": _digest(content)}})
    return _read(folder)


def _read(folder: Path) -> Indexed:
    """Read a cache folder; raise ValueError or UnreadableError if it does not hold what was written.

    One that was made before there were digests is not what is written today, and is made again like a damaged one.
    """
    content = read_json(folder / DONE)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key), dict) for key in ("arrays", "facts", "sha256")
    ):
        raise ValueError(f"{DONE} does not say what was read")
    digests = content["sha256"]
    if digests.get("") != _digest({key: content[key] for key in ("arrays", "facts")}):
        raise ValueError(f"{DONE} is not what was written")
    found = {}
    for name, shape in content["arrays"].items():
        path = folder / f"{name}.npy"
        if path.parent != folder:
            raise ValueError(f"{printable(name)} is no name of an array")
        if not path.is_file() or sha256(path) != digests.get(name):
            raise ValueError(f"{path.name} is not what was written")
        found[name] = map_npy(path)
        if list(found[name].shape) != shape:
            raise ValueError(f"{path.name} has the shape {found[name].shape}, not {printable(shape)}")
    return Indexed(found, content["facts"])


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
