"""What a folder with Leeds Sports Pose Extended holds, every file read, against what it should hold."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.check import Finding, offenders
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.lsp.files import IMAGES, list_photographs, photograph_name, read_joints, wrong_names
from dkp_bench.errors import DkpError
from dkp_bench.pictures import read_rgb
from dkp_bench.progress import Reporter

PUBLISHED = 10_000
"""Images of the published archive; a part of them will do."""


def findings(folder: Path, report: Reporter | None = None) -> list[Finding]:
    """Look at everything; nothing that is wrong ends it."""
    found = sorted(list_photographs(folder)) if (folder / IMAGES).is_dir() else []
    sizes, problems = _read(folder, found, report)
    pictures = [Finding("photographs", f"{len(found):,}", f"some, {PUBLISHED:,} were published", ok=bool(found))]
    pictures.append(offenders("photographs that can be read", len(found), problems))
    if sizes:
        (width, height), (wide, tall) = np.min([*sizes.values()], axis=0), np.max([*sizes.values()], axis=0)
        pictures.append(Finding("pixels of a photograph", f"{width} to {wide} wide, {height} to {tall} high"))
    try:
        joints, visible = read_joints(folder / "joints.mat")
    except DkpError as error:
        return [*pictures, Finding("joints.mat", "cannot be used", offenders=[error.problem], ok=False)]
    names = [photograph_name(index) for index in range(len(joints))]
    wrong = wrong_names(names, found)
    outside = sum(_outside(joints[i], visible[i], sizes[name]) for i, name in enumerate(names) if name in sizes)
    return [
        *pictures,
        Finding("annotated images", f"{len(names):,}", f"{len(found):,}, as many as photographs", wrong, ok=not wrong),
        Finding("visible joints", f"{visible.mean():.1%} of {visible.size:,}", "above 0 %", ok=bool(visible.any())),
        Finding("visible joints outside their photograph", f"{outside:,} of {visible.sum():,}", "few"),
    ]


def _read(folder: Path, names: list[str], report: Reporter | None) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Width and height of the photographs by name, and what is wrong with the others."""

    def size(name: str) -> tuple[int, int] | str:
        try:
            height, width = read_rgb(folder / IMAGES / name).shape[:2]
        except (ValueError, OSError) as error:
            return f"{name}: {error}"
        return width, height

    sizes, problems = {}, []
    for done, (name, found) in enumerate(zip(names, in_threads(size, names), strict=True), start=1):
        if isinstance(found, str):
            problems.append(found)
        else:
            sizes[name] = found
        if report:
            report("lsp: reading photographs", done, len(names))
    return sizes, problems


def _outside(joints: NDArray[np.float64], visible: NDArray[np.bool_], size: tuple[int, int]) -> int:
    """How many visible joints ``(14, 2)`` lie outside a photograph of this width and height."""
    return int((visible & ((joints < 0) | (joints > np.array(size))).any(axis=-1)).sum())
