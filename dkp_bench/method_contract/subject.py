"""The method under examination, and a watch over what it does beside its work: to its images and to the process."""

import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, FitResult, Method, Settings, find_method
from dkp_bench.presets import Profile, preset


class SealedImages(ImageSet):
    """Images that can do what an :class:`ImageSet` can, and note everything else that they are asked for.

    Args:
        images: what they show.
        asked: the list to note it in.
    """

    def __init__(self, images: ArrayImages, asked: list[str]) -> None:
        self.__images, self.__asked = images, asked
        self.size, self.has_depth = images.size, images.has_depth

    def __len__(self) -> int:
        return len(self.__images)

    def __getattr__(self, name: str) -> Any:
        # Python and libraries look for special methods by themselves; a method that does so means nothing by it.
        if not name.startswith("__"):
            self.__asked.append(name)
        raise AttributeError(f"an ImageSet has no {name!r}")

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return self.__images.rgb(_checked("rgb", indices))

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        return self.__images.depth(_checked("depth", indices))


def _checked(what: str, indices: Any) -> NDArray[np.integer]:
    """Return ``indices`` if they are an array: images in files take no slice and no single number."""
    if not isinstance(indices, np.ndarray) or indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise TypeError(f"images.{what} wants an array of indices, such as np.arange(len(images))")
    return indices


@dataclass
class Watch:
    """Observations made while :meth:`over` some code.

    Attributes:
        asked: names that the images were asked for and that no image set has.
        opened: datasets that were opened.
        moved: global random generators that were drawn from or seeded.
    """

    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    _times: int = 0

    @contextmanager
    def over(self, *, may_draw: bool = False) -> Iterator[None]:
        """Watch the block; the global generators start elsewhere each time and are afterwards as they were before.

        Args:
            may_draw: do not note in :attr:`moved` that a global generator was used.
        """
        before = _generators()
        self._times += 1
        torch.default_generator.manual_seed(self._times)
        np.random.seed(self._times)  # noqa: NPY002 - the legacy generator is what is watched
        random.seed(self._times)
        start = _generators()
        try:
            with self._datasets_closed():
                yield
        finally:
            moved = [name for name, state in _generators().items() if not _same(state, start[name])]
            self.moved += [name for name in moved if not may_draw and name not in self.moved]
            torch.set_rng_state(before["torch"])
            np.random.set_state(before["numpy.random"])  # noqa: NPY002
            random.setstate(before["random"])

    def _datasets_closed(self) -> AbstractContextManager[object]:
        def refuse(dataset: Dataset, *_: object, **__: object) -> None:
            self.opened.append(dataset.name)
            raise PermissionError(f"a method opens no dataset, and this one opened {dataset.name}")

        return patch.object(Dataset, "__init__", refuse)


def _generators() -> dict[str, Any]:
    """Return the states of the process's random generators."""
    legacy = np.random.get_state(legacy=True)  # noqa: NPY002
    return {"torch": torch.get_rng_state(), "numpy.random": legacy, "random": random.getstate()}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


SIZE: Final = 64
IMAGES: Final = 24
DATASET: Final = "mannequin"
PROFILE: Final[Profile] = "tiny"
"""Whose preset the small settings start from."""

SMALL: Final[Mapping[str, object]] = {
    "steps": 2,
    "epochs": 1,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}
"""A budget of seconds, for those methods that have such settings."""


class BrokenRuleError(Exception):
    """Failure of a method to keep a rule; the text says what was seen."""


