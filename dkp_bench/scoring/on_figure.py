"""The share of keypoints on the figure: the paper's claim is that distillation takes them off the background.

A keypoint is *on the figure* if the centre of some pixel of the figure's mask lies within 1/32 of the image's width
(2 pixels at 64): a joint is inside a limb, a fair keypoint may sit on its outline. The distance is exact, from the
keypoint's own position and not from the pixel it falls in; a keypoint outside the image is measured from where it is.
No regression and no label takes part, so no protocol can flatter it. What chance gives is the share of the image's
area within the same tolerance (:func:`share_of_area`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import Bools, Floats, LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import Score
from dkp_bench.scoring.sums import Sums, mean_of_images

NAME = "on-figure"
"""Stands in place of a protocol's name in the results."""
ON_FIGURE, FIGURE_AREA = "on_figure", "figure_area"
"""The numbers under that name."""
TOLERANCE = 1 / 32
BLOCK = 256
"""Masks looked at together."""


def keypoints_on_figure(keypoints: Floats, mask: Bools, tolerance: float = TOLERANCE) -> Bools:
    """Return whether each keypoint lies on the figure of its image.

    Args:
        keypoints: ``(N, K, 2)`` as (x, y) in [−1, 1].
        mask: ``(N, H, H)``, true on the figure; where it is empty, no keypoint is on it.
        tolerance: allowed distance, as a fraction of H pixels.

    Returns:
        ``(N, K)`` bool; the mean over K is an image's share, that of all is the score.

    >>> mask = np.zeros((1, 64, 64), dtype=bool)
    >>> mask[0, :, :32] = True  # the left half
    >>> keypoints_on_figure(np.array([[[-0.5, 0.0], [0.5, 0.0]]]), mask)
    array([[ True, False]])
    """
    found = np.empty(keypoints.shape[:2], dtype=np.bool_)
    # Block by block: a mask on disk is read once, in order, and never held whole.
    for start in range(0, len(mask), BLOCK):
        block = slice(start, start + BLOCK)
        found[block] = _on_figure(keypoints[block], np.asarray(mask[block]), tolerance)
    return found


def share_of_area(mask: Bools, tolerance: float = TOLERANCE) -> Floats:
    """Return the share of each image's pixels that are within the tolerance of its figure, ``(N,)`` in [0, 1].

    >>> mask = np.zeros((1, 64, 64), dtype=bool)
    >>> mask[0, :, :32] = True  # the left half
    >>> share_of_area(mask)  # and 2 of 64 columns beside it
    array([0.53125])
    """
    size = mask.shape[-1]
    radius = tolerance * size
    reach = math.ceil(radius)
    disc = _disc(radius)
    shares = np.empty(len(mask))
    # One image at a time: it stays in the processor's cache, which is several times faster than all at once, and a
    # mask on disk is never held whole.
    for index, image in enumerate(mask):
        figure = np.pad(image, reach)
        grown = np.zeros((size, size), dtype=np.bool_)
        for row, column in disc + reach:
            grown |= figure[row : row + size, column : column + size]
        shares[index] = grown.mean()
    return shares


def figure_results(test: LabelledKeypoints) -> list[Score]:
    """Score the share of keypoints on the figure and the share of area that chance would give; none without masks.

    >>> mask = np.zeros((1, 64, 64), dtype=bool)
    >>> mask[0, :, :32] = True  # the left half
    >>> labels = np.zeros((1, 1, 2)), np.ones((1, 1), dtype=bool)
    >>> test = LabelledKeypoints(np.array([[[-0.5, 0.0], [0.5, 0.0]]]), *labels, mask)
    >>> [(each.metric, each.value, each.unit) for each in figure_results(test)]
    [('on_figure', 50.0, '%'), ('figure_area', 53.125, '%')]
    """
    if test.mask is None:
        return []
    on_figure, area = 100.0 * keypoints_on_figure(test.keypoints, test.mask), share_of_area(test.mask).mean()
    each = {f"keypoint {number}": float(share) for number, share in enumerate(on_figure.mean(axis=0))}
    share = mean_of_images(on_figure.mean(axis=1)).value
    return [
        Score(NAME, ON_FIGURE, share, "%", higher_is_better=True, per_joint=each),
        Score(NAME, FIGURE_AREA, float(100 * area), "%", higher_is_better=None),
    ]


def figure_sums(test: LabelledKeypoints) -> Sums:
    """Return the share of keypoints on the figure as sums over the images.

    Raises:
        DkpError: if there are no masks.

    >>> mask = np.zeros((1, 64, 64), dtype=bool)
    >>> mask[0, :, :32] = True  # the left half
    >>> labels = np.zeros((1, 1, 2)), np.ones((1, 1), dtype=bool)
    >>> figure_sums(LabelledKeypoints(np.array([[[-0.5, 0.0], [0.5, 0.0]]]), *labels, mask)).value
    50.0
    """
    if test.mask is None:
        raise DkpError(f"{NAME} needs masks of the figure, which these images do not have")
    return mean_of_images(100 * keypoints_on_figure(test.keypoints, test.mask).mean(axis=1))


def _on_figure(keypoints: Floats, mask: Bools, tolerance: float) -> Bools:
    size = mask.shape[-1]
    radius = tolerance * size
    reach = math.ceil(radius)
    # Beyond this margin no pixel is within the radius; clipping keeps far points from overflowing.
    position = np.clip(to_unit(keypoints) * (size - 1), -2 * reach - 2, size + 2 * reach + 1)
    corner = np.floor(position).astype(np.intp)
    image = np.arange(len(mask))[:, None]
    found = np.zeros(keypoints.shape[:2], dtype=np.bool_)
    for offset in np.ndindex(2 * reach + 1, 2 * reach + 1):
        pixel = corner + (np.array(offset) - reach)
        near = ((pixel - position) ** 2).sum(axis=-1) <= radius**2
        inside = ((pixel >= 0) & (pixel < size)).all(axis=-1)
        column, row = np.moveaxis(np.clip(pixel, 0, size - 1), -1, 0)
        found |= near & inside & mask[image, row, column]
    return found


def _disc(radius: float) -> NDArray[np.intp]:
    reach = math.ceil(radius)
    offsets = np.array(list(np.ndindex(2 * reach + 1, 2 * reach + 1))) - reach
    return np.asarray(offsets[(offsets**2).sum(axis=1) <= radius**2], dtype=np.intp)
