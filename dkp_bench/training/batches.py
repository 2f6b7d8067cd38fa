"""Which images make up a step, and how they reach the network: functions of the seed alone."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dkp_bench.datasets.base import ImageSet


@dataclass(frozen=True)
class Batch:
    """Images on the device.

    Attributes:
        rgb: ``(B, 3, S, S)`` float32 in [−1, 1], channels-last in memory.
        depth: ``(B, S, S)`` float32 relative inverse depth as the dataset has it; None where it was not asked for.
        flipped: ``(B,)`` bool, which images and depth maps were mirrored; None if none was.
    """

    rgb: Tensor
    depth: Tensor | None = None
    flipped: Tensor | None = None


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A CPU generator that depends on nothing but its arguments, so that a resumed run draws what it would have."""
    digest = hashlib.sha256(f"{seed}|{purpose}|{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def step_indices(count: int, batch_size: int, seed: int, step: int) -> NDArray[np.int64]:
    """Image numbers of one step, ``(batch_size,)``: epochs are permutations by (seed, epoch), laid end to end."""
    first = step * batch_size
    epochs = range(first // count, (first + batch_size - 1) // count + 1)
    order = [torch.randperm(count, generator=generator(seed, "order", epoch)) for epoch in epochs]
    start = first % count
    return torch.cat(order)[start : start + batch_size].numpy()


def read_batch(
    images: ImageSet, indices: NDArray[np.integer], device: torch.device, *, depth: bool, flip: Tensor | None = None
) -> Batch:
    """Read images, mirror those where ``flip`` (``(B,)`` bool) is set, and move them to the device.

    Depth is mirrored with its image.

    Raises:
        DkpError: if depth is asked for and the dataset has none.
    """
    rgb = torch.from_numpy(np.ascontiguousarray(images.rgb(indices))).to(device).permute(0, 3, 1, 2)
    rgb = rgb.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1
    maps = torch.from_numpy(np.ascontiguousarray(images.depth(indices))).to(device) if depth else None
    if flip is not None:
        flip = flip.to(device)
        rgb = torch.where(flip[:, None, None, None], rgb.flip(-1), rgb).contiguous(memory_format=torch.channels_last)
        maps = None if maps is None else torch.where(flip[:, None, None], maps.flip(-1), maps)
    return Batch(rgb, maps, flip)
