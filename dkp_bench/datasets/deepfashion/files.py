"""The files of DeepFashion: the lists of images and their labels, read with suspicion."""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.annotated import name_problem
from dkp_bench.errors import DkpError, printable
from dkp_bench.text_files import read_json, read_text

IMAGES = "img"
LISTS = {"regression": "data_train.csv", "test": "data_test.csv"}
LABELS = {"regression": "data_train.json", "test": "data_test.json"}
PARTS = (*LISTS.values(), *LABELS.values(), IMAGES)
"""What the folder must hold."""
COLUMNS = ("id", "filename")
JOINT_NAMES = (
    "nose",
    *(
        f"{side} {joint}"
        for joint in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ),
)
"""COCO's order, which the labels state themselves."""
EDGE = 255.0
LOWEST, HIGHEST = -256.0, 512.0
"""The image is 0 … 255; a joint may lie outside it, but one this far out means that the file is damaged."""
LARGEST = 256 * 2**20
"""Bytes of a file; the published labels of the 1,179 test images have 3.3 million."""
SOURCE = (
    "https://github.com/theRealSuperMario/unsupervised-disentangling (branch reproducing_baselines, commit eff9d77,"
    " original_code/custom_datasets/deepfashion)"
)
FIX = f"Take the CSV and the JSON together from {SOURCE}."


@dataclass(frozen=True)
class Rows:
    """The rows of a file.

    Attributes:
        values: of those that are right, in order.
        wrong: what is wrong with each of the others.
    """

    values: list[Any]
    wrong: list[str]


def read_list(path: Path) -> Rows:
    """Read the file names in a CSV with the columns id and filename; what is wrong in a row is noted.

    Raises:
        DkpError: naming the file, if it cannot be read or has other columns.
    """
    try:
        text = read_text(path, hint=FIX, largest=LARGEST)
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DkpError(f"{path} is no CSV file: {error}.", FIX) from error
    while lines and not "".join(lines[-1]).strip():
        lines.pop()  # editors end a file with a blank line
    header = lines[0] if lines else []
    if tuple(header) != COLUMNS:
        problem = f"has the columns {printable(', '.join(header))}, not" if lines else "is empty, without the columns"
        raise DkpError(f"{path} {problem} {' and '.join(COLUMNS)}.", FIX)
    rows = Rows([], [])
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], start=2):
        problem = _line_problem(line)
        if not problem and not seen.isdisjoint(line):
            problem = f"the id or the file name of {line[1]} occurs again"
        if problem:
            rows.wrong.append(f"line {number:,}: {problem}")
        else:
            seen.update(line)
            rows.values.append(line[1])
    return rows


def read_labels(path: Path, names: list[str] | None) -> Rows:
    """Read the joints, ``(17, 2)`` each, in a JSON list; what is wrong in a row is noted.

    Args:
        path: of the file.
        names: the file names that the rows belong to, in order; None if they are not known.

    Raises:
        DkpError: naming the file, if it cannot be read, is no list, or its rows are not as many as the names.
    """
    entries = read_json(path, hint=FIX, largest=LARGEST, finite=False)
    if not isinstance(entries, list):
        raise DkpError(f"{path} holds no list but a {type(entries).__name__}.", FIX)
    if names is not None and len(entries) != len(names):
        problem = f"{path} has {len(entries):,} rows, and the CSV beside it has {len(names):,}"
        raise DkpError(f"{problem}; they must go together row by row.", FIX)
    rows = Rows([], [])
    for number, entry in enumerate(entries):
        problem = _entry_problem(entry, names[number] if names is not None else None)
        if problem:
            rows.wrong.append(f"row {number:,}: {problem}")
        else:
            rows.values.append(np.array(entry["keypoints"], dtype=np.float64))
    return rows


def all_rows(path: Path, rows: Rows) -> list[Any]:
    """Return the rows of a file that has to be right.

    Raises:
        DkpError: naming the file, if a row is wrong or there is none.
    """
    if rows.wrong:
        total = len(rows.wrong) + len(rows.values)
        raise DkpError(f"{path}: {len(rows.wrong):,} of {total:,} rows are wrong, the first: {rows.wrong[0]}.", FIX)
    if not rows.values:
        raise DkpError(f"{path} has no rows.", FIX)
    return rows.values


def normalised(joints: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convert pixels of 256 to [−1, 1].

    AutoLink compares a keypoint v in [−1, 1] with a label as (v · 0.5 + 0.5) · 255 (official code at 3fbde11,
    datasets/deepfashion.py).
    """
    return np.asarray(2 * joints / EDGE - 1, dtype=np.float32)


def garment(name: str) -> str:
    """Return the folder that an image lies in: the published names are <sex>/<kind>/id_<garment>/<take>.jpg."""
    return str(PurePosixPath(name).parent)


def shared_garments(trained: Iterable[str], tested: Collection[str]) -> str:
    """Say how many garments of the test split occur in the training split as well.

    Args:
        trained: names of the images of the training split.
        tested: names of those of the test split.
    """
    known, garments = set(map(garment, trained)), set(map(garment, tested))
    images = sum(garment(name) in known for name in tested)
    return (
        f"{len(garments & known):,} of {len(garments):,} garments to test on"
        f" ({images:,} of {len(tested):,} images) are also trained on"
    )


def _line_problem(line: list[str]) -> str:
    if not line:
        return "it is empty"
    if len(line) != len(COLUMNS):
        return f"it has {len(line)} fields, not {len(COLUMNS)}"
    if not line[0].isdecimal():
        return f"the id {line[0][:40]!a} is no number"
    return name_problem(line[1])


def _entry_problem(entry: object, name: str | None) -> str:
    """Return what is wrong with a row of labels, which names its image and its joints itself."""
    if not isinstance(entry, dict) or "keypoints" not in entry:
        return "it has no keypoints"
    image = entry.get("image_path", name)
    if name is not None and image != name:
        return f"it belongs to {str(image)[:100]!a}, but the CSV has {name} there"
    order = entry.get("joint_order")
    if order is not None and order != {str(i): joint.replace(" ", "_") for i, joint in enumerate(JOINT_NAMES)}:
        return "its joints are in another order than COCO's"
    points = entry["keypoints"]
    if not _is_table(points):
        return f"its keypoints are not numbers of the shape ({len(JOINT_NAMES)}, 2)"
    for joint, (x, y) in enumerate(points):
        if not (LOWEST <= x <= HIGHEST and LOWEST <= y <= HIGHEST):  # NaN is neither
            return f"joint {joint} lies at ({x!s:.12}, {y!s:.12}), and the image reaches from 0 to 255"
    return ""


def _is_table(points: object) -> bool:
    """Return whether something is 17 pairs of numbers."""
    if not isinstance(points, list) or len(points) != len(JOINT_NAMES):
        return False
    pairs = [point for point in points if isinstance(point, list) and len(point) == 2]
    return len(pairs) == len(points) and all(type(value) in (int, float) for pair in pairs for value in pair)
