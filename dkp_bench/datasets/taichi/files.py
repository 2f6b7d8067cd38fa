"""The files of Taichi: where they lie, and what the landmarks say, read with suspicion."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.annotated import name_problem
from dkp_bench.datasets.masks import two_levels
from dkp_bench.datasets.taichi.table_pickle import read_table
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_grey

FRAMES = "train"
MASKS = "taichi-test-masks"
IMAGES = {"regression": "eval_images/taichi-256/train", "test": "eval_images/taichi-256/test"}
LANDMARKS = {"regression": "landmark/taichi_train_gt.pkl", "test": "landmark/taichi_test_gt.pkl"}
PARTS = (FRAMES, *IMAGES.values(), *LANDMARKS.values())
"""What the folder must hold."""
JOINTS = 18
EDGE = 255.0
"""Coordinates run from 0 to here, whatever the size of the image."""
MISSING = -1.0
"""Both coordinates of a joint that is missing."""
FIX = (
    "Take it again from the folder landmarks of https://github.com/AliaksandrSiarohin/motion-cosegmentation"
    " (commit 571e26f)."
)


@dataclass(frozen=True)
class Landmarks:
    """The rows of a file of landmarks.

    Attributes:
        names: file name of each image whose row is right.
        joints: ``(N, 18, 2)`` float64 (x, y) from 0 to 255; (−1, −1) where missing.
        wrong: what is wrong with each of the other rows.
    """

    names: list[str]
    joints: NDArray[np.float64]
    wrong: list[str]

    @property
    def visible(self) -> NDArray[np.bool_]:
        """``(N, 18)``: whether the joint is annotated."""
        return np.asarray((self.joints != MISSING).all(axis=-1))


def read_landmarks(path: Path) -> Landmarks:
    """Read a file of landmarks; what is wrong in a row is noted and the others are read all the same.

    Raises:
        DkpError: naming the file, if it cannot be read, is no table, or lacks a column.
    """
    table = read_table(path, FIX)
    if missing := sorted({"file_name", "value"}.difference(table)):
        raise DkpError(f"{path} has the columns {', '.join(sorted(table))}, but not {' and '.join(missing)}.", FIX)
    names, joints, wrong = [], [], []
    seen: set[object] = set()
    for number, (name, value) in enumerate(zip(table["file_name"], table["value"], strict=True)):
        if problem := name_problem(name):
            wrong.append(f"row {number:,}: {problem}")
        elif problem := "it names an image again" if name in seen else _problem(value):
            wrong.append(f"row {number:,} ({name}): {problem}")
        else:
            seen.add(name)
            names.append(name)
            joints.append(value)
    return Landmarks(names, np.array(joints, dtype=np.float64).reshape(-1, JOINTS, 2), wrong)


def all_landmarks(path: Path) -> Landmarks:
    """Read a file of landmarks that has to be right.

    Raises:
        DkpError: as :func:`read_landmarks`, and if a row is wrong or there is none.
    """
    found = read_landmarks(path)
    if found.wrong:
        total = len(found.wrong) + len(found.names)
        raise DkpError(f"{path}: {len(found.wrong):,} of {total:,} rows are wrong, the first: {found.wrong[0]}.", FIX)
    if not found.names:
        raise DkpError(f"{path} has no rows.", FIX)
    return found


def normalised(joints: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convert 0 … 255 to [−1, 1].

    AutoLink compares a keypoint v in [−1, 1] with a label as (v · 0.5 + 0.5) · 255 (official code at 3fbde11,
    datasets/taichi.py).
    """
    return np.asarray(2 * joints / EDGE - 1, dtype=np.float32)


def on_edge(joints: NDArray[np.float32], visible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which visible joints lie at x = 0 or y = 0: StableKeypoints' own code takes them for missing.

    Args:
        joints: ``(N, 18, 2)`` in [−1, 1].
        visible: ``(N, 18)``.
    """
    return np.asarray(visible & (joints == -1).any(axis=-1))


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Read a mask, ``(H, H)``, 255 on the person and 0 beside it; it may be stored with any two values.

    Raises:
        ValueError: if it is damaged, not square, of one colour or grey; the message says which.
        OSError: if there is no such file.
    """
    grey = read_grey(path)
    if grey.shape[0] != grey.shape[1]:
        raise ValueError(f"it is {grey.shape[1]}×{grey.shape[0]} pixels, not square")
    return np.asarray(255 * (two_levels(grey) > 127), dtype=np.uint8)


def _problem(value: object) -> str:
    """Return what is wrong with the joints of an image."""
    if not isinstance(value, np.ndarray) or value.shape != (JOINTS, 2):
        what = f"of the shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        return f"its value is {what}, not numbers of the shape ({JOINTS}, 2)"
    missing = value == MISSING
    outside = ~missing & ~((value >= 0) & (value <= EDGE))  # NaN is neither
    if outside.any():
        joint = int(np.argwhere(outside)[0][0])
        return f"joint {joint} lies at {_pair(value[joint])}, and the image reaches from 0 to 255"
    if (missing[:, 0] != missing[:, 1]).any():
        joint = int(np.flatnonzero(missing[:, 0] != missing[:, 1])[0])
        return f"joint {joint} lies at {_pair(value[joint])}, which is neither a place nor (-1, -1)"
    return ""


def _pair(point: NDArray[np.generic]) -> str:
    return f"({point[0]:g}, {point[1]:g})"
