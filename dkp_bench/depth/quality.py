"""How good estimated depth is: AbsRel and δ₁, after the scale and the shift of each image are fitted.

What a relative estimator gives has no unit, so its maps are first brought to the true inverse depth by least squares,
as MiDaS (Ranftl et al., arXiv 1907.01341) does; the two numbers are those of Eigen et al. (arXiv 1406.2283).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DELTA = 1.25
"""A pixel counts as right for δ₁ if its depth is less than this factor off."""


class DepthQuality(NamedTuple):
    """Means over images.

    Attributes:
        abs_rel: mean over the pixels of |z − z*| / z*, z* being the true depth; 0 is perfect.
        delta_1: share of the pixels with max(z / z*, z* / z) < 1.25; 1 is perfect.
    """

    abs_rel: float
    delta_1: float


def depth_quality(estimates: NDArray[np.floating], truth: NDArray[np.floating]) -> DepthQuality:
    """Measure estimated maps against true ones.

    Args:
        estimates: ``(N, S, S)`` relative inverse depth of any scale and shift; the sign of the scale is fitted, too.
        truth: ``(N, S, S)`` true inverse depth, above 0.

    >>> truth = np.array([[[0.5, 1.0], [0.25, 0.5]]])
    >>> depth_quality(3 * truth - 1, truth)
    DepthQuality(abs_rel=0.0, delta_1=1.0)
    """
    true = truth.astype(np.float64)
    # No point is taken to be farther than the farthest of its image: 1 / z of a badly fitted one may be 0 or less.
    fitted = np.maximum(align(estimates, truth), true.min(axis=(1, 2), keepdims=True))
    ratio = true / fitted  # of the depths, z / z*
    return DepthQuality(
        round(float(np.abs(ratio - 1).mean()), 12), float((np.maximum(ratio, 1 / ratio) < DELTA).mean())
    )


def align(estimates: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return each map scaled and shifted so that its squared distance from the true one is least, ``(N, S, S)``.

    A constant map becomes the mean of the true one.

    >>> align(np.array([[[0.0, 1.0], [2.0, 3.0]]]), np.array([[[3.0, 5.0], [7.0, 9.0]]])).tolist()
    [[[3.0, 5.0], [7.0, 9.0]]]
    """
    given, true = (maps - maps.mean(axis=(1, 2), keepdims=True) for maps in map(_double, (estimates, truth)))
    spread = (given * given).sum(axis=(1, 2), keepdims=True)
    scale = (given * true).sum(axis=(1, 2), keepdims=True) / np.where(spread > 0, spread, 1)
    aligned: NDArray[np.float64] = scale * given + _double(truth).mean(axis=(1, 2), keepdims=True)
    return aligned


def _double(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    return maps.astype(np.float64)
