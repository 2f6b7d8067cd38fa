"""Checks of images and of the files that annotate them, shared by the datasets."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.annotated import AnnotatedDataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.datasets.file_images import in_batches
from dkp_bench.datasets.finding import Finding, expect_equal, offenders
from dkp_bench.datasets.layout import instead
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress


def layout_finding(dataset: DownloadedDataset, parts: Collection[str]) -> Finding:
    """Check that the parts of the layout are there."""
    missing = dataset.missing(dataset.named_folder)
    wrong = [" is missing (".join(part.split(" (", 1)) if " (" in part else f"{part} is missing" for part in missing]
    return offenders("parts of the layout", len(parts), wrong)


def published_finding(path: Path, name: str, blob: str) -> Finding:
    """Check that a file is the published one to the byte, by the id that git gives its content."""
    content = path.read_bytes()
    found = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return expect_equal(f"{name}, git's id of its content", found[:12], blob[:12])


def refused(what: str, error: DkpError) -> Finding:
    """Return the finding of a file that cannot be used."""
    return Finding(what, "cannot be used", offenders=[error.problem], ok=False)


def range_findings(what: str, x_and_y: NDArray[np.floating], unit: str) -> list[Finding]:
    """Return the range of coordinates ``(N, 2)``; whether each is right was decided row by row."""
    if not len(x_and_y):
        return []
    low, high = x_and_y.min(axis=0), x_and_y.max(axis=0)
    return [Finding(f"{what}, range", f"x {low[0]:.5g} … {high[0]:.5g}, y {low[1]:.5g} … {high[1]:.5g} {unit}")]


def repeated(labels: NDArray[np.floating]) -> int:
    """Count the rows that are equal to an earlier one."""
    return len(labels) - len({row.tobytes() for row in labels})


def image_findings(
    dataset: AnnotatedDataset, source: str, named: Sequence[str], there: Collection[str], progress: Progress | None
) -> list[Finding]:
    """Check that the images that an annotation names are there, can be read, and are square.

    Args:
        dataset: whose images they are.
        source: the annotation.
        named: the images it names, relative to the dataset's folder.
        there: those that are there.
        progress: called with how far the work is.
    """
    found = set(there)
    absent = [name for name in named if name not in found]
    present = [name for name in named if name in found]
    near = instead(dataset.named_folder, absent, there)
    missing = [f"{name} is missing{what}" for name, what in zip(absent, near, strict=True)]
    return [
        offenders(f"images that {source} names", len(named), missing),
        readable_finding(dataset, f"images that {source} names, decoded", present, progress),
    ]


def readable_finding(dataset: AnnotatedDataset, what: str, images: Sequence[str], progress: Progress | None) -> Finding:
    """Decode every image; name those that are damaged or not square."""
    problems = in_batches(dataset.problem_of, images, what, progress)
    return offenders(what, len(images), [text for text in problems if text])
