"""The input of scoring: the predicted keypoints of a split's images beside the labels of those images."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]

FARTHEST = 1e6
"""Coordinates beyond this (the image ends at 1) can only come from a detector that diverged or a damaged file."""


@dataclass(frozen=True, eq=False)
class LabelledKeypoints:
    """Predicted keypoints and ground truth of the same N images, checked and held in float64.

    Attributes:
        keypoints: ``(N, K, 2)`` predictions, (x, y) in [−1, 1]; outside the image is allowed.
        joints: ``(N, J, 2)`` annotated joints, (x, y) in [−1, 1]; what is stored for a joint that is not visible means
            nothing (NaN is allowed) and is replaced by 0.
        visible: ``(N, J)`` bool, at least one joint an image.
        mask: ``(N, H, H)`` bool, true on the figure; None where there is none. A memory-mapped array stays one.
        groups: ``(N,)`` text by name: what some protocols split or average by (``subject``, ``action``).

    Raises:
        DkpError: if an array has the wrong shape or type, or a keypoint or visible joint is not a finite coordinate;
            it names the array and the first offending index.

    Two images with one keypoint and two joints each; the second joint of the second image is not visible:

    >>> images = LabelledKeypoints(
    ...     keypoints=np.zeros((2, 1, 2)),
    ...     joints=np.array([[[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [np.nan, np.nan]]]),
    ...     visible=np.array([[True, True], [True, False]]),
    ... )
    >>> len(images), images.joints[1, 1]
    (2, array([0., 0.]))
    """

    keypoints: Floats
    joints: Floats
    visible: Bools
    mask: Bools | None = None
    groups: Mapping[str, Texts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keypoints, joints = _coordinates("keypoints", self.keypoints), _coordinates("joints", self.joints)
        count = len(keypoints)
        if len(joints) != count:
            raise DkpError(f"{count} images have keypoints, {len(joints)} have joints: they must be the same images")
        _check_flags("visible", self.visible, joints.shape[:2])
        _check_reach("keypoints", keypoints, np.ones(keypoints.shape[:2], dtype=np.bool_))
        _check_reach("joints", joints, self.visible)
        blind = np.flatnonzero(~self.visible.any(axis=1))
        if len(blind):
            raise DkpError(f"image {blind[0]} has no visible joint", "leave such images out of the split")
        if self.mask is not None:
            side = self.mask.shape[-1] if self.mask.ndim == 3 else 0
            _check_flags("mask", self.mask, (count, side, side))
        for name, group in self.groups.items():
            if group.dtype.kind != "U" or group.shape != (count,):
                raise DkpError(f"group {name!r} must be text of shape ({count},), not {group.dtype} {group.shape}")
        object.__setattr__(self, "keypoints", keypoints)
        object.__setattr__(self, "joints", np.where(self.visible[..., None], joints, 0.0))

    def __len__(self) -> int:
        return len(self.keypoints)

    def take(self, images: Bools) -> "LabelledKeypoints":
        """Return the images where ``images``, ``(N,)``, is true; without masks, which no regression needs."""
        groups = {name: group[images] for name, group in self.groups.items()}
        return LabelledKeypoints(self.keypoints[images], self.joints[images], self.visible[images], groups=groups)


def join(first: LabelledKeypoints, second: LabelledKeypoints) -> LabelledKeypoints:
    """Return the images of both, in this order, with the groups that both have; without masks.

    >>> one = LabelledKeypoints(np.zeros((2, 1, 2)), np.zeros((2, 3, 2)), np.ones((2, 3), dtype=bool))
    >>> len(join(one, one))
    4
    """
    return LabelledKeypoints(
        np.concatenate([first.keypoints, second.keypoints]),
        np.concatenate([first.joints, second.joints]),
        np.concatenate([first.visible, second.visible]),
        groups={
            name: np.concatenate([group, second.groups[name]])
            for name, group in first.groups.items()
            if name in second.groups
        },
    )


def to_unit(coordinates: Floats) -> Floats:
    """Convert [−1, 1] to [0, 1], where one unit is the edge: size − 1 pixels, from corner centre to corner centre.

    >>> to_unit(np.array([-1.0, 0.0, 1.0]))
    array([0. , 0.5, 1. ])
    """
    return (coordinates + 1) / 2


def _coordinates(name: str, values: NDArray[np.generic]) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise DkpError(f"{name} must be numbers, not {array.dtype}")
    if array.ndim != 3 or array.shape[2] != 2 or 0 in array.shape:
        raise DkpError(f"{name} must have shape (images, points, 2) and none of them 0, not {array.shape}")
    return array.astype(np.float64, copy=False)


def _check_flags(name: str, array: Bools, shape: tuple[int, ...]) -> None:
    if array.dtype != np.bool_:
        raise DkpError(f"{name} must be boolean, not {array.dtype}")
    if array.shape != shape or 0 in shape:
        raise DkpError(f"{name} must have shape {shape}, not {array.shape}")


def _check_reach(name: str, points: Floats, counted: Bools) -> None:
    wrong = np.argwhere(counted & ~(np.abs(points) <= FARTHEST).all(axis=2))
    if len(wrong):
        image, point = wrong[0]
        x, y = points[image, point]
        raise DkpError(
            f"{name}[{image}, {point}] is ({x:g}, {y:g}): not a position in or near the image",
            f"{len(wrong)} of {counted.sum()} points are like this; a detector that diverged gives such values",
        )