class Subject:
    """Method under examination; what several rules need is made once, when the first of them asks for it.

    Args:
        kind: the method.
        folder: scratch space.
        overrides: settings of ``kind`` that win over its preset and over :data:`SMALL`.
        size: side of the images in pixels.

    Attributes:
        watch: what the method did beside its work, so far.
        result: what the last fit returned.
        left: names of folders that the last fit left behind.
    """

    result: FitResult
    left: list[str]

    def __init__(
        self, kind: type[Method], folder: Path, overrides: Mapping[str, object] | None = None, *, size: int = SIZE
    ) -> None:
        self.kind, self.folder, self.overrides, self.size = kind, folder, dict(overrides or {}), size
        self.watch = Watch()

    @cached_property
    def settings(self) -> Settings:
        """Small settings.

        Raises:
            DkpError: if the preset is not valid.
        """
        return small_settings(self.kind, self.overrides)

    def create(self, settings: Settings | None = None) -> Method:
        """Make a new instance, under watch and not fitted."""
        with self.watch.over(may_draw=True):  # PyTorch's layers do, and the seed is not known before fit
            return self.kind(settings or self.settings, self.size)

    def images(
        self, order: NDArray[np.integer] | None = None, *, depth: bool = True, variation: int = 0
    ) -> SealedImages:
        """Return the made-up images, or those of them in ``order``; another ``variation`` has others."""
        rgb, maps, _ = made_up(variation, self.size)
        chosen = slice(None) if order is None else order
        return SealedImages(ArrayImages(rgb[chosen], maps[chosen] if depth else None), self.watch.asked)

    def centres(self, variation: int = 0) -> NDArray[np.float64]:
        """Return the centres of the discs in the made-up images, ``(N, 2)`` as (x, y) in pixels."""
        return made_up(variation, self.size)[2]

    def fit(self, *, seed: int = 0, depth: bool = True, variation: int = 0) -> Method:
        """Fit a new instance under watch."""
        method, folder = self.create(), self.new_folder("fit")
        context = FitContext(seed, "cpu", folder, self.required, _quiet)
        with self.watch.over():
            self.result = method.fit(self.images(depth=depth, variation=variation), context)
        self.left = sorted(path.name for path in folder.iterdir() if path.is_dir())
        return method

    def predict(self, method: Method, images: SealedImages | None = None) -> NDArray[np.float32]:
        """Predict with an instance, under watch."""
        with self.watch.over():
            return method.predict(images or self.images())

    @cached_property
    def required(self) -> dict[str, Method]:
        """Fitted methods that this one requires, by name."""
        return {
            name: Subject(find_method(name), self.new_folder(name), size=self.size).fitted
            for name in self.kind.requires
        }

    @cached_property
    def fitted(self) -> Method:
        """Instance fitted with seed 0."""
        return self.fit()

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """First prediction of :attr:`fitted`."""
        return self.predict(self.fitted)

    @cached_property
    def saved(self) -> Path:
        """Folder into which :attr:`fitted` was saved."""
        folder = self.new_folder("saved")
        self.fitted.save(folder)
        return folder

    def new_folder(self, name: str) -> Path:
        """Make an empty folder in the scratch space."""
        folder = self.folder / f"{name}-{len(list(self.folder.glob('*')))}"
        folder.mkdir(parents=True)
        return folder


def small_settings(kind: type[Method], overrides: Mapping[str, object] | None = None) -> Settings:
    """Return the preset of a method with as small a budget as it accepts.

    Raises:
        DkpError: if the preset or an override is not valid.
    """
    kept: dict[str, object] = dict(overrides or {})
    for key in (key for key in SMALL if key in kind.settings_type.model_fields and key not in kept):
        try:
            preset(kind, DATASET, PROFILE, {**kept, key: SMALL[key]})
        except DkpError:
            continue
        kept[key] = SMALL[key]
    return preset(kind, DATASET, PROFILE, kept)


@lru_cache(maxsize=2)
def made_up(variation: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]]:
    """Draw discs on noise, ``(N, S, S, 3)``; their relative inverse depth, ``(N, S, S)``; their centres, ``(N, 2)``.

    The centres are (x, y) in pixels; no method is given them.
    """
    rng = np.random.default_rng(variation)
    rgb = rng.integers(0, 256, (IMAGES, size, size, 3), dtype=np.uint8)
    row, column = np.indices((size, size))
    middle, radius = rng.uniform(size / 4, size * 3 / 4, (IMAGES, 2, 1, 1)), rng.uniform(6, 14, (IMAGES, 1, 1))
    disc = (column - middle[:, 0]) ** 2 + (row - middle[:, 1]) ** 2 <= radius**2
    rgb[disc] = rgb[disc] // 4 + rng.integers(0, 192, 3, dtype=np.uint8)
    depth = rng.random((IMAGES, size, size), dtype=np.float32) + 2 * disc
    return rgb, depth.astype(np.float32), middle[..., 0, 0]


def _quiet(what: str, done: int, total: int, note: str = "") -> None:
    """Take note of a fit's progress and print nothing."""
