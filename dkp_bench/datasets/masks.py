"""Masks from files, stored with 0 and 255, 0 and 1 or any other two values: 255 is the figure, 0 is beside it."""

import numpy as np
from numpy.typing import NDArray

MARGIN = 1 / 8
"""How far from the darkest and the brightest value, as a share of their distance, a pixel is one of the two."""
MOST_BETWEEN = 0.25
"""Share of the pixels that may lie between: the outline of a figure that was resized is well below it."""


def two_levels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Stretch a mask to 0 … 255: one stored with any two values is as good as one with 0 and 255.

    Args:
        grey: ``(H, W)``, brighter on the figure. What lies between the two values is partly covered.

    Raises:
        ValueError: if it is of one colour, or most of it is neither figure nor background.

    >>> two_levels(np.array([[0, 0], [1, 0]], dtype=np.uint8)).tolist()
    [[0, 0], [255, 0]]
    """
    low, high = int(grey.min()), int(grey.max())
    if low == high:
        raise ValueError("it is of one colour")
    place = (grey.astype(np.float32) - low) / (high - low)
    between = float(((place > MARGIN) & (place < 1 - MARGIN)).mean())
    if between > MOST_BETWEEN:
        raise ValueError(f"{between:.0%} of its pixels are grey, neither figure nor background")
    return grey if (low, high) == (0, 255) else np.round(255 * place).astype(np.uint8)


def coding(grey: NDArray[np.uint8]) -> str:
    """Return the darkest and the brightest value that a mask was stored with, such as ``0 and 1``."""
    return f"{grey.min()} and {grey.max()}"


def on_figure(mask: NDArray[np.generic], joints: NDArray[np.floating], visible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which joints lie on the person; those outside the image do not.

    Args:
        mask: ``(H, H)``, of which more than half of the greatest value is figure.
        joints: ``(J, 2)`` (x, y) in [−1, 1].
        visible: ``(J,)``; the others are on nothing.

    Returns:
        ``(J,)``.
    """
    last = mask.shape[0] - 1
    inside = visible & (np.abs(joints) <= 1).all(axis=-1)
    columns, rows = np.round((np.where(inside[:, None], joints, 0) + 1) / 2 * last).astype(np.int64).T
    figure = np.asarray(mask, dtype=np.float32) > (0.5 if mask.dtype == np.bool_ else 127)
    return np.asarray(inside & figure[rows, columns])
