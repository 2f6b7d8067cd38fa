"""The three settings of Mannequin as datasets."""

import hashlib
from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet, LabelledSplit, Labels, Skeleton, Split, stored_name
from dkp_bench.datasets.mannequin.body import SKELETON
from dkp_bench.datasets.mannequin.scene import Setting
from dkp_bench.datasets.mannequin.store import Arrays, make_split, read_split, source_hash, split_digest
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress

COUNTS: dict[Split, int] = {"train": 8192, "regression": 2048, "test": 1024}
"""Images in each split."""


class MannequinBase(Dataset, ABC):
    """What the three settings share.

    Args:
        size: side of the images in pixels, 64 or 128.
        cache: folder for the rendered images.
        data: ignored; the images are made here.
        depth: ignored; it is rendered with the images.
        counts: images in a split, where it is not as in :data:`COUNTS`; the first ones are the same whatever the count.
    """

    name: ClassVar[Setting]
    licence: ClassVar[str] = "MIT"
    skeleton: ClassVar[Skeleton] = SKELETON
    protocols: ClassVar[tuple[str, ...]] = ("autolink-fixed+intercept", "no-swap+intercept", "autolink-fixed")
    needs_files: ClassVar[bool] = False

    def __init__(
        self,
        size: int,
        *,
        cache: Path,
        data: Path | None = None,
        depth: str | None = None,
        counts: Mapping[Split, int] | None = None,
    ) -> None:
        super().__init__(size, cache=cache, data=data, depth=depth)
        self.counts = COUNTS | dict(counts or {})
        sizes = "-".join(str(self.counts[split]) for split in COUNTS)
        self.folder = cache / self.name / f"{size}px-{sizes}-{source_hash()}"
        self._open: dict[Split, Arrays] = {}

    @property
    def depth_name(self) -> str:
        return "exact"

    def missing_depth(self) -> None:
        return None

    def prepare(self, progress: Progress | None = None) -> None:
        for split, count in self.counts.items():
            make_split(self.folder / stored_name(split), self.name, self.size, split, count, progress)
            self.arrays(split)

    def arrays(self, split: Split) -> Arrays:
        """All arrays of a split, memory-mapped: rgb, depth, mask, joints, joints3d and occluded.

        Raises:
            DkpError: if the split is not prepared, or a file of it is damaged.
        """
        if split not in self._open:
            folder = self.folder / stored_name(split)
            if not folder.is_dir():
                raise DkpError(f"{self.name} at {self.size} px is not prepared", "call prepare() first")
            self._open[split] = read_split(folder, self.size, self.counts[split])
        return self._open[split]

    def images(self, split: Split) -> ImageSet:
        arrays = self.arrays(split)
        return ArrayImages(arrays["rgb"], arrays["depth"])

    def labels(self, split: LabelledSplit) -> Labels:
        arrays = self.arrays(split)
        joints = np.asarray(arrays["joints"])
        return Labels(joints, np.ones(joints.shape[:2], dtype=bool), np.asarray(arrays["mask"]))

    def content_hash(self) -> str:
        stored = (stored_name(split) for split in self.counts)
        digests = "".join(f"{name}:{split_digest(self.folder / name)}" for name in stored)
        return hashlib.sha256(digests.encode()).hexdigest()[:16]


class Mannequin(MannequinBase):
    """A person before new clutter in each image."""

    name: ClassVar[Setting] = "mannequin"
    summary: ClassVar[str] = "rendered people, new cluttered background in each image; stands for in-the-wild data"


class MannequinStudio(MannequinBase):
    """A person in one textured room, seen by four fixed cameras."""

    name: ClassVar[Setting] = "mannequin-studio"
    summary: ClassVar[str] = "rendered people in one textured room, four cameras; stands for Human3.6M with background"


class MannequinPlain(MannequinBase):
    """A person before mid-grey."""

    name: ClassVar[Setting] = "mannequin-plain"
    summary: ClassVar[str] = "rendered people before plain grey; stands for Human3.6M without background"
