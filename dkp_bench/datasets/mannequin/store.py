"""Rendered splits on disk: written once by several processes, read memory-mapped."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.array_files import map_npy, new_npy
from dkp_bench.datasets.mannequin.body import SKELETON
from dkp_bench.datasets.mannequin.sample import render_sample
from dkp_bench.datasets.mannequin.scene import Setting
from dkp_bench.datasets.splits import AnySplit
from dkp_bench.errors import DkpError
from dkp_bench.files import sweep, temporary_folder, write_json, writing
from dkp_bench.progress import Progress, say
from dkp_bench.syntax import meaning, parse
from dkp_bench.text_files import UnreadableError, read_json

Arrays = Mapping[str, NDArray[Any]]
"""The arrays of one split by the names of :func:`layout`."""

_CHUNK = 64
"""Samples that a worker renders before it reports."""

_FEW = 512
"""Up to as many samples are rendered in this process: starting others would take longer."""

NOT_RENDERING = ("__init__.py", "dataset.py", "store.py")
"""Modules of this package that decide no pixel and no joint."""

FORMER_HASHES = {"3783ceba73": "c88b831a19"}
"""What dkp-bench 0.1.0 called the same code: it hashed every byte of this package, and its caches stay in use."""

_DIGEST = "digest.json"
_DONE = "done"
"""Folder with an empty file for each finished chunk, while there are unfinished ones."""


def layout(size: int, count: int) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Return shape and type of each array of a split.

    Depth is float16: inverse depth in 1/m with a relative error below 0.05 %, 2 mm at a distance of 4 m.
    """
    joints = len(SKELETON.names)
    return {
        "rgb": ((count, size, size, 3), np.dtype(np.uint8)),
        "depth": ((count, size, size), np.dtype(np.float16)),
        "mask": ((count, size, size), np.dtype(np.bool_)),
        "joints": ((count, joints, 2), np.dtype(np.float32)),
        "joints3d": ((count, joints, 3), np.dtype(np.float32)),
        "occluded": ((count, joints), np.dtype(np.bool_)),
    }


