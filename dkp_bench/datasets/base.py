"""The interface of a dataset: images (all that a method's ``fit`` may see) and, apart from them, labels."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.splits import SPLITS, LabelledSplit, ScoredSplit, Split, held_out
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress


class ImageSet(ABC):
    """Images without labels, read by index: the only thing a method is handed."""

    size: int
    """Side of the square images, in pixels."""
    has_depth: bool

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return RGB images, ``(B, size, size, 3)`` uint8."""

    @abstractmethod
    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return relative inverse depth, near is large, ``(B, size, size)`` float32; scaling it is up to the caller.

        Raises:
            DkpError: if the dataset has no depth.
        """


class SomeImages(ImageSet):
    """Some images of a set.

    Args:
        images: the set.
        rows: ``(M,)`` their places in it.
    """

    def __init__(self, images: ImageSet, rows: NDArray[np.integer]) -> None:
        self._images, self._rows = images, rows
        self.size, self.has_depth = images.size, images.has_depth

    def __len__(self) -> int:
        return len(self._rows)

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return self._images.rgb(self._rows[indices])

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        return self._images.depth(self._rows[indices])


class ArrayImages(ImageSet):
    """Images held in arrays, which may be memory-mapped.

    Args:
        rgb: ``(N, H, H, 3)`` uint8.
        depth: ``(N, H, H)`` floating, or None.
        why_no_depth: the error for a reader who asks for depth where there is none.
    """

    def __init__(
        self, rgb: NDArray[np.uint8], depth: NDArray[np.floating] | None = None, why_no_depth: DkpError | None = None
    ) -> None:
        self._rgb, self._depth = rgb, depth
        self._why_no_depth = why_no_depth or DkpError("these images have no depth maps")
        self.size = rgb.shape[1]
        self.has_depth = depth is not None

    def __len__(self) -> int:
        return len(self._rgb)

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return np.asarray(self._rgb[indices])

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        if self._depth is None:
            raise self._why_no_depth
        return np.asarray(self._depth[indices], dtype=np.float32)


@dataclass(frozen=True)
class Labels:
    """Ground truth of one split, only for scoring.

    Attributes:
        joints: ``(N, J, 2)`` float32 (x, y) in [−1, 1] (corner pixels centred on ±1; outside the image is allowed);
            the value of a joint that is not visible means nothing.
        visible: ``(N, J)`` bool: whether the joint is annotated and counts.
        mask: ``(N, H, W)`` bool, true on the figure, possibly memory-mapped; None where the dataset has none.
        groups: ``(N,)`` text by name, where the dataset knows it: ``subject`` and ``action`` (some protocols need
            them) and ``sequence`` (images of one sequence look alike).
    """

    joints: NDArray[np.float32]
    visible: NDArray[np.bool_]
    mask: NDArray[np.bool_] | None = None
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.joints)

    def at(self, rows: NDArray[np.integer]) -> "Labels":
        """Return the labels of some images, by their places ``(M,)``."""
        mask = None if self.mask is None else self.mask[rows]
        groups = {name: group[rows] for name, group in self.groups.items()}
        return Labels(self.joints[rows], self.visible[rows], mask, groups)


@dataclass(frozen=True)
class Validation:
    """The images that settings are chosen with.

    Attributes:
        images: the images of ``val``.
        labels: their labels.
        regression: the places in the regression split of the images that are left to fit a regression on; None for all.
        digest: names which images these are.
    """

    images: ImageSet
    labels: Labels
    regression: NDArray[np.integer] | None
    digest: str


@dataclass(frozen=True)
class Skeleton:
    """Names of the joints, the true left/right pairs, and the bones to draw, as joint indices."""

    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    bones: tuple[tuple[int, int], ...]


class Dataset(ABC):
    """A dataset at one image size.

    A class in a public module of ``dkp_bench/datasets`` with a ``name`` is found by that name; nothing is registered.

    Args:
        size: side of the images in pixels.
        data: folder with the downloaded files; datasets that make their own images ignore it.
        cache: folder for what is derived from them.
        depth: name of the depth store to use, for datasets whose depth is estimated; if None, the only one there.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for ``dkp-bench list``."""
    licence: ClassVar[str]
    skeleton: ClassVar[Skeleton]
    protocols: ClassVar[tuple[str, ...]]
    """Names of the scoring protocols that apply (:mod:`dkp_bench.scoring`), that of the headline number first."""
    needs_files: ClassVar[bool] = True
    """Whether the user must bring a folder of downloaded files."""
    sizes: ClassVar[tuple[int, ...]] = (16, 32, 64, 128, 256)
    """Sides of the images that it can make, in pixels."""
    usual_size: ClassVar[int] = 64
    """The size that its files are looked at where no size is asked for."""
    scored: ScoredSplit = "test"
    """What its split ``test``, the images that are scored, is; :class:`~dkp_bench.datasets.views.ForChoosing` says
    ``val``."""
    rules: ClassVar[Mapping[Split, str]] = {}
    """Which images make a split, where they are chosen: an empty split is explained by it."""

    def __init__(self, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> None:
        if size not in self.sizes:
            *most, last = map(str, self.sizes)
            sizes = f"{', '.join(most)} or {last}" if most else last
            raise DkpError(f"{self.name} has images of {sizes} px, not {size} px")
        self.size, self.cache, self.data, self.depth = size, cache, data, depth

    @abstractmethod
    def prepare(self, progress: Progress | None = None) -> None:
        """Make or check everything that the splits need; cheap once it is done.

        Raises:
            DkpError: if files are missing or damaged, with what to get and where to put it.
        """

    @abstractmethod
    def images(self, split: Split) -> ImageSet:
        """Return the images of a split, after :meth:`prepare`."""

    def image_count(self, split: Split) -> int:
        """Return how many images a split has, after :meth:`prepare`."""
        return len(self.images(split))

    @abstractmethod
    def labels(self, split: LabelledSplit) -> Labels:
        """Return the labels of a split, after :meth:`prepare`, in the order of its images."""

    @abstractmethod
    def content_hash(self) -> str:
        """Return 16 hexadecimal digits that change whenever an image or a label would; part of each signature."""

    def validation(self, progress: Progress | None = None) -> Validation:
        """Return the images that settings are chosen with, after :meth:`prepare`; none of them is in ``test``.

        Here they are part of the regression split, as :func:`~dkp_bench.datasets.splits.held_out` chooses them.
        """
        del progress
        labels = self.labels("regression")
        chosen = held_out(len(labels), labels.groups)
        rows = np.flatnonzero(chosen)
        digest = hashlib.sha256(np.packbits(chosen).tobytes()).hexdigest()
        images = SomeImages(self.images("regression"), rows)
        return Validation(images, labels.at(rows), np.flatnonzero(~chosen), digest)

    @classmethod
    def check_depth_name(cls, name: str) -> None:
        """Make sure that the dataset can have depth maps of that name, as far as that is known before it is opened.

        Raises:
            DkpError: if it cannot.
        """
        del name

    @property
    def depth_source(self) -> str:
        """The source of the depth maps: ``exact`` where they are rendered, the depth store's name, or ``none``."""
        return "none"

    def why_no_depth(self) -> DkpError | None:
        """Return why a method that needs depth cannot run here, and what to do; None if each image has its map."""
        return DkpError(f"{self.name} has no depth maps, and this method needs one for each image")

    def photographs(self) -> Mapping[str, Path]:
        """Return the image files that depth can be estimated from, by name in a depth store; none if it is rendered."""
        return {}

    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Compare what is there with what is expected, every file included; the findings name what is wrong.

        Here the images are counted; a dataset adds what can be wrong with its own.

        Raises:
            DkpError: if there is nothing to look at, with what to get and where to put it.
        """
        self.prepare(progress)
        return [Finding(f"{split} images", f"{len(self.images(split)):,}") for split in SPLITS]

    @property
    def on_command_line(self) -> str:
        """The name of this dataset on the command line."""
        return self.name

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of scores should know, after :meth:`prepare`, such as which images were left out."""
        return ()
