"""The three settings of Mannequin as datasets."""

import hashlib
from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet, Labels, Skeleton, Validation
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.mannequin.body import SKELETON
from dkp_bench.datasets.mannequin.scene import Setting
from dkp_bench.datasets.mannequin.store import Arrays, make_split, read_split, source_hash, split_digest
from dkp_bench.datasets.splits import AnySplit, LabelledSplit, Split, stored_name
from dkp_bench.datasets.usable import usable_findings
from dkp_bench.errors import DkpError, choice
from dkp_bench.imaging import area_mean, points_at
from dkp_bench.progress import Progress

COUNTS: dict[Split, int] = {"train": 8192, "regression": 2048, "test": 1024}
"""Images in each split."""
VAL_COUNT = 1024
"""Images of ``val``, which are rendered only when settings are chosen; they are no part of any other split's hash."""

SMALLEST = 64
"""Side in pixels of the smallest images that are rendered; those of smaller ones are area means of these.

Five rays a pixel are enough for a picture of 64 px and up, and too few for the large pixels of a smaller one.
"""


SOURCES = ("exact", "silhouette", "figure")
"""What the maps called depth can be: exact inverse depth in 1/m; 1 on the figure and 0 beside it; or exact on the
figure, and beside it as far behind the figure as the figure is deep."""


class FigureDepth(ArrayImages):
    """Images with the inverse depth of the figure alone.

    Beside the figure the map is its lowest value on the figure less the range of its values there, so that, scaled to
    its range, shape and outline have half of it each.

    Args:
        rgb: ``(N, H, H, 3)`` uint8.
        depth: ``(N, H, H)`` inverse depth.
        mask: ``(N, H, H)`` bool, true on the figure.
    """

    def __init__(self, rgb: NDArray[np.uint8], depth: NDArray[np.floating], mask: NDArray[np.bool_]) -> None:
        super().__init__(rgb, depth)
        self._mask = mask

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        depth, figure = super().depth(indices), np.asarray(self._mask[indices])
        near = np.where(figure, depth, -np.inf).max(axis=(1, 2), keepdims=True)
        far = np.where(figure, depth, np.inf).min(axis=(1, 2), keepdims=True)
        seen = figure.any(axis=(1, 2), keepdims=True)
        return np.where(figure, depth, np.where(seen, 2 * far - near, 0)).astype(np.float32)


class AreaMeans(ImageSet):
    """Images whose pixels are means of blocks of pixels of larger images.

    The mean of light over an area is what a camera with fewer pixels sees. Depth is averaged as what it is here,
    inverse depth: over a flat surface that is a linear function of the place in the image, so the mean over a block is
    exactly the inverse depth at its centre, which the mean of depth is not.

    Args:
        images: the larger ones.
        size: side of these in pixels; that of the larger ones is a multiple of it.
    """

    def __init__(self, images: ImageSet, size: int) -> None:
        self._images, self.size, self.has_depth = images, size, images.has_depth

    def __len__(self) -> int:
        return len(self._images)

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return area_mean(self._images.rgb(indices), self.size)

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        return area_mean(self._images.depth(indices), self.size)


class MannequinBase(Dataset, ABC):
    """The base class of the three settings.

    Args:
        size: side of the images in pixels. 64, 128 and 256 are rendered; 16 and 32 are area means of those of 64, from
            the same cache.
        cache: folder for the rendered images.
        data: ignored; the images are made here.
        depth: one of :data:`SOURCES`; ``exact`` if None.
        counts: images in a split, where it is not as in :data:`COUNTS`; the first ones are the same whatever the count.
            ``val`` has as many as ``test``, but no more than :data:`VAL_COUNT`.
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
        self._source = depth or "exact"
        self.check_depth_name(self._source)
        self.counts = COUNTS | dict(counts or {})
        sizes = "-".join(str(self.counts[split]) for split in COUNTS)
        self.rendered_size = max(size, SMALLEST)
        self.folder = cache / self.name / f"{self.rendered_size}px-{sizes}-{source_hash()}"
        self._open: dict[AnySplit, Arrays] = {}

    @classmethod
    def check_depth_name(cls, name: str) -> None:
        choice("depth source of Mannequin", name, SOURCES)

    @property
    def depth_source(self) -> str:
        return self._source

    def why_no_depth(self) -> None:
        return None

    def prepare(self, progress: Progress | None = None) -> None:
        for split in self.counts:
            self._make(split, progress)

    def validation(self, progress: Progress | None = None) -> Validation:
        """Return further images, rendered for this alone: the regression keeps all of its own."""
        self._make("val", progress)
        return Validation(self._images("val"), self._labels("val"), None, split_digest(self._folder("val")))

    def check(self, progress: Progress | None = None) -> list[Finding]:
        return super().check(progress) + usable_findings(self)

    def arrays(self, split: AnySplit) -> Arrays:
        """Return all arrays of a split as rendered, memory-mapped: rgb, depth, mask, joints, joints3d and occluded.

        Raises:
            DkpError: if the split is not prepared, or a file of it is damaged.
        """
        if split not in self._open:
            folder = self._folder(split)
            if not folder.is_dir():
                raise DkpError(f"{self.name} at {self.rendered_size} px is not prepared", "call prepare() first")
            self._open[split] = read_split(folder, self.rendered_size, self._count(split))
        return self._open[split]

    def images(self, split: Split) -> ImageSet:
        return self._images(split)

    def labels(self, split: LabelledSplit) -> Labels:
        return self._labels(split)

    def _count(self, split: AnySplit) -> int:
        return min(self.counts["test"], VAL_COUNT) if split == "val" else self.counts[split]

    def _folder(self, split: AnySplit) -> Path:
        name = stored_name(split)
        return self.folder / (f"{name}-{self._count(split)}" if split == "val" else name)

    def _make(self, split: AnySplit, progress: Progress | None) -> None:
        make_split(self._folder(split), self.name, self.rendered_size, split, self._count(split), progress)
        self.arrays(split)

    def _images(self, split: AnySplit) -> ImageSet:
        arrays = self.arrays(split)
        rgb, depth, mask = arrays["rgb"], arrays["depth"], arrays["mask"]
        images = ArrayImages(rgb, mask if self._source == "silhouette" else depth)
        if self._source == "figure":
            images = FigureDepth(rgb, depth, mask)
        return images if self.size == self.rendered_size else AreaMeans(images, self.size)

    def _labels(self, split: AnySplit) -> Labels:
        arrays = self.arrays(split)
        joints, mask = np.asarray(arrays["joints"]), np.asarray(arrays["mask"])
        if self.size != self.rendered_size:
            joints = points_at(joints, self.rendered_size, self.size)
            mask = area_mean(mask.astype(np.float32), self.size) >= 0.5  # as masks from files: half a pixel is enough
        return Labels(joints, np.ones(joints.shape[:2], dtype=bool), mask)

    def content_hash(self) -> str:
        stored = (stored_name(split) for split in self.counts)
        digests = "".join(f"{name}:{split_digest(self.folder / name)}" for name in stored)
        if self.size != self.rendered_size:
            digests += f"area mean:{self.size}"
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
