"""The images of each step and their way to the network: functions of only the seed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dkp_bench.datasets.base import ImageSet


@dataclass(frozen=True)
class Share:
    """Part of a step's batch that one process has: rows ``start`` to ``stop``, the last one excluded, of ``total``."""

    start: int
    stop: int
    total: int

    @property
    def rows(self) -> slice:
        """Rows, to index what there is for the whole batch with."""
        return slice(self.start, self.stop)


@dataclass(frozen=True)
class Arrays:
    """Images as they were read: on the CPU, and in page-locked memory where a GPU will fetch them.

    Attributes:
        rgb: ``(B, S, S, 3)`` uint8.
        depth: ``(B, S, S)`` float32; None where it was not asked for.
    """

    rgb: Tensor
    depth: Tensor | None


@dataclass(frozen=True)
class Batch:
    """Images on the device.

    Attributes:
        rgb: ``(B, 3, S, S)`` float32 in [−1, 1], channels-last in memory.
        depth: ``(B, S, S)`` float32 relative inverse depth as the dataset has it; None where it was not asked for.
        flipped: ``(B,)`` bool, which images and depth maps were mirrored; None if none was.
        share: which part of the step's batch these images are; None if they are all of it.
    """

    rgb: Tensor
    depth: Tensor | None = None
    flipped: Tensor | None = None
    share: Share | None = None

    def drawn(self, draw: Callable[[int], Tensor]) -> Tensor:
        """Draw at random for each image, ``(B, …)``, the same however many processes share the step's batch.

        Args:
            draw: draws for a number of images, ``(number, …)``; it is asked for all images of the step.
        """
        return draw(len(self.rgb)) if self.share is None else draw(self.share.total)[self.share.rows]


def make_generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """Make a CPU generator that depends only on its arguments, so that a resumed run draws what it would have.

    Args:
        seed: of the run.
        purpose: what is drawn, so that two purposes draw independently.
        index: of the step or epoch.
    """
    digest = hashlib.sha256(f"{seed}|{purpose}|{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def step_indices(count: int, batch_size: int, seed: int, step: int) -> NDArray[np.int64]:
    """Return the images of one step, ``(batch_size,)``: epochs are permutations by (seed, epoch), laid end to end."""
    first = step * batch_size
    wanted = np.arange(first, first + batch_size)
    epochs = range(first // count, wanted[-1] // count + 1)
    return np.concatenate([_order(count, seed, epoch)[wanted[wanted // count == epoch] % count] for epoch in epochs])


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of all images in an epoch; kept, because many steps ask for it, and some for two at once."""
    return torch.randperm(count, generator=make_generator(seed, "order", epoch)).numpy()


def read_arrays(images: ImageSet, indices: NDArray[np.integer], *, depth: bool, pinned: bool = False) -> Arrays:
    """Read images, and their depth maps where asked for; ``pinned`` puts them into page-locked memory.

    Raises:
        DkpError: if depth is asked for and the dataset has none.
    """
    rgb = torch.from_numpy(np.ascontiguousarray(images.rgb(indices)))
    maps = torch.from_numpy(np.ascontiguousarray(images.depth(indices))) if depth else None
    if pinned:
        rgb, maps = rgb.pin_memory(), None if maps is None else maps.pin_memory()
    return Arrays(rgb, maps)


def to_batch(arrays: Arrays, device: torch.device, flip: Tensor | None = None, share: Share | None = None) -> Batch:
    """Move images to the device and mirror those where ``flip`` (``(B,)`` bool) is set, depth with its image."""
    rgb = arrays.rgb.to(device, non_blocking=True).permute(0, 3, 1, 2)
    rgb = rgb.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1
    maps = None if arrays.depth is None else arrays.depth.to(device, non_blocking=True)
    if flip is not None:
        flip = flip.to(device, non_blocking=True)
        rgb = torch.where(flip[:, None, None, None], rgb.flip(-1), rgb).contiguous(memory_format=torch.channels_last)
        maps = None if maps is None else torch.where(flip[:, None, None], maps.flip(-1), maps)
    return Batch(rgb, maps, flip, share)


def read_batch(
    images: ImageSet, indices: NDArray[np.integer], device: torch.device, *, depth: bool, flip: Tensor | None = None
) -> Batch:
    """Read images and make a batch of them: :func:`read_arrays` and :func:`to_batch`.

    Raises:
        DkpError: if depth is asked for and the dataset has none.
    """
    return to_batch(read_arrays(images, indices, depth=depth), device, flip)


ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@contextmanager
def read_ahead(read: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[Iterator[ResultT]]:
    """Read each item in a thread, in order and one at a time, the next one while the caller works on the last.

    Args:
        read: reads one item; an error of its own is raised where its result would have come.
        items: what to read, asked for by the caller's thread.

    Yields:
        An iterator over the results. When the block ends, for any reason, the thread has ended too.
    """
    reader = ThreadPoolExecutor(1, "read-ahead")
    try:
        yield _results(reader, read, items)
    finally:
        reader.shutdown(cancel_futures=True)


def _results(reader: ThreadPoolExecutor, read: Callable[[ItemT], ResultT], items: Iterable[ItemT]) -> Iterator[ResultT]:
    upcoming: Future[ResultT] | None = None
    for item in items:
        current, upcoming = upcoming, reader.submit(read, item)
        if current is not None:
            yield current.result()
    if upcoming is not None:
        yield upcoming.result()
