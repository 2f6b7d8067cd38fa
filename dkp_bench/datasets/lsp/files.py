"""The files of Leeds Sports Pose Extended as they were published, read as untrusted."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.downloaded import listed
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.index import listing_key
from dkp_bench.datasets.layout import instead
from dkp_bench.datasets.mat_file import read_matrix
from dkp_bench.errors import DkpError
from dkp_bench.imaging import SUFFIXES, Square, central_square, crop, normalise, read_rgb, square_around
from dkp_bench.progress import Progress
from dkp_bench.walk import Listed, Walk, walk

IMAGES = "images"
JOINTS = 14
FARTHEST = 4_000.0
"""A visible joint farther out than this, in pixels, means that the file is damaged: the images have up to 1,200."""

SKELETON = Skeleton(
    names=(
        *("right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle"),
        *("right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist"),
        *("neck", "head top"),
    ),
    pairs=((0, 5), (1, 4), (2, 3), (6, 11), (7, 10), (8, 9)),
    bones=(
        *((13, 12), (12, 8), (8, 7), (7, 6), (12, 9), (9, 10), (10, 11)),
        *((12, 2), (2, 1), (1, 0), (12, 3), (3, 4), (4, 5)),
    ),
)


@dataclass(frozen=True)
class LspFiles:
    """The content of the published files.

    Attributes:
        photographs: one path an image, in the order of the annotation.
        joints: ``(N, 14, 2)`` float64 (x, y) in pixels of the photograph; meaningless where not visible.
        visible: ``(N, 14)`` bool.
        key: sixteen hexadecimal digits that change when a file does (``joints.mat`` by its bytes, the photographs by
            name, size and time).
    """

    photographs: list[Path]
    joints: NDArray[np.float64]
    visible: NDArray[np.bool_]
    key: str


def read_files(folder: Path) -> LspFiles:
    """Read the annotation and list the photographs.

    Args:
        folder: with both.

    Raises:
        DkpError: if a file is missing or damaged, or photographs and annotation do not belong together.
    """
    joints, visible = read_joints(folder / "joints.mat")
    found = list_photographs(folder)
    names = [photograph_name(index) for index in range(len(joints))]
    if wrong := wrong_names(folder, names, found):
        problem = f"lsp: photographs and annotation in {folder} do not belong together: {wrong[0]}"
        more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise DkpError(f"{problem}{more}.", "Both must come from the same archive; unpack it again.")
    key = listing_key(found.values(), hashlib.sha256((folder / "joints.mat").read_bytes()).hexdigest())
    return LspFiles([folder / IMAGES / name for name in names], joints, visible, key)


def list_photographs(folder: Path) -> dict[str, Listed]:
    """List the files that are named as photographs of the dataset are, by name."""
    return {file.name: file for file in walk_photographs(folder).files if re.fullmatch(r"im\d{5}\.jpg", file.name)}


def walk_photographs(folder: Path) -> Walk:
    """List every picture beneath the folder of the photographs, also with other names; none if that is no folder."""
    return walk(folder / IMAGES, SUFFIXES) if (folder / IMAGES).is_dir() else Walk((), ())


def photograph_name(index: int) -> str:
    """Return the name of the photograph whose joints stand at ``index`` of the annotation."""
    return f"im{index + 1:05}.jpg"


def wrong_names(folder: Path, annotated: list[str], found: Iterable[str]) -> list[str]:
    """Return annotations without photograph and photographs without annotation, each with what is wrong."""
    there = set(found)
    absent = [name for name in annotated if name not in there]
    pictures = [file.name for file in walk_photographs(folder).files] if absent else []
    near = instead(folder / IMAGES, absent, pictures)
    return [
        *(f"{name} is annotated and absent{what}" for name, what in zip(absent, near, strict=True)),
        *(f"{name} is not annotated" for name in sorted(there.difference(annotated))),
    ]


def read_joints(path: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read ``joints.mat``: the variable ``joints``, 14 × (x, y, visible) × N.

    Where the factor that a photograph was shrunk by can be recovered from its joints, x and y are whole multiples of
    it, and a visible joint at y = 0 occurs: they are measured from the photograph's corner, not from MATLAB's (1, 1).
    The published README has the joints' order.

    Returns:
        Joints ``(N, 14, 2)`` in pixels and visibility ``(N, 14)``.

    Raises:
        DkpError: if the file cannot be read or holds something else.
    """
    hint = "Unpack the published archive again; see http://sam.johnson.io/research/lspet.html"
    try:
        table = read_matrix(path, "joints", (JOINTS, 3, None))
    except (ValueError, OSError) as error:
        raise DkpError(f"{path} cannot be read: {error}", hint) from error
    table = table.astype(np.float64).transpose(2, 0, 1)
    joints, flags = table[..., :2], table[..., 2]
    if not np.isin(flags, (0, 1)).all():
        raise DkpError(f"{path}: a visibility is neither 0 nor 1.", hint)
    visible = flags == 1
    wrong = visible & ~(np.abs(joints) <= FARTHEST).all(axis=-1)
    if wrong.any():
        image, joint = np.argwhere(wrong)[0]
        raise DkpError(f"{path}: joint {joint + 1} of im{image + 1:05}.jpg lies at {joints[image, joint]}.", hint)
    return joints, visible


