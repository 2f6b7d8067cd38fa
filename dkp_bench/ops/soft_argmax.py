"""Soft-argmax: from a score map to a point, differentiably."""

import torch
from torch import Tensor


def grid_1d(size: int, *, device: torch.device | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """Return the pixel centres along one side, shape ``(size,)``: −1 is the first pixel's centre, 1 the last one's.

    Raises:
        ValueError: if ``size`` is below 2, where the corner convention has no meaning.

    >>> grid_1d(5)
    tensor([-1.0000, -0.5000,  0.0000,  0.5000,  1.0000])
    """
    if size < 2:
        raise ValueError(f"a grid needs at least 2 pixels a side, not {size}")
    return torch.linspace(-1.0, 1.0, size, device=device, dtype=dtype)


def soft_argmax(logits: Tensor) -> Tensor:
    """Return the expected position under the softmax of each map.

    Args:
        logits: ``(..., H, W)`` scores, before the softmax.

    Returns:
        ``(..., 2)`` positions as (x, y) in [−1, 1], corner pixels centred on ±1; at least float32.

    Source: AutoLink's ``models/encoder.py``, which writes (row, column) where this writes (x, y).

    >>> logits = torch.zeros(3, 5)
    >>> soft_argmax(logits)  # all pixels alike: the centre
    tensor([0., 0.])
    >>> logits[0, 4] = 100.0
    >>> soft_argmax(logits)  # the corner at the top right
    tensor([ 1., -1.])
    """
    height, width = logits.shape[-2:]
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    probabilities = logits.flatten(-2).softmax(-1).reshape(logits.shape)
    # Sums rather than matrix products: autocast would run the latter in bfloat16.
    x = (probabilities.sum(-2) * grid_1d(width, device=logits.device, dtype=logits.dtype)).sum(-1)
    y = (probabilities.sum(-1) * grid_1d(height, device=logits.device, dtype=logits.dtype)).sum(-1)
    return torch.stack([x, y], dim=-1)
