"""The files of Leeds Sports Pose Extended as they were published, read with suspicion."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.index import listing_key
from dkp_bench.datasets.layout import instead
from dkp_bench.datasets.mat_file import read_table
from dkp_bench.errors import DkpError
from dkp_bench.pictures import SUFFIXES
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
    """What the published files say.

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
    """The files that are named as photographs of the dataset are, by name."""
    return {file.name: file for file in walk_photographs(folder).files if re.fullmatch(r"im\d{5}\.jpg", file.name)}


def walk_photographs(folder: Path) -> Walk:
    """List every picture beneath the folder of the photographs, also with other names; none if that is no folder."""
    return walk(folder / IMAGES, SUFFIXES) if (folder / IMAGES).is_dir() else Walk((), ())


def photograph_name(index: int) -> str:
    """What the photograph is called whose joints stand at ``index`` of the annotation."""
    return f"im{index + 1:05}.jpg"


def wrong_names(folder: Path, annotated: list[str], found: Iterable[str]) -> list[str]:
    """Annotations without photograph and photographs without annotation, each with what is wrong."""
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
        table = read_table(path, "joints", (JOINTS, 3, None))
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
