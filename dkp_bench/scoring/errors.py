"""How far predicted joints lie from the annotated ones: statistics of each sample first, aggregates apart from them.

Everything here is in [0, 1] coordinates: 0 and 1 are the centres of the corner pixels. The *edge* of the image, which
errors are given in per cent of, is that span: size − 1 pixels. In a 256-px image it is 255 pixels.

An aggregate takes the statistics and the visibility of any selection of images, so a bootstrap resamples rows of the
statistics and never goes back to the regression.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dkp_bench.scoring.samples import Bools, Floats, Texts

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
    """

    predicted: Floats
    joints: Floats
    visible: Bools
    notes: dict[str, int] = field(default_factory=dict)
    groups: Mapping[str, Texts] = field(default_factory=dict)
    joint_indices: NDArray[np.intp] | None = None
    order: NDArray[np.intp] | None = None


def offsets(matched: Matched) -> Floats:
    """Predicted minus annotated position, ``(N, J, 2)`` in edges; 0 for a joint that is not visible."""
    return np.asarray(np.where(matched.visible[..., None], matched.predicted - matched.joints, 0.0))


def distances(matched: Matched) -> Floats:
    """L2 distance from prediction to label, ``(N, J)`` in edges; 0 for a joint that is not visible."""
    x, y = np.moveaxis(offsets(matched), -1, 0)
    return np.asarray(np.hypot(x, y))


def image_l2(distances: Floats, visible: Bools) -> Floats:
    """Mean L2 error of each image over its visible joints, ``(N,)`` in % of the edge."""
    return 100 * _mean(distances, visible, axis=1)


def l2_of_images(matched: Matched) -> Floats:
    """:func:`image_l2` of a protocol's result: what a swap is decided by, ``(N,)`` in % of the edge."""
    return image_l2(distances(matched), matched.visible)


def mean_l2(distances: Floats, visible: Bools) -> float:
    """Mean of the images' L2 errors, in % of the edge."""
    return float(image_l2(distances, visible).mean())


def joint_l2(distances: Floats, visible: Bools) -> Floats:
    """Mean L2 error of each joint over the images that show it, ``(J,)`` in % of the edge."""
    return 100 * _mean(distances, visible, axis=0)


def grouped_l2(distances: Floats, visible: Bools, groups: Texts) -> float:
    """Mean of the images' L2 errors in each group, ``(N,)`` text, then over the groups, in % of the edge."""
    _, group_of = np.unique(groups, return_inverse=True)
    return float((np.bincount(group_of, image_l2(distances, visible)) / np.bincount(group_of)).mean())


def grouped_joint_l2(distances: Floats, visible: Bools, groups: Texts) -> Floats:
    """Mean L2 error of each joint in each group that shows it, then over those groups, ``(J,)`` in % of the edge."""
    names, group_of = np.unique(groups, return_inverse=True)
    member = np.equal.outer(np.arange(len(names)), group_of).astype(np.float64)
    seen = member @ visible
    means = np.divide(member @ distances, seen, out=np.zeros_like(seen), where=seen > 0)
    return np.asarray(100 * means.mean(axis=0, where=seen > 0))


def summed_l2(distances: Floats) -> float:
    """Mean over the images of the L2 errors of all their visible joints together × 255 (StableKeypoints on Taichi)."""
    return float(joint_share_of_summed_l2(distances).sum())


def joint_share_of_summed_l2(distances: Floats) -> Floats:
    """What each joint adds to :func:`summed_l2`, ``(J,)`` × 255: an image that does not show it adds nothing."""
    return np.asarray(EDGE_PIXELS * distances.mean(axis=0))


def hits(distances: Floats, threshold: float = 6.0) -> Bools:
    """Joints nearer than ``threshold`` pixels of a 256-px image (AutoLink on DeepFashion: 6), ``(N, J)``.

    Whether a joint is visible is left to the aggregate.
    """
    return distances * EDGE_PIXELS < threshold


def pck(hits: Bools, visible: Bools) -> float:
    """Percentage of correct keypoints: the share of all visible joints that are hit, in %."""
    return float(100 * hits.mean(where=visible))


def joint_pck(hits: Bools, visible: Bools) -> Floats:
    """Share of its visible images in which each joint is hit, ``(J,)`` in %."""
    return 100 * _mean(hits, visible, axis=0)


def joint_mae(offsets: Floats, visible: Bools) -> Floats:
    """Mean absolute error in x plus that in y of each joint over the images that show it, ``(J,)`` × 255."""
    return EDGE_PIXELS * _mean(np.abs(offsets).sum(axis=2), visible, axis=0)


def summed_mae(offsets: Floats, visible: Bools) -> float:
    """Sum over the 2J coordinates of the mean absolute error × 255 (AutoLink and others on Taichi)."""
    return float(joint_mae(offsets, visible).sum())


def _mean(values: Floats | Bools, visible: Bools, axis: int) -> Floats:
    return np.asarray(values.mean(axis=axis, where=visible))
