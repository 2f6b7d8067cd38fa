"""The three files of a frame of simplified Human3.6M, read as untrusted."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.h36m.files import IMAGES, LANDMARKS, MASKS, Frame
from dkp_bench.datasets.masks import coding, on_figure, two_levels
from dkp_bench.datasets.mat_file import read_matrix
from dkp_bench.imaging import read_grey, read_rgb
from dkp_bench.progress import Progress

SIDE = 128
"""Of the published images and masks, in pixels."""
JOINTS = 32
VARIABLE = "keypoints_2d"
LOWEST, HIGHEST = -1.0, 2.0
"""The image is 0 … 1; a joint may lie outside it, but one this far out means that the file is damaged."""
BATCH = 512
"""Frames read between two reports of progress."""


class Content(NamedTuple):
    """The content of a frame's files.

    Attributes:
        joints: ``(32, 2)`` float32 (x, y) in [−1, 1]; None if they could not be read.
        figure: share of the image that the mask covers; NaN if it could not be read.
        coding: the two values that the mask was stored with; empty if it could not be read.
        hits: how many of the joints lie on the figure, and how many would with x and y exchanged; None if a part of it
            could not be read.
        digest: SHA-256 of the joints and of the bytes of image and mask.
        problems: for each part that could not be read the file's name and why.
    """

    joints: NDArray[np.float32] | None
    figure: float
    coding: str
    hits: tuple[int, int] | None
    digest: bytes
    problems: dict[str, str]


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read the image, ``(128, 128, 3)`` RGB.

    Raises:
        ValueError: if it is damaged or of another size; the message says how.
        OSError: if there is no such file.
    """
    return _of_published_size(read_rgb(path))


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Read the mask, ``(128, 128)``, 255 on the person and 0 beside it; what lies between is partly covered.

    The two values that it was stored with become 0 and 255; a mask of a single colour is all figure or none.

    Raises:
        ValueError: if it is damaged, of another size or grey; the message says how.
        OSError: if there is no such file.
    """
    return _mask_of(_read_grey(path))


def read_landmarks(path: Path) -> NDArray[np.float32]:
    """Read the 32 joints, ``(32, 2)`` (x, y) in [−1, 1].

    AutoLink reads them as float32 and compares a keypoint v in [−1, 1] with them as v · 0.5 + 0.5 (official code,
    datasets/h36m.py); KeypointGAN and BKinD swap the file's (y, x).

    Raises:
        ValueError: if the file cannot be read or holds something else; the message says what.
        OSError: if there is no such file.
    """
    table = read_matrix(path, VARIABLE, (JOINTS, 2))
    wrong = ~((table >= LOWEST) & (table <= HIGHEST))
    if wrong.any():
        joint, axis = np.argwhere(wrong)[0]
        raise ValueError(f"joint {joint} has {'yx'[axis]} = {table[joint, axis]}, and the image reaches from 0 to 1")
    return 2 * table[:, ::-1].astype(np.float32) - 1


def read_frames(
    root: Path, parts: Mapping[Frame, Collection[str]], what: str, progress: Progress | None = None
) -> Iterator[Content]:
    """Read parts of frames on several threads, in order.

    Args:
        root: the dataset's folder.
        parts: of each frame those to read.
        what: is done, for the progress.
        progress: called with how far the work is.
    """
    frames = list(parts)
    for start in range(0, len(frames), BATCH):
        batch = frames[start : start + BATCH]
        yield from in_threads(lambda frame: read_frame(root, frame, parts[frame]), batch)
        if progress is not None:
            progress(what, start + len(batch), len(frames))


def read_frame(root: Path, frame: Frame, parts: Collection[str]) -> Content:
    """Read parts of a frame; what is wrong with one is noted, and the others are read all the same."""
    found: dict[str, NDArray[Any]] = {}
    problems: dict[str, str] = {}
    stored = ""
    for part in parts:
        try:
            found[part] = READERS[part](root / frame.file(part))
            if part == MASKS:
                stored, found[part] = coding(found[part]), _mask_of(found[part])
        except (ValueError, OSError) as error:
            problems[part] = f"{frame.file(part)}: {error}"
    found = {part: found[part] for part in found if part not in problems}
    digest = hashlib.sha256()
    for part in found:
        content = found[part].tobytes() if part == LANDMARKS else (root / frame.file(part)).read_bytes()
        digest.update(hashlib.sha256(content).digest())
    joints, mask = found.get(LANDMARKS), found.get(MASKS)
    figure = float(mask.mean() / 255) if mask is not None else float("nan")
    hits = None if joints is None or mask is None else _hits(mask, joints)
    return Content(joints, figure, stored, hits, digest.digest(), problems)


def without_background(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Replace the image by mid-grey where the mask is 0: 127.5 + (rgb − 127.5) · mask / 255, halves rounded up.

    AutoLink multiplies the image, scaled to [−1, 1], by the mask, scaled to [0, 1] (official code,
    datasets/h36m_wobg.py), so the background is 0 there.

    Args:
        rgb: ``(H, W, 3)``.
        mask: ``(H, W)``, 255 on the figure.
    """
    numerator = 255 * 255 + (2 * rgb.astype(np.int32) - 255) * mask[..., None]
    return np.asarray((numerator + 255) // 510, dtype=np.uint8)


def far_background(depth: NDArray[np.float32], mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Set a depth map, estimated with the background, to its farthest value where the mask is 0.

    Args:
        depth: ``(H, W)`` relative inverse depth, near is large.
        mask: ``(H, W)``, 255 on the figure.
    """
    figure = mask / np.float32(255)
    return np.asarray(depth * figure + depth.min() * (1 - figure), dtype=np.float32)


def _of_published_size(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[:2] != (SIDE, SIDE):
        raise ValueError(f"it is {picture.shape[1]}×{picture.shape[0]} pixels, not {SIDE}×{SIDE}")
    return picture


def _read_grey(path: Path) -> NDArray[np.uint8]:
    return _of_published_size(read_grey(path))


def _mask_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    plain = grey.min() == grey.max()
    return np.full_like(grey, 255 if grey.max() else 0) if plain else two_levels(grey)


def _hits(mask: NDArray[np.uint8], joints: NDArray[np.float32]) -> tuple[int, int]:
    """Count the joints on the person, and those that would be with x and y exchanged."""
    every = np.ones(len(joints), dtype=np.bool_)
    direct, exchanged = (int(on_figure(mask, points, every).sum()) for points in (joints, joints[:, ::-1]))
    return direct, exchanged


READERS: dict[str, Callable[[Path], NDArray[Any]]] = {
    IMAGES: read_image,
    MASKS: _read_grey,
    LANDMARKS: read_landmarks,
}
