"""Linear regression from keypoints to annotated joints: what gives unsupervised keypoints their names.

    joint_j = Σ_f weight_fj · keypoint_f (+ intercept_j),  least squares over the images in which joint j is visible

where f runs over the 2K coordinates of the keypoints. Without an intercept the result depends on where the origin is,
so a protocol says which coordinates it regresses (AutoLink: [0, 1]). Where the keypoints do not determine the weights
(a keypoint that never moves, fewer images than coordinates) the solution of least norm is taken.

Source: AutoLink's evaluation code (``regress_kp`` in datasets/h36m.py, taichi.py, deepfashion.py).
"""

from dataclasses import dataclass

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.scoring.samples import Bools, Floats


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A fitted regression.

    Attributes:
        weights: ``(2K, J, 2)``, or ``(2K + 1, J, 2)`` with the intercept last.
        intercept: whether there is one.
    """

    weights: Floats
    intercept: bool

    def predict(self, keypoints: Floats) -> Floats:
        """Joints ``(N, J, 2)`` from keypoints ``(N, K, 2)``, both in the coordinates of the fit."""
        return np.tensordot(_features(keypoints, self.intercept), self.weights, axes=1)


def fit_linear(keypoints: Floats, joints: Floats, visible: Bools, *, intercept: bool) -> LinearMap:
    """Least squares over the visible joints; joints that are visible in the same images share one solve.

    Args:
        keypoints: ``(N, K, 2)``.
        joints: ``(N, J, 2)``; joints that are not visible are not read.
        visible: ``(N, J)``.
        intercept: whether to fit one.

    Raises:
        DkpError: if a joint is visible in none of the images.
    """
    unseen = np.flatnonzero(~visible.any(axis=0))
    if len(unseen):
        raise DkpError(
            f"joint {unseen[0]} is visible in none of the {len(joints)} images that the regression is fitted on",
            "fit on more images, or leave this joint out of the dataset's skeleton",
        )
    features = _features(keypoints, intercept)
    weights = np.empty((features.shape[1], *joints.shape[1:]))
    patterns, pattern_of = np.unique(visible, axis=1, return_inverse=True)
    for pattern, images in enumerate(patterns.T):
        same = np.flatnonzero(pattern_of.ravel() == pattern)
        targets = joints[np.ix_(images, same)].reshape(images.sum(), -1)
        solution = np.linalg.lstsq(features[images], targets, rcond=None)[0]
        weights[:, same] = solution.reshape(-1, len(same), 2)
    return LinearMap(weights, intercept)


def _features(keypoints: Floats, intercept: bool) -> Floats:
    flat = keypoints.reshape(len(keypoints), -1)
    return np.column_stack([flat, np.ones(len(flat))]) if intercept else flat
