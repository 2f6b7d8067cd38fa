"""Where joints and their labels stand when errors are drawn on a skeleton."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Labels

Floats = NDArray[np.float64]


def mean_pose(labels: Labels, pairs: Sequence[tuple[int, int]]) -> Floats:
    """The mean of all poses, ``(J, 2)`` as (x, y), y down: centred on 0, its larger side 2 long.

    A person seen from behind is mirrored first: else those who face us and those who do not would add up to a line. A
    joint that no image shows stands in the middle.

    Args:
        labels: ``(N, J, 2)`` joints and which are visible.
        pairs: the person's left and right joints, as indices, in this order (:func:`left_first`); in the mean they lie
            right and left, for the person faces us.
    """
    seen = labels.visible[..., None]
    joints = np.where(seen, labels.joints.astype(np.float64), 0.0)
    centred = np.where(seen, joints - joints.sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True), 0.0)
    if pairs:
        left, right = np.array(pairs).T
        both = labels.visible[:, left] & labels.visible[:, right]
        width = ((centred[:, left, 0] - centred[:, right, 0]) * both).sum(axis=1)
        centred[..., 0] *= np.where(width < 0, -1.0, 1.0)[:, None]
    pose = centred.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    low, high = pose.min(axis=0), pose.max(axis=0)
    side = float((high - low).max())
    return np.asarray((pose - (low + high) / 2) * (2 / side if side else 1.0))


def left_first(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs with the joint that has “right” in its name last; as they are where no name says it."""
    return [(b, a) if "right" in names[a] and "right" not in names[b] else (a, b) for a, b in pairs]


def label_heights(wanted: Floats, gap: float, low: float, high: float) -> Floats:
    """Heights near those wanted, ``(n,)``, in the same order, at least ``gap`` apart and between ``low`` and ``high``.

    Where ``high − low`` is too short for them, they are spread over it evenly.
    """
    count = len(wanted)
    order = np.argsort(wanted, kind="stable")
    room = min(gap, (high - low) / max(count - 1, 1))
    steps = room * np.arange(count)
    placed = np.maximum.accumulate(np.clip(wanted[order], low, high) - steps)
    placed = np.minimum(placed, high - room * (count - 1)) + steps
    heights = np.empty(count)
    heights[order] = placed
    return heights


def sides(pose: Floats) -> NDArray[np.bool_]:
    """Which joints have their label on the right, ``(J,)``: the half that lies further right."""
    right = np.zeros(len(pose), dtype=np.bool_)
    right[np.argsort(pose[:, 0], kind="stable")[(len(pose) + 1) // 2 :]] = True
    return right
