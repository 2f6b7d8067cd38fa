"""Scores as sums over images: resampling images adds rows up and never goes back to the regression.

The number is the sum over columns of Σ numerators / Σ denominators, both over the images. Most numbers have one column;
one that adds up means over different images (a mean for each joint, for each action) has a column for each.

Everything takes statistics of each sample from :mod:`dkp_bench.scoring.distances`: distances ``(N, J)`` in edges, hits
``(N, J)``, offsets ``(N, J, 2)`` in edges, and which joints are visible, ``(N, J)``.
"""

from dataclasses import dataclass

import numpy as np

from dkp_bench.scoring.distances import EDGE_PIXELS, image_l2
from dkp_bench.scoring.labelled import Bools, Floats, Texts


@dataclass(frozen=True, eq=False)
class Sums:
    """Parts of a number, one row an image; scale and unit are in the numerators.

    Attributes:
        numerators: ``(N, C)``.
        denominators: ``(N, C)``, none negative.

    A share of joints: 1 of 2 in the first image, 3 of 3 in the second:

    >>> sums = Sums(np.array([[1.0], [3.0]]), np.array([[2.0], [3.0]]))
    >>> sums.value, sums.contributions, sums.influence.round(3)
    (0.8, array([0.2, 0.6]), array([-0.12,  0.12]))
    """

    numerators: Floats
    denominators: Floats

    def __post_init__(self) -> None:
        if self.numerators.ndim != 2 or self.numerators.shape != self.denominators.shape:
            raise ValueError(f"numerators {self.numerators.shape} and denominators {self.denominators.shape}")

    def __len__(self) -> int:
        return len(self.numerators)

    @property
    def value(self) -> float:
        """The number over all images; nan where a column has no image."""
        return float(self._ratios.sum())

    @property
    def contributions(self) -> Floats:
        """Contribution of each image to :attr:`value`, ``(N,)``; they add up to it."""
        return np.asarray((self.numerators / self.denominators.sum(axis=0)).sum(axis=1))

    @property
    def influence(self) -> Floats:
        """Pull of each image on :attr:`value`, ``(N,)``, up or down, to first order; they add up to 0."""
        deviations = self.numerators - self._ratios * self.denominators
        return np.asarray((deviations / self.denominators.sum(axis=0)).sum(axis=1))

    @property
    def _ratios(self) -> Floats:
        totals = self.denominators.sum(axis=0)
        ratios = np.full(totals.shape, np.nan)
        np.divide(self.numerators.sum(axis=0), totals, out=ratios, where=totals > 0)
        return ratios

    def scaled(self, factor: float) -> "Sums":
        """Return the same number, ``factor`` times as large."""
        return Sums(factor * self.numerators, self.denominators)


def mean_of_images(values: Floats) -> Sums:
    """Return the mean of one value an image, ``(N,)``.

    >>> mean_of_images(np.array([1.0, 2.0, 6.0])).value
    3.0
    """
    return Sums(values[:, None], np.ones((len(values), 1)))


def mean_l2(distances: Floats, visible: Bools) -> Sums:
    """Return the mean of the images' L2 errors, in % of the edge.

    >>> mean_l2(np.array([[0.1, 0.3], [0.5, 0.0]]), np.array([[True, True], [True, False]])).value  # of 20 and 50
    35.0
    """
    return mean_of_images(image_l2(distances, visible))


def joint_l2(distances: Floats, visible: Bools) -> tuple[Sums, ...]:
    """Return the mean L2 error of each joint over the images that show it, in % of the edge.

    >>> joints = joint_l2(np.array([[0.1, 0.3], [0.5, 0.0]]), np.array([[True, True], [True, False]]))
    >>> [joint.value for joint in joints]
    [30.0, 30.0]
    """
    return _means_of_joints(100 * distances, visible)


def grouped_l2(distances: Floats, visible: Bools, groups: Texts) -> Sums:
    """Return the mean of the images' L2 errors in each group, ``(N,)`` text, then over the groups, in % of the edge.

    >>> distances, visible = np.array([[0.1], [0.2], [0.5]]), np.ones((3, 1), dtype=bool)
    >>> round(grouped_l2(distances, visible, np.array(["walk", "walk", "sit"])).value, 6)  # of 15 and 50
    32.5
    """
    member = _members(groups)
    return Sums(member * (image_l2(distances, visible) / member.shape[1])[:, None], member)


