"""Leeds Sports Pose Extended: photographs of people in extreme poses, cropped around the person."""

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet, Labels, Skeleton, Split
from dkp_bench.datasets.crops import Square, central_square, crop, normalise, square_around
from dkp_bench.datasets.lsp_files import LspFiles, read_files, read_photograph
from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path, write_json
from dkp_bench.progress import Reporter

ENLARGE = 1.25
"""Side of the crop over the longer side of the visible joints' box: hands, feet and hair lie beyond the joints."""
LEAST_SIDE = 64
"""Side of the smallest crop in pixels of the photograph, where people are about 150 pixels long."""
MIN_JOINTS = 8
"""Images with fewer visible joints are trained on, but neither fitted on nor tested on."""
TEST_SHARE = 0.2
"""The last images of the annotation are the test split; like neighbours, if there are such, stay together."""


@dataclass(frozen=True)
class _Content:
    """The cropped dataset: crops ``(N, H, H, 3)``, joints, visibility, and the hash of all that."""

    crops: NDArray[np.uint8]
    joints: NDArray[np.float32]
    visible: NDArray[np.bool_]
    digest: str

    def rows(self, split: Split) -> NDArray[np.int64]:
        """Indices of a split's images, in the order of the annotation."""
        indices = np.arange(len(self.crops))
        first_test = len(indices) - round(len(indices) * TEST_SHARE)
        if split == "train":
            return indices[:first_test]
        part = indices[first_test:] if split == "test" else indices[:first_test]
        return np.asarray(part[self.visible[part].sum(axis=1) >= MIN_JOINTS])


class _Rows(ArrayImages):
    """Some of the crops, which stay on the disk until they are asked for."""

    def __init__(self, crops: NDArray[np.uint8], rows: NDArray[np.int64], missing_depth: DkpError) -> None:
        super().__init__(crops, missing_depth=missing_depth)
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return super().rgb(self._rows[indices])


