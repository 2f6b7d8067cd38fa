"""A dataset whose depth maps are estimated from its images, by a network that was trained here on exact maps.

``unet-200`` was trained for 200 steps on the dataset's own ``train`` split, ``unet-200@mannequin-plain`` on that of
another dataset. Weights and maps are made once, when the dataset is prepared, and lie beside its images under a name
that changes with the code of the network and with the images.

The source of a prepared dataset ends with eight digits over that code and what the network learned from, as a depth
store's does with those of its weights: ``unet-200-1a2b3c4d``. So a run on other maps is another run. They are not part
of the dataset's hash: that says what a run was scored on, and only runs that agree in it can be compared, such as a
student and AutoLink.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Dataset, ImageSet, Validation
from dkp_bench.datasets.depth_sources import quality_finding
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.index import indexed
from dkp_bench.datasets.other_depth import OtherDepth
from dkp_bench.datasets.splits import SPLITS, Split, stored_name
from dkp_bench.datasets.views import DatasetView
from dkp_bench.errors import DkpError
from dkp_bench.progress import Progress, renamed
from dkp_bench.syntax import meaning, parse

if TYPE_CHECKING:
    from dkp_bench.depth.unet import DepthUnet

Maps = NDArray[np.floating]

NETWORK = Path(__file__).parents[1] / "depth" / "unet.py"
"""The code that decides which maps are learned."""


class EstimatedDepth(DatasetView):
    """A dataset with estimated depth maps in place of its exact ones.

    Args:
        viewed: the dataset.
        steps: how long the network is trained.
        learned_on: the dataset it is trained on, at the same size; ``viewed`` if None.
        digits: what the name of the maps must end with; None for whatever it ends with.
    """

    def __init__(
        self, viewed: Dataset, steps: int, learned_on: Dataset | None = None, digits: str | None = None
    ) -> None:
        super().__init__(viewed)
        self.steps, self.learned_on = steps, learned_on or viewed
        self.network_name = f"unet-{steps}" + ("" if self.learned_on is viewed else f"@{self.learned_on.name}")
        self._wanted, self._digits = digits, ""
        self._found: dict[str, Maps] = {}

    @property
    def depth_source(self) -> str:
        """The network's name; once the dataset is prepared, with the digits over what made its maps."""
        return f"{self.network_name}-{self._digits}" if self._digits else self.network_name

    def prepare(self, progress: Progress | None = None) -> None:
        """Make the maps of every split, or find them in the cache.

        Raises:
            DkpError: if other maps were asked for than this code makes.
        """
        self.viewed.prepare(progress)
        self.learned_on.prepare(progress)
        key = hashlib.sha256(_code().encode() + self.learned_on.content_hash().encode())
        self._digits = key.hexdigest()[:8]
        if self._wanted not in (None, self._digits):
            asked = f"{self.network_name}-{self._wanted}"
            problem = f"the depth maps {asked} of {self.name} were made by other code or from other images"
            raise DkpError(problem, f"those that this version makes are called {self.depth_source}")
        for split in SPLITS:
            self._maps(stored_name(split), self.viewed.images(split), progress)

    def images(self, split: Split) -> ImageSet:
        images = self.viewed.images(split)
        return EstimatedMaps(images, self._maps(stored_name(split), images))

    def validation(self, progress: Progress | None = None) -> Validation:
        found = self.viewed.validation(progress)
        maps = self._maps(f"val-{found.digest[:10]}", found.images, progress)
        return replace(found, images=EstimatedMaps(found.images, maps))

    def check(self, progress: Progress | None = None) -> list[Finding]:
        findings = self.viewed.check(progress)
        self.prepare(progress)
        return [*findings, quality_finding(self, self.viewed)]

    def _maps(self, name: str, images: ImageSet, progress: Progress | None = None) -> Maps:
        """Return the estimated maps of some images, ``(N, S, S)``, from the cache or made now."""
        if name not in self._found:

            def estimate() -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
                from dkp_bench.depth.unet import estimated  # imports PyTorch, which finding a dataset does without

                what = f"depth {self.network_name} of {self.name} {self.size} px, {name.partition('-')[0]}"
                return {"depth": estimated(self._network(progress), images, renamed(progress, what))}, {}

            self._found[name] = indexed(self._folder(self.viewed, self.network_name) / name, estimate).arrays["depth"]
        return self._found[name]

    def _network(self, progress: Progress | None) -> "DepthUnet":
        """Return the network, trained now where its weights are not in the cache."""
        from dkp_bench.depth.unet import train_unet, unet_of, weights_of

        self.learned_on.prepare(progress)

        def train() -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
            what = f"training unet-{self.steps} on {self.learned_on.name} {self.size} px"
            network = train_unet(self.learned_on.images("train"), self.steps, progress=renamed(progress, what))
            return weights_of(network), {}

        folder = self._folder(self.learned_on, f"unet-{self.steps}")
        return unet_of(indexed(folder / "weights", train).arrays)

    def _folder(self, of: Dataset, name: str) -> Path:
        """Return the folder beside the images of a dataset, named by all that decides what is in it."""
        key = hashlib.sha256(_code().encode())
        self.learned_on.prepare()
        for dataset in (self.learned_on, of):
            key.update(dataset.content_hash().encode())
        return of.cache / of.name / f"{self.size}px-{name}-{key.hexdigest()[:10]}"


class EstimatedMaps(OtherDepth):
    """Images with estimated depth maps.

    Args:
        images: the images.
        maps: ``(N, S, S)`` relative inverse depth.
    """

    def __init__(self, images: ImageSet, maps: Maps) -> None:
        super().__init__(images)
        self._maps, self.has_depth = maps, True

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        return np.asarray(self._maps[indices], dtype=np.float32)


def _code() -> str:
    """Return the meaning of the code that decides which maps a network learns to give."""
    return meaning(parse(NETWORK.read_bytes()))
