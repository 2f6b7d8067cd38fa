"""Watching what a method does beside its work: what it asks its images for, and what it does to the process."""

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages, Dataset, ImageSet


class SealedImages(ImageSet):
    """Images that can do what an :class:`ImageSet` can, and note whatever else they are asked for.

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
    """Images in files take no slice and no single number, however well an array would."""
    if not isinstance(indices, np.ndarray) or indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise TypeError(f"images.{what} wants an array of indices, such as np.arange(len(images))")
    return indices


@dataclass
class Watch:
    """What was seen while :meth:`over` something.

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
    """The states of the process's random generators."""
    legacy = np.random.get_state(legacy=True)  # noqa: NPY002
    return {"torch": torch.get_rng_state(), "numpy.random": legacy, "random": random.getstate()}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