class Lsp(Dataset):
    """Leeds Sports Pose Extended (Johnson & Everingham, CVPR 2011).

    The joints are named from the person's view. The headline protocol knows left from right, for these people are seen
    from every side and upside down: an oracle that swaps sides would hide part of the error.
    """

    name = "lsp"
    summary = "Leeds Sports Pose Extended: 10,000 real photographs, extreme poses, 14 joints; must be downloaded"
    licence = "none stated by its authors; photographs from Flickr, for research"
    protocols = ("no-swap+intercept", "autolink-fixed+intercept", "autolink-fixed")
    has_depth = False
    skeleton = Skeleton(
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

    def __init__(self, size: int, *, cache: Path, data: Path | None = None) -> None:
        super().__init__(size, cache=cache, data=data)
        self._prepared: _Content | None = None

    def prepare(self, report: Reporter | None = None) -> None:
        if self._prepared is None:
            files = read_files(self.data)
            folder = self.cache / self.name / f"{self.size}px-{_cache_key(files)}"
            if not (folder / "content.json").exists():
                _build(files, self.size, folder, report)
            self._prepared = _open(folder)

    def images(self, split: Split) -> ImageSet:
        content = self._content()
        return _Rows(content.crops, content.rows(split), self.missing_depth())

    def labels(self, split: Literal["fit", "test"]) -> Labels:
        content = self._content()
        rows = content.rows(split)
        return Labels(content.joints[rows], content.visible[rows])

    def content_hash(self) -> str:
        return self._content().digest

    def missing_depth(self) -> DkpError:
        return DkpError(
            "lsp has no depth maps, and methods that learn from depth need one for each image.",
            "They would be estimated from the photographs by a monocular depth network such as MiDaS 3.1, the paper's\n"
            "choice: one 16-bit map an image, near is large. This release of dkp-bench cannot read them yet.\n"
            "Methods that learn from RGB alone run on lsp as it is; 'dkp-bench list' shows which ones need depth.",
        )

    def notes(self) -> tuple[str, ...]:
        content = self._content()
        train, fit, test = (len(content.rows(split)) for split in ("train", "fit", "test"))
        excluded = int((content.visible.sum(axis=1) < MIN_JOINTS).sum())
        total = len(content.crops)
        return (
            f"{total} images, {content.visible.mean():.1%} of their joints visible",
            f"{train} to train on, {fit} of them to fit the regression on, {test} to test on",
            f"{excluded} images have fewer than {MIN_JOINTS} visible joints: not fitted on, not tested on"
            f" ({train - fit} of them are trained on, {total - train - test} are not used)",
        )

    def _content(self) -> _Content:
        self.prepare()
        assert self._prepared is not None
        return self._prepared


def _cache_key(files: LspFiles) -> str:
    choices = (files.key, ENLARGE, LEAST_SIDE, MIN_JOINTS, TEST_SHARE)
    return hashlib.sha256(repr(choices).encode()).hexdigest()[:16]


def _build(files: LspFiles, size: int, folder: Path, report: Reporter | None) -> None:
    """Crop every photograph; write crops, joints and visibility, and last ``content.json``: all of it is there."""
    total = len(files.photographs)
    crops = np.empty((total, size, size, 3), dtype=np.uint8)
    joints = np.zeros((total, files.joints.shape[1], 2), dtype=np.float32)
    damaged = []
    for index, (square, pixels, problem) in enumerate(_cropped(files, size)):
        if problem:
            damaged.append(f"{files.photographs[index].name} ({problem})")
        else:
            shown = files.visible[index]
            crops[index] = pixels
            joints[index, shown] = normalise(files.joints[index, shown], square, size)
        if report:
            report(f"lsp: crops of {size} px", index + 1, total)
    if damaged:
        where, more = files.photographs[0].parent, f" and {len(damaged) - 5} more" if len(damaged) > 5 else ""
        problem = f"lsp: {len(damaged)} of {total} photographs in {where} are damaged: {', '.join(damaged[:5])}{more}."
        raise DkpError(problem, "Unpack them again from the published archive.")
    digest = hashlib.sha256(f"{MIN_JOINTS} {TEST_SHARE}".encode())
    for name, array in (("crops", crops), ("joints", joints), ("visible", files.visible)):
        digest.update(np.ascontiguousarray(array).data)
        with atomic_path(folder / f"{name}.npy") as temporary:
            np.save(temporary, array, allow_pickle=False)
    write_json(folder / "content.json", {"content_hash": digest.hexdigest()[:16], "images": total, "size": size})


def _cropped(files: LspFiles, size: int) -> Iterator[tuple[Square, NDArray[np.uint8], str]]:
    """Crop on several threads, in order: the square, its pixels, and what is wrong with the photograph, if anything."""

    def one(index: int) -> tuple[Square, NDArray[np.uint8], str]:
        try:
            photograph = read_photograph(files.photographs[index])
        except ValueError as error:
            return Square(0, 0, 1), np.empty(0, dtype=np.uint8), str(error)
        points = files.joints[index, files.visible[index]]
        height, width = photograph.shape[:2]
        square = square_around(points, ENLARGE, LEAST_SIDE) if len(points) else central_square(width, height)
        return square, crop(photograph, square, size), ""

    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        yield from pool.map(one, range(len(files.photographs)))


def _open(folder: Path) -> _Content:
    """Read what :func:`_build` wrote; the crops stay on the disk."""
    try:
        facts = json.loads((folder / "content.json").read_text(encoding="utf-8"))
        crops = np.load(folder / "crops.npy", mmap_mode="r", allow_pickle=False)
        joints = np.load(folder / "joints.npy", allow_pickle=False)
        visible = np.load(folder / "visible.npy", allow_pickle=False)
        total, size = int(facts["images"]), int(facts["size"])
        if crops.shape != (total, size, size, 3) or joints.shape != (*visible.shape, 2) or len(visible) != total:
            raise ValueError("the arrays do not have the shapes they were written with")
        return _Content(crops, joints, visible, str(facts["content_hash"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        problem = f"lsp: the cache {folder} is damaged: {error}"
        raise DkpError(problem, "Delete that folder and run the command again; it is made anew.") from error
