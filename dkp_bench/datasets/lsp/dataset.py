"""Leeds Sports Pose Extended: photographs of people in extreme poses, cropped around the person."""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet, Labels
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.datasets.file_images import FileImages
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.index import Indexed, indexed, listing_key
from dkp_bench.datasets.lsp.check import PUBLISHED, findings, photograph_findings
from dkp_bench.datasets.lsp.files import (
    ENLARGE,
    IMAGES,
    LEAST_SIDE,
    SKELETON,
    LspFiles,
    crop_all,
    list_photographs,
    photograph_name,
    read_files,
    walk_photographs,
)
from dkp_bench.datasets.splits import SPLITS, LabelledSplit, Split
from dkp_bench.imaging import Square, crop
from dkp_bench.progress import Progress
from dkp_bench.walk import Skipped

INDEX_VERSION = 2
"""Goes up when crops are made with more care or otherwise; older ones are then made again."""
MIN_JOINTS = 8
"""Images with fewer visible joints are trained on, but neither fitted on nor tested on."""
TEST_SHARE = 0.2
"""The last images of the annotation are the test split; like neighbours, if there are such, stay together."""


class Lsp(DownloadedDataset):
    """Leeds Sports Pose Extended (Johnson & Everingham, CVPR 2011).

    The joints are named from the person's view. The headline protocol knows left from right, for these people are seen
    from every side and upside down: an oracle that swaps sides would hide part of the error.
    """

    name = "lsp"
    summary = "Leeds Sports Pose Extended: 10,000 real photographs, extreme poses, 14 joints; must be downloaded"
    licence = "none stated by its authors; photographs from Flickr, for research"
    title = "Leeds Sports Pose Extended"
    files = "lsp"
    protocols = ("no-swap+intercept", "autolink-fixed+intercept", "autolink-fixed")
    skeleton = SKELETON
    rules: ClassVar[Mapping[Split, str]] = {
        "train": "the first 80 % of the annotated images",
        "regression": f"of the first 80 % of the annotated images those with {MIN_JOINTS} visible joints or more",
        "test": f"of the last 20 % of the annotated images those with {MIN_JOINTS} visible joints or more",
    }
    request = (
        "download lspet_dataset.zip from http://sam.johnson.io/research/lspet.html (Johnson & Everingham, CVPR 2011)",
        "unpack it",
    )
    parts = ("joints.mat", IMAGES)
    layout = (
        f"{IMAGES}/im00001.jpg … im10000.jpg   photographs, cropped and scaled by their authors",
        "joints.mat                         joints, 14 × (x, y, visible) × 10,000",
    )

    def __init__(self, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> None:
        super().__init__(size, cache=cache, data=data, depth=depth)
        self._prepared: tuple[LspFiles, Indexed] | None = None

    def read(self, progress: Progress | None = None) -> None:
        if self._prepared is None:
            files = read_files(self.folder)
            key = listing_key((), INDEX_VERSION, files.key, ENLARGE, LEAST_SIDE, MIN_JOINTS, TEST_SHARE)
            folder = self.cache / self.name / f"{self.size}px-{key}"
            self._prepared = files, indexed(folder, partial(self._crop_all, files, progress))

    def read_findings(self) -> list[Finding]:
        files, found = self._ready()
        return photograph_findings(files.joints, files.visible, found.arrays["sizes"])

    def plausible_findings(self) -> list[Finding]:
        """Return nothing: a crop follows its joints, so these were checked in the photographs."""
        return []

    def image_count(self, split: Split) -> int:
        return len(self._rows(split))

    def skipped(self) -> tuple[Skipped, ...]:
        return walk_photographs(self.named_folder).skipped

    def images(self, split: Split) -> ImageSet:
        crops, rows, missing = self._arrays()["crops"], self._rows(split), self.why_no_depth()
        read_depth = None if missing else lambda index: self._depth(int(rows[index]))
        return FileImages(len(rows), self.size, lambda index: crops[rows[index]], read_depth, missing)

    def labels(self, split: LabelledSplit) -> Labels:
        arrays, rows = self._arrays(), self._rows(split)
        return Labels(arrays["joints"][rows], arrays["visible"][rows])

    def content_hash(self) -> str:
        return str(self._ready()[1].facts["content_hash"])

    def photographs(self) -> Mapping[str, Path]:
        return {f"{IMAGES}/{name}": self.folder / IMAGES / name for name in list_photographs(self.folder)}

    def look(self, progress: Progress | None = None) -> list[Finding]:
        return findings(self.named_folder, progress)

    def notes(self) -> tuple[str, ...]:
        visible = self._arrays()["visible"]
        train, fitted, test = (len(self._rows(split)) for split in SPLITS)
        excluded = int((visible.sum(axis=1) < MIN_JOINTS).sum())
        return (
            f"{len(visible)} images, {visible.mean():.1%} of their joints visible; {PUBLISHED:,} images were published",
            f"{train} to train on, {fitted} of them to fit the regression on, {test} to test on",
            f"{excluded} images have fewer than {MIN_JOINTS} visible joints: not fitted on, not tested on"
            f" ({train - fitted} of them are trained on, {len(visible) - train - test} are not used)",
            *super().notes(),
        )

    def _ready(self) -> tuple[LspFiles, Indexed]:
        self.read()
        assert self._prepared is not None
        return self._prepared

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return self._ready()[1].arrays

    def _rows(self, split: Split) -> NDArray[np.int64]:
        """Return the indices of a split's images, in the order of the annotation."""
        visible = self._arrays()["visible"]
        first_test = len(visible) - round(len(visible) * TEST_SHARE)
        if split == "train":
            return np.arange(first_test)
        part = np.arange(first_test, len(visible)) if split == "test" else np.arange(first_test)
        return np.asarray(part[visible[part].sum(axis=1) >= MIN_JOINTS])

    def _depth(self, row: int) -> NDArray[np.float32]:
        """Return what the crop shows of the photograph's depth map."""
        left, top, side = self._arrays()["squares"][row].tolist()
        assert self.depth_store is not None
        depth = self.depth_store.read(f"{IMAGES}/{photograph_name(row)}")
        return crop(depth, Square(left, top, side), self.size)

    def _crop_all(self, files: LspFiles, progress: Progress | None) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        arrays = crop_all(files, self.size, self.how_to_fix, progress)
        digest = hashlib.sha256(f"{MIN_JOINTS} {TEST_SHARE}".encode())
        for name in ("crops", "joints", "visible"):
            digest.update(np.ascontiguousarray(arrays[name]).data)
        return arrays, {"content_hash": digest.hexdigest()[:16]}
