"""Block masking: hide most of the image, so that the decoder needs the edge map."""

import torch
from torch import Tensor
from torch.nn import functional as F


def block_mask(
    batch: int,
    size: int,
    missing: float,
    *,
    blocks: int = 16,
    generator: torch.Generator,
    device: torch.device | None = None,
) -> Tensor:
    """Draw random masks of square blocks, each kept with probability ``1 − missing``.

    Drawn on the CPU, so that a seed gives the same masks on every device; only the blocks travel to a GPU, and nothing
    waits for them.

    Args:
        batch: number of masks.
        size: side of a mask in pixels.
        missing: share of blocks hidden, in [0, 1].
        blocks: blocks along a side.
        generator: a CPU generator.
        device: where the masks are wanted; the CPU if None.

    Returns:
        ``(batch, 1, size, size)`` float32 of 0 (hidden) and 1 (kept).

    Raises:
        ValueError: if ``missing`` lies outside [0, 1].

    Source: AutoLink's ``models/encoder.py``: 16 × 16 blocks, nearest-upsampled, missing 0.8.

    >>> mask = block_mask(1, 4, missing=0.5, blocks=2, generator=torch.Generator().manual_seed(0))
    >>> mask.shape
    torch.Size([1, 1, 4, 4])
    >>> mask[0, 0]  # blocks of 2 × 2 pixels
    tensor([[0., 0., 1., 1.],
            [0., 0., 1., 1.],
            [0., 0., 0., 0.],
            [0., 0., 0., 0.]])
    """
    if not 0 <= missing <= 1:
        raise ValueError(f"missing must be a share in [0, 1], not {missing}")
    kept = torch.rand(batch, 1, blocks, blocks, generator=generator) >= missing
    if device is not None:
        kept = kept.to(device, non_blocking=True)
    return F.interpolate(kept.float(), size=(size, size), mode="nearest")