@cache
def source_hash() -> str:
    """Return ten hexadecimal digits that change with every edit of the code that renders.

    Comments, docstrings and layout do not count, nor do the modules that only store what was rendered.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in NOT_RENDERING:
            digest.update(f"{path.name}\0{meaning(parse(path.read_bytes()))}".encode())
    found = digest.hexdigest()[:10]
    return FORMER_HASHES.get(found, found)


def make_split(
    folder: Path, setting: Setting, size: int, split: AnySplit, count: int, progress: Progress | None = None
) -> None:
    """Render a split into ``folder``, unless it is there; an interrupted call is taken up where it stopped.

    One that is damaged is rendered again, which is said.

    Several processes may do this at once: they write the same bytes to the same places, and the first to finish moves
    the folder to where it belongs.

    Args:
        folder: where the arrays go; it appears when all of them are complete.
        setting: name of the dataset.
        size: side of the images in pixels.
        split: the split.
        count: how many samples.
        progress: called with how far the work is.
    """
    if folder.is_dir() and _is_sound(folder, size, count):
        _tidy(folder)
        return
    if progress is not None:  # it may refuse, and then nothing is made
        progress(_what(setting, size, split), 0, count)
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        with writing(folder):
            _allocate(partial, size, count)
            _render_all(partial, setting, size, split, count, progress)
            write_json(partial / _DIGEST, {"sha256": _digest(partial, size, count)})
            partial.rename(folder)
    except (OSError, DkpError):
        # Another process may have moved the folder away, finished, at any point of the above.
        if not (folder / _DIGEST).is_file():
            raise
        shutil.rmtree(partial, ignore_errors=True)
    _tidy(folder)


def _tidy(folder: Path) -> None:
    """Remove what was needed to render a split that is there, or was left by a process that was killed."""
    if (folder / _DONE).exists():
        shutil.rmtree(folder / _DONE, ignore_errors=True)
    sweep(folder.parent)


def read_split(folder: Path, size: int, count: int) -> Arrays:
    """Map the arrays of a split into memory, read-only.

    Raises:
        DkpError: if a file is missing or damaged.
    """
    arrays = {}
    for name, (shape, dtype) in layout(size, count).items():
        path = folder / f"{name}.npy"
        try:
            array = map_npy(path)
        except ValueError as error:
            raise _damaged(path, str(error)) from error
        if array.shape != shape or array.dtype != dtype:
            raise _damaged(path, f"it holds {array.dtype}{list(array.shape)}, not {dtype}{list(shape)}")
        arrays[name] = array
    return arrays


def split_digest(folder: Path) -> str:
    """Return the SHA-256 over the arrays of a split that was computed when they were made.

    Raises:
        DkpError: if the file that holds it is missing or damaged.
    """
    path = folder / _DIGEST
    try:
        content = read_json(path)
    except UnreadableError as error:
        raise _damaged(path, error.why) from error
    digest = content.get("sha256") if isinstance(content, dict) else None
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise _damaged(path, "it has no SHA-256")
    return digest


def _damaged(path: Path, why: str) -> DkpError:
    return DkpError(f"damaged cache file {path}: {why}", "run the command again: it renders the images again")


def _is_sound(folder: Path, size: int, count: int) -> bool:
    """Return whether a split is what was rendered, to the bit; if not, say so and remove the folder."""
    try:
        if _digest(folder, size, count) != split_digest(folder):
            raise _damaged(folder, "its arrays are not those that were rendered")
    except DkpError as error:
        say(f"{error.problem}; its images are rendered again")
        shutil.rmtree(folder, ignore_errors=True)
        return False
    return True


def _allocate(partial: Path, size: int, count: int) -> None:
    """Make the empty arrays, unless an interrupted or another process has: all of them or none."""
    if partial.is_dir():
        return
    with temporary_folder(partial) as temporary:
        empty = temporary / "arrays"
        (empty / _DONE).mkdir(parents=True)
        for name, (shape, dtype) in layout(size, count).items():
            new_npy(empty / f"{name}.npy", shape, dtype)
        try:
            empty.rename(partial)
        except OSError:
            if not partial.is_dir():
                raise


def _what(setting: Setting, size: int, split: AnySplit) -> str:
    return f"rendering {setting} {size} px, {split}"


def _render_all(
    partial: Path, setting: Setting, size: int, split: AnySplit, count: int, progress: Progress | None
) -> None:
    every = [range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    chunks = [chunk for chunk in every if not (partial / _DONE / str(chunk.start)).exists()]
    done = count - sum(map(len, chunks))
    for rendered in _rendered(partial, setting, size, split, chunks):
        done += rendered
        if progress is not None:
            progress(_what(setting, size, split), done, count)


def _rendered(partial: Path, setting: Setting, size: int, split: AnySplit, chunks: list[range]) -> Iterator[int]:
    """Render chunks, here or in other processes, and yield the length of each as it is done."""
    if _processes() == 1 or sum(map(len, chunks)) <= _FEW:
        for chunk in chunks:
            yield _render_chunk(partial, setting, size, split, chunk)
        return
    with ProcessPoolExecutor(_processes(), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_render_chunk, partial, setting, size, split, chunk) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _processes() -> int:
    """Return how many cores this process may use, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _render_chunk(partial: Path, setting: Setting, size: int, split: AnySplit, chunk: range) -> int:
    """Render some samples into the arrays in ``partial``; chunks do not overlap, so processes need no lock."""
    samples = [render_sample(setting, size, split, index) for index in chunk]
    for name in layout(size, 0):
        array = np.load(partial / f"{name}.npy", mmap_mode="r+", allow_pickle=False)
        array[chunk.start : chunk.stop] = np.stack([getattr(sample, name) for sample in samples])
        array.flush()
    (partial / _DONE / str(chunk.start)).touch()
    return len(chunk)


def _digest(folder: Path, size: int, count: int) -> str:
    digest = hashlib.sha256()
    for name, array in read_split(folder, size, count).items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