def grouped_joint_l2(distances: Floats, visible: Bools, groups: Texts) -> tuple[Sums, ...]:
    """Return the mean L2 error of each joint in each group that shows it, then over those groups, in % of the edge.

    >>> distances, visible = np.array([[0.1, 0.3], [0.5, 0.0]]), np.array([[True, True], [True, False]])
    >>> [joint.value for joint in grouped_joint_l2(distances, visible, np.array(["walk", "sit"]))]
    [30.0, 30.0]
    """
    member = _members(groups)
    each = []
    for joint, seen in enumerate(visible.T):
        shown = member * seen[:, None]
        shown = shown[:, shown.any(axis=0)]
        each.append(Sums(shown * (100 * distances[:, joint] / shown.shape[1])[:, None], shown))
    return tuple(each)


def summed_l2(distances: Floats) -> Sums:
    """Return the mean over the images of the L2 errors of all their visible joints together × 255.

    StableKeypoints reports this on Taichi.

    >>> summed_l2(np.array([[0.5, 0.5], [1.0, 2.0]])).value  # 255 · (1 + 3) / 2
    510.0
    """
    return mean_of_images(EDGE_PIXELS * distances.sum(axis=1))


def joint_share_of_summed_l2(distances: Floats) -> tuple[Sums, ...]:
    """Return what each joint adds to :func:`summed_l2`, × 255: an image that does not show it adds nothing.

    >>> [joint.value for joint in joint_share_of_summed_l2(np.array([[0.5, 0.5], [1.0, 2.0]]))]
    [191.25, 318.75]
    """
    return tuple(mean_of_images(EDGE_PIXELS * joint) for joint in distances.T)


def pck(hits: Bools, visible: Bools) -> Sums:
    """Return the percentage of correct keypoints: the share of all visible joints that are hit, in %.

    >>> hits, visible = np.array([[True, False], [True, True]]), np.array([[True, True], [False, True]])
    >>> round(pck(hits, visible).value, 3)  # 2 of 3
    66.667
    """
    correct, seen = (hits & visible).sum(axis=1), visible.sum(axis=1)
    return Sums(100.0 * correct[:, None], seen[:, None].astype(np.float64))


def joint_pck(hits: Bools, visible: Bools) -> tuple[Sums, ...]:
    """Return the share of its visible images in which each joint is hit, in %.

    >>> joints = joint_pck(np.array([[True, False], [True, True]]), np.array([[True, True], [True, False]]))
    >>> [joint.value for joint in joints]
    [100.0, 0.0]
    """
    return _means_of_joints(np.where(hits, 100.0, 0.0), visible)


def summed_mae(offsets: Floats, visible: Bools) -> Sums:
    """Return the sum over the 2J coordinates of the mean absolute error × 255 (AutoLink and others on Taichi).

    >>> offsets = np.array([[[0.25, -0.5]], [[0.25, 0.0]]])  # two images, one joint
    >>> summed_mae(offsets, np.array([[True], [True]])).value  # 255 · (0.25 + 0.25)
    127.5
    """
    return Sums(_absolute_errors(offsets) * visible, visible.astype(np.float64))


def joint_mae(offsets: Floats, visible: Bools) -> tuple[Sums, ...]:
    """Return the mean absolute error in x plus that in y of each joint over the images that show it, × 255.

    >>> offsets = np.array([[[0.25, -0.5]], [[0.25, 0.0]]])
    >>> [joint.value for joint in joint_mae(offsets, np.array([[True], [False]]))]  # 255 · 0.75
    [191.25]
    """
    return _means_of_joints(_absolute_errors(offsets), visible)


def _absolute_errors(offsets: Floats) -> Floats:
    return np.asarray(EDGE_PIXELS * np.abs(offsets).sum(axis=2))


def _means_of_joints(values: Floats, visible: Bools) -> tuple[Sums, ...]:
    """Return the mean of each column over the images that show the joint."""
    seen = visible.astype(np.float64)
    return tuple(Sums((values * seen)[:, [joint]], seen[:, [joint]]) for joint in range(visible.shape[1]))


def _members(groups: Texts) -> Floats:
    """Return 1 where an image is of a group, else 0, ``(N, groups)``."""
    return np.asarray(np.equal.outer(groups, np.unique(groups)), dtype=np.float64)
