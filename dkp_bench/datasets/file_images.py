"""Images that stay in their files until they are asked for, and are then read by several threads."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

BATCH = 256
"""Files looked at between two reports of progress."""

Item = TypeVar("Item")
Made = TypeVar("Made")


class FileImages(ImageSet):
    """Images by number, each read by a function; decoding and resizing release Python's lock, so threads help.

    Args:
        count: how many images.
        size: their side in pixels.
        read_rgb: from the number of an image to its pixels, ``(size, size, 3)`` uint8.
        read_depth: from the number of an image to its depth map, ``(size, size)`` float32; None without depth.
        why_no_depth: the error for a reader who asks for depth where there is none.
    """

    def __init__(
        self,
        count: int,
        size: int,
        read_rgb: Callable[[int], NDArray[np.uint8]],
        read_depth: Callable[[int], NDArray[np.float32]] | None = None,
        why_no_depth: DkpError | None = None,
    ) -> None:
        self._count, self.size, self._read_rgb, self._read_depth = count, size, read_rgb, read_depth
        self._why_no_depth = why_no_depth or DkpError("these images have no depth maps")
        self.has_depth = read_depth is not None

    def __len__(self) -> int:
        return self._count

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return np.stack(list(in_threads(self._read_rgb, indices.tolist())))

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        if self._read_depth is None:
            raise self._why_no_depth
        return np.stack(list(in_threads(self._read_depth, indices.tolist())))


def in_threads(function: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Apply a function in order, on a thread for each processor (16 at most)."""
    return _pool().map(function, items)


def in_batches(
    function: Callable[[Item], Made], items: Sequence[Item], what: str, progress: Progress | None
) -> Iterator[Made]:
    """Apply a function as :func:`in_threads` does, and report progress as ``what``."""
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        yield from in_threads(function, batch)
        if progress is not None:
            progress(what, start + len(batch), len(items))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(16, os.cpu_count() or 1), thread_name_prefix="read")
