"""Images with other depth maps than their own: an estimator's, or their own made worse in a named way."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ImageSet
from dkp_bench.datasets.splits import AnySplit
from dkp_bench.depth.corruption import FAMILIES, Corruption, corrupt, shuffled_order

SEEDS: Mapping[AnySplit, int] = {"train": 0, "regression": 1, "test": 2, "val": 3}
"""Seeds of the corruptions, so that the first images of two splits have no noise in common."""


class OtherDepth(ImageSet):
    """Images with other depth maps than their own; a subclass says which.

    Args:
        images: the images.
    """

    def __init__(self, images: ImageSet) -> None:
        self.images, self.size, self.has_depth = images, images.size, images.has_depth

    def __len__(self) -> int:
        return len(self.images)

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        return self.images.rgb(indices)


class WorseMaps(OtherDepth):
    """Images with their depth maps made worse; which way one is depends on the seed and its own number alone.

    Args:
        images: the images.
        corruptions: what is done to each map, in this order.
        seed: of what is drawn.
    """

    def __init__(self, images: ImageSet, corruptions: Sequence[Corruption], seed: int) -> None:
        super().__init__(images)
        self._corruptions, self._seed = corruptions, seed
        mixed = any(FAMILIES[each.family].mixes_images for each in corruptions)
        self._of = shuffled_order(len(images), seed) if mixed else np.arange(len(images))

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        maps = self.images.depth(self._of[indices])
        for corruption in self._corruptions:
            maps = corrupt(maps, np.asarray(indices), corruption, self._seed)
        return maps
