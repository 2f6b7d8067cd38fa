"""The check of a folder with Leeds Sports Pose Extended: every file is read and compared with what it should hold."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.checks import refused
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.datasets.finding import Finding, expect, offenders, share
from dkp_bench.datasets.lsp.files import IMAGES, SKELETON, list_photographs, photograph_name, read_joints, wrong_names
from dkp_bench.datasets.plausible import place_findings, still_finding, visible_finding
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_rgb
from dkp_bench.progress import Progress

PUBLISHED = 10_000
"""Images of the published archive; a part of them will do."""
MOST_OUTSIDE = 0.01
"""Share of the visible joints outside their photograph; of those images it is 0.005 %."""


def findings(folder: Path, progress: Progress | None = None) -> list[Finding]:
    """Check everything; nothing that is wrong ends it."""
    found = sorted(list_photographs(folder))
    sizes, problems = _read(folder, found, progress)
    pictures = [expect("photographs", f"{len(found):,}", "some", bool(found))]
    pictures.append(Finding("part of what was published", f"{len(found):,} of the {PUBLISHED:,} photographs"))
    pictures.append(offenders("photographs that can be read", len(found), problems))
    if sizes:
        (width, height), (wide, tall) = np.min([*sizes.values()], axis=0), np.max([*sizes.values()], axis=0)
        pictures.append(Finding("pixels of a photograph", f"{width} to {wide} wide, {height} to {tall} high"))
    try:
        joints, visible = read_joints(folder / "joints.mat")
    except DkpError as error:
        return [*pictures, refused("joints.mat", error)]
    names = [photograph_name(index) for index in range(len(joints))]
    wrong = wrong_names(folder, names, found)
    measured = np.array([sizes.get(name, (np.nan, np.nan)) for name in names])
    return [
        *pictures,
        expect("annotated images", f"{len(names):,}", f"{len(found):,}, as many as photographs", not wrong, wrong),
        *photograph_findings(joints, visible, measured),
    ]


def photograph_findings(
    joints: NDArray[np.float64], visible: NDArray[np.bool_], sizes: NDArray[np.float64]
) -> list[Finding]:
    """Check that joints can be those of the people in their photographs, before they are cropped around them.

    Args:
        joints: ``(N, 14, 2)`` (x, y) in pixels of the photographs.
        visible: ``(N, 14)``.
        sizes: ``(N, 2)``: width and height of the photographs; NaN where they are not known.
    """
    known = np.isfinite(sizes).all(axis=1)
    inside = ((joints >= 0) & (joints <= sizes[:, None])).all(axis=-1)
    outside, count = int((visible & ~inside)[known].sum()), int(visible.sum())
    placed = joints[known] / sizes[known, None] * 2 - 1
    return [
        visible_finding("visible joints", visible),
        still_finding("joints that move", joints, visible, SKELETON.names),
        share("visible joints outside their photograph", outside, count, most=MOST_OUTSIDE),
        *place_findings("photographs", placed, visible[known], SKELETON),
    ]


def _read(folder: Path, names: list[str], progress: Progress | None) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Return width and height of the photographs by name, and what is wrong with the others."""

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
        if progress:
            progress("lsp: reading photographs", done, len(names))
    return sizes, problems