ENLARGE = 1.25
"""Side of the crop over the longer side of the visible joints' box: hands, feet and hair lie beyond the joints."""
LEAST_SIDE = 64
"""Side of the smallest crop in pixels of the photograph, where people are about 150 pixels long."""


class _Cropped(NamedTuple):
    """A part of a photograph, its pixels, the photograph's width and height, and what is wrong with it, if anything."""

    square: Square
    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    problem: str


def crop_all(files: LspFiles, size: int, fix: str, progress: Progress | None = None) -> dict[str, NDArray[Any]]:
    """Crop every photograph around its person, or in the middle where no joint is visible.

    Args:
        files: of the dataset.
        size: side of the crops in pixels.
        fix: what to do about damaged photographs.
        progress: called with how far the work is.

    Returns:
        ``crops`` ``(N, size, size, 3)`` uint8; ``joints`` ``(N, 14, 2)`` float32, normalised; ``visible`` ``(N, 14)``
        bool; ``squares`` ``(N, 3)`` int64: left, top and side of each crop in pixels of its photograph; ``sizes``
        ``(N, 2)`` float64: width and height of the photographs.

    Raises:
        DkpError: if photographs are damaged, naming them.
    """
    total = len(files.photographs)
    crops = np.empty((total, size, size, 3), dtype=np.uint8)
    joints = np.zeros((total, files.joints.shape[1], 2), dtype=np.float32)
    squares, sizes = np.empty((total, 3), dtype=np.int64), np.ones((total, 2))
    damaged = []
    for index, cropped in enumerate(in_threads(lambda i: _crop(files, i, size), range(total))):
        if cropped.problem:
            damaged.append(f"{files.photographs[index].name} ({cropped.problem})")
        else:
            shown, square = files.visible[index], cropped.square
            crops[index], sizes[index] = cropped.pixels, cropped.size
            squares[index] = square.left, square.top, square.side
            joints[index, shown] = normalise(files.joints[index, shown], square, size)
        if progress:
            progress(f"lsp: crops of {size} px", index + 1, total)
    if damaged:
        where = files.photographs[0].parent
        raise DkpError(f"lsp: {len(damaged)} of {total} photographs in {where} are damaged: {listed(damaged)}.", fix)
    return {"crops": crops, "joints": joints, "visible": files.visible, "squares": squares, "sizes": sizes}


def _crop(files: LspFiles, index: int, size: int) -> _Cropped:
    try:
        photograph = read_rgb(files.photographs[index])
    except (ValueError, OSError) as error:
        return _Cropped(Square(0, 0, 1), np.empty(0, dtype=np.uint8), (1, 1), str(error))
    points = files.joints[index, files.visible[index]]
    height, width = photograph.shape[:2]
    square = square_around(points, ENLARGE, LEAST_SIDE) if len(points) else central_square(width, height)
    return _Cropped(square, crop(photograph, square, size), (width, height), "")
