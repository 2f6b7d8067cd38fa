"""What is scored: the predicted keypoints of a split's images beside the labels of those images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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
        mask: ``(N, H, H)`` bool, true on the figure; None where there is none.

    Raises:
        DkpError: if an array has the wrong shape or type, or a keypoint or visible joint is not a finite coordinate;
            it names the array and the first offending index.
    """

    keypoints: Floats
    joints: Floats
    visible: Bools
    mask: Bools | None = None

    def __post_init__(self) -> None:
        keypoints, joints = _coordinates("keypoints", self.keypoints), _coordinates("joints", self.joints)
        count = len(keypoints)
        if len(joints) != count:
            raise DkpError(f"{count} images have keypoints, {len(joints)} have joints: they must be the same images")
        visible = _flags("visible", self.visible, joints.shape[:2])
        _check_reach("keypoints", keypoints, np.ones(keypoints.shape[:2], dtype=np.bool_))
        _check_reach("joints", joints, visible)
        blind = np.flatnonzero(~visible.any(axis=1))
        if len(blind):
            raise DkpError(f"image {blind[0]} has no visible joint", "leave such images out of the split")
        if self.mask is not None:
            side = self.mask.shape[-1] if self.mask.ndim == 3 else 0
            object.__setattr__(self, "mask", _flags("mask", self.mask, (count, side, side)))
        object.__setattr__(self, "keypoints", keypoints)
        object.__setattr__(self, "joints", np.where(visible[..., None], joints, 0.0))
        object.__setattr__(self, "visible", visible)

    def __len__(self) -> int:
        return len(self.keypoints)


def to_unit(coordinates: Floats) -> Floats:
    """[−1, 1] to [0, 1]: 0 and 1 are the centres of the corner pixels, so 1 unit is the image edge, size − 1 pixels."""
    return (coordinates + 1) / 2


def _coordinates(name: str, values: NDArray[np.generic]) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise DkpError(f"{name} must be numbers, not {array.dtype}")
    if array.ndim != 3 or array.shape[2] != 2 or 0 in array.shape:
        raise DkpError(f"{name} must have shape (images, points, 2) and none of them 0, not {array.shape}")
    return array.astype(np.float64, copy=False)


def _flags(name: str, values: NDArray[np.generic], shape: tuple[int, ...]) -> Bools:
    array = np.asarray(values)
    if array.dtype != np.bool_:
        raise DkpError(f"{name} must be boolean, not {array.dtype}")
    if array.shape != shape or 0 in shape:
        raise DkpError(f"{name} must have shape {shape}, not {array.shape}")
    return array.astype(np.bool_, copy=False)


def _check_reach(name: str, points: Floats, counted: Bools) -> None:
    wrong = np.argwhere(counted & ~(np.abs(points) <= FARTHEST).all(axis=2))
    if len(wrong):
        image, point = wrong[0]
        x, y = points[image, point]
        raise DkpError(
            f"{name}[{image}, {point}] is ({x:g}, {y:g}): not a position in or near the image",
            f"{len(wrong)} of {counted.sum()} points are like this; a detector that diverged gives such values",
        )
