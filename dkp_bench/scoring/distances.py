"""Distances of predicted joints from the annotated ones: statistics of each sample.

Everything here is in [0, 1] coordinates: 0 and 1 are the centres of the corner pixels. The *edge* of the image, which
errors are given in per cent of, is that span: size − 1 pixels. In a 256-px image it is 255 pixels.

:mod:`dkp_bench.scoring.sums` makes numbers of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dkp_bench.scoring.labelled import Bools, Floats, Texts

EDGE_PIXELS = 255.0
"""Pixels between the centres of the corner pixels of a 256-px image: the unit of PCK thresholds and of summed MAE."""


@dataclass(frozen=True, eq=False)
class Matched:
    """Predicted joints beside the labels they are scored against, after all that a protocol does to either.

    Attributes:
        predicted: ``(N, J, 2)`` in [0, 1].
        joints: ``(N, J, 2)`` in [0, 1].
        visible: ``(N, J)``: which joints count.
        notes: what the protocol did on the way, as counts by name (images swapped, images dropped, …).
        groups: ``(N,)`` text by name, for metrics that average over groups of images.
        joint_indices: ``(J,)``: the joints of the dataset that these are; None where they are all of them.
        order: ``(J,)``: the left/right table, for metrics that swap; None where none does.

    One image, two joints, one of them hidden:

    >>> matched = Matched(
    ...     predicted=np.array([[[0.5, 0.5], [0.0, 0.0]]]),
    ...     joints=np.array([[[0.2, 0.1], [0.0, 0.0]]]),
    ...     visible=np.array([[True, False]]),
    ... )
    >>> distances(matched)  # √(0.3² + 0.4²)
    array([[0.5, 0. ]])
    >>> l2_of_images(matched)  # in % of the edge, over the visible joint
    array([50.])
    """

    predicted: Floats
    joints: Floats
    visible: Bools
    notes: dict[str, int] = field(default_factory=dict)
    groups: Mapping[str, Texts] = field(default_factory=dict)
    joint_indices: NDArray[np.intp] | None = None
    order: NDArray[np.intp] | None = None


def offsets(matched: Matched) -> Floats:
    """Return predicted minus annotated position, ``(N, J, 2)`` in edges; 0 for a joint that is not visible.

    >>> matched = Matched(np.array([[[0.5, 0.5]]]), np.array([[[0.25, 0.75]]]), np.array([[True]]))
    >>> offsets(matched)
    array([[[ 0.25, -0.25]]])
    """
    return np.asarray(np.where(matched.visible[..., None], matched.predicted - matched.joints, 0.0))


def distances(matched: Matched) -> Floats:
    """Return the L2 distance from prediction to label, ``(N, J)`` in edges; 0 for a joint that is not visible.

    >>> matched = Matched(np.array([[[0.5, 0.5]]]), np.array([[[0.2, 0.1]]]), np.array([[True]]))
    >>> distances(matched)
    array([[0.5]])
    """
    x, y = np.moveaxis(offsets(matched), -1, 0)
    return np.asarray(np.hypot(x, y))


def image_l2(distances: Floats, visible: Bools) -> Floats:
    """Return the mean L2 error of each image over its visible joints, ``(N,)`` in % of the edge; NaN where it has none.

    >>> image_l2(np.array([[0.1, 0.3], [0.2, 0.9]]), np.array([[True, True], [True, False]]))
    array([20., 20.])
    """
    totals, counts = distances.sum(axis=1, where=visible), visible.sum(axis=1)
    means = np.divide(totals, counts, out=np.full(len(totals), np.nan), where=counts > 0)
    return np.asarray(100 * means)


def l2_of_images(matched: Matched) -> Floats:
    """Return :func:`image_l2` of a protocol's result: what a swap is decided by, ``(N,)`` in % of the edge.

    >>> matched = Matched(np.array([[[0.5, 0.5]]]), np.array([[[0.2, 0.1]]]), np.array([[True]]))
    >>> l2_of_images(matched)
    array([50.])
    """
    return image_l2(distances(matched), matched.visible)


def hits(distances: Floats, threshold: float = 6.0) -> Bools:
    """Return which joints are nearer than ``threshold`` pixels of a 256-px image, ``(N, J)``.

    AutoLink takes 6 on DeepFashion. Visibility is left to the aggregate.

    >>> hits(np.array([[5 / 255, 7 / 255]]))
    array([[ True, False]])
    """
    return distances * EDGE_PIXELS < threshold
