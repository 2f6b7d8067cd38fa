"""The files of Leeds Sports Pose Extended as they were published, read with suspicion."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.folders import data_folder, data_variable
from dkp_bench.errors import DkpError

JOINTS = 14
FARTHEST = 4_000.0
"""A visible joint farther out than this, in pixels, means that the file is damaged: the images have up to 1,200."""

HOW_TO_GET = f"""\
Leeds Sports Pose Extended (Johnson & Everingham, CVPR 2011; 10,000 photographs) is at
  http://sam.johnson.io/research/lspet.html
Download lspet_dataset.zip and unpack it. The folder then holds:
  images/im00001.jpg … im10000.jpg
  joints.mat
Name it with --data PATH or {data_variable("lsp")}=PATH; to check it, type:
  dkp-bench data prepare lsp --data PATH"""


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


def read_files(given: Path | None) -> LspFiles:
    """Find the files and read the annotation.

    Args:
        given: the folder the user named; the environment is asked if None.

    Raises:
        DkpError: if a file is missing or damaged, or photographs and annotation do not belong together.
    """
    folder = data_folder("lsp", given)
    if folder is None:
        raise DkpError("lsp needs photographs, and no folder with them was named.", HOW_TO_GET)
    for part in ("joints.mat", "images"):
        if not (folder / part).exists():
            problem = f"lacks {part}" if folder.is_dir() else "does not exist"
            raise DkpError(f"lsp: {folder} {problem}.", HOW_TO_GET)
    joints, visible = read_joints(folder / "joints.mat")
    names = [f"im{number:05}.jpg" for number in range(1, len(joints) + 1)]
    with os.scandir(folder / "images") as entries:
        found = {entry.name: entry.stat() for entry in entries if re.fullmatch(r"im\d{5}\.jpg", entry.name)}
    _check_names(folder, names, set(found))
    key = hashlib.sha256((folder / "joints.mat").read_bytes())
    for name in names:
        key.update(f"{name} {found[name].st_size} {found[name].st_mtime_ns}\n".encode())
    return LspFiles([folder / "images" / name for name in names], joints, visible, key.hexdigest()[:16])


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
    from scipy.io import loadmat  # slow to import, and only this needs it

    hint = "Unpack the published archive again; see http://sam.johnson.io/research/lspet.html"
    try:
        variables = loadmat(path, variable_names=["joints"])
    except Exception as error:  # SciPy raises almost anything on a damaged file
        raise DkpError(f"{path} cannot be read as a MATLAB file: {error}", hint) from error
    if "joints" not in variables:
        raise DkpError(f"{path} has no variable 'joints'.", hint)
    table = np.asarray(variables["joints"])
    if table.ndim != 3 or table.shape[:2] != (JOINTS, 3) or table.shape[2] == 0 or table.dtype.kind not in "fiu":
        raise DkpError(f"{path}: 'joints' is {table.dtype} {table.shape}, not numbers of the shape (14, 3, N).", hint)
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


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """Read a photograph as ``(H, W, 3)`` RGB.

    Raises:
        ValueError: if it is damaged; the message says how.
    """
    content = path.read_bytes()
    # OpenCV fills up what a truncated JPEG lacks. Within image data the end marker cannot occur: FF is escaped there.
    if b"\xff\xd9" not in content[-64:]:
        raise ValueError("it ends too early" if content else "it is empty")
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ValueError(str(error)) from error
    if pixels is None:
        raise ValueError("it is no image")
    return np.asarray(pixels[..., ::-1], dtype=np.uint8)


def _check_names(folder: Path, annotated: list[str], found: set[str]) -> None:
    """Refuse photographs without annotation and annotations without photograph."""
    hint = "The photographs and joints.mat must come from the same archive; unpack it again."
    missing = [name for name in annotated if name not in found]
    if missing:
        problem = f"{folder / 'images'} lacks {len(missing)} of {len(annotated)} annotated images"
        raise DkpError(f"lsp: {problem}, the first is {missing[0]}.", hint)
    extra = sorted(found.difference(annotated))
    if extra:
        problem = f"{folder / 'images'} holds {len(extra)} images that joints.mat does not annotate"
        raise DkpError(f"lsp: {problem}, the first is {extra[0]}.", hint)
