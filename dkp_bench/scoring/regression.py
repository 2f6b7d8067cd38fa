"""Linear regression from keypoints to annotated joints, which gives unsupervised keypoints their names.

    joint_j = Σ_f weight_fj · keypoint_f (+ intercept_j),  least squares over the images in which joint j is visible

where f runs over the 2K coordinates of the keypoints. Without an intercept the result depends on where the origin is,
so a protocol says which point of the image that is (AutoLink: a corner; StableKeypoints: the centre). Where the
keypoints do not determine the weights (a keypoint that never moves, fewer images than coordinates) the solution of
least norm is taken.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import Bools, Floats


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
        """Return joints ``(N, J, 2)`` from keypoints ``(N, K, 2)``, both in the coordinates of the fit."""
        return np.tensordot(features_of(keypoints, self.intercept), self.weights, axes=1)


class Regression:
    """Least squares on keypoints that stay while the labels change, as they do when left and right are swapped.

    The keypoints of all images are factorised only once; a joint that some images do not show costs a factorisation of
    those that do, which joints visible in the same images share.

    Args:
        keypoints: ``(N, K, 2)``.
        intercept: whether to fit one.
    """

    def __init__(self, keypoints: Floats, *, intercept: bool) -> None:
        self._features = features_of(keypoints, intercept)
        self._intercept = intercept

    def fit(self, joints: Floats, visible: Bools) -> LinearMap:
        """Return the map to ``joints``, ``(N, J, 2)``, over those ``visible``, ``(N, J)``; the others are not read.

        Raises:
            DkpError: if a joint is visible in none of the images.
        """
        unseen = np.flatnonzero(~visible.any(axis=0))
        if len(unseen):
            raise DkpError(
                f"joint {unseen[0]} is visible in none of the {len(joints)} images that the regression is fitted on",
                "fit on more images, or leave this joint out of the dataset's skeleton",
            )
        if visible.all():
            weights = self._all_images.solve(joints.reshape(len(joints), -1))
            return self._map(weights.reshape(-1, *joints.shape[1:]))
        weights = np.empty((self._features.shape[1], *joints.shape[1:]))
        patterns, pattern_of = np.unique(visible, axis=1, return_inverse=True)
        for pattern, images in enumerate(patterns.T):
            same = np.flatnonzero(pattern_of.ravel() == pattern)
            factors = self._all_images if images.all() else self._factorise(self._features[images])
            solution = factors.solve(joints[np.ix_(images, same)].reshape(images.sum(), -1))
            weights[:, same] = solution.reshape(-1, len(same), 2)
        return self._map(weights)

    @cached_property
    def _all_images(self) -> "Solver":
        return self._factorise(self._features)

    def _factorise(self, features: Floats) -> "Solver":
        return _Factors(features)

    def _map(self, weights: Floats) -> LinearMap:
        return LinearMap(weights, self._intercept)


def fit_linear(keypoints: Floats, joints: Floats, visible: Bools, *, intercept: bool) -> LinearMap:
    """Fit a regression once: :class:`Regression` and its ``fit``.

    A joint in the middle between two keypoints: both have the weight ½.

    >>> keypoints = np.random.default_rng(0).uniform(0, 1, (30, 2, 2))
    >>> joints = keypoints.mean(axis=1, keepdims=True)
    >>> fitted = fit_linear(keypoints, joints, np.ones((30, 1), dtype=bool), intercept=False)
    >>> fitted.weights.shape  # x and y of two keypoints, one joint, x and y
    (4, 1, 2)
    >>> np.abs(fitted.weights[:, 0]).round(6)
    array([[0.5, 0. ],
           [0. , 0.5],
           [0.5, 0. ],
           [0. , 0.5]])
    >>> fitted.predict(np.array([[[0.0, 0.0], [1.0, 0.5]]])).round(6)
    array([[[0.5 , 0.25]]])
    """
    return Regression(keypoints, intercept=intercept).fit(joints, visible)


class Solver(Protocol):
    """Least squares on one set of images, for any targets."""

    def solve(self, targets: Floats) -> Floats:
        """Return weights ``(F, T)`` for targets ``(N, T)``."""
        ...


class _Factors:
    """A design matrix X = QR, and the pseudo-inverse of R; singular values are cut off where ``lstsq`` does it."""

    def __init__(self, features: Floats) -> None:
        self._q, r = np.linalg.qr(features)
        self._inverse = np.linalg.pinv(r, rtol=np.finfo(np.float64).eps * max(features.shape))

    def solve(self, targets: Floats) -> Floats:
        """Return the weights of least norm among those of least squared error, ``(F, T)`` for targets ``(N, T)``."""
        return np.asarray(self._inverse @ (self._q.T @ targets))


def features_of(keypoints: Floats, intercept: bool) -> Floats:
    """Return the features: the 2K coordinates of each image, ``(N, 2K)``, then a column of ones for an intercept.

    >>> features_of(np.array([[[0.1, 0.2], [0.3, 0.4]]]), intercept=True)
    array([[0.1, 0.2, 0.3, 0.4, 1. ]])
    """
    flat = keypoints.reshape(len(keypoints), -1)
    return np.column_stack([flat, np.ones(len(flat))]) if intercept else flat
