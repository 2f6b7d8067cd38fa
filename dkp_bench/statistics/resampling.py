"""Draws of images, whole sequences at a time, and of seeds: Rao and Wu's rescaling bootstrap.

Images of one sequence look alike, so sequences are drawn, not images. Of G clusters, m are drawn with replacement, and
the number moves away from that of all clusters by √(m / (G − 1)) of what the draw says (Rao and Wu, JASA 83, 1988). For
any m, the variance of a mean over the draws is then the textbook's, s² / G, where the plain bootstrap's is (G − 1) / G
of it: of three seeds, a third too little. Here m is G − 1, at most 1,000, so 100,000 images take no longer than 1,000.

What moves is the number's linear part, the sum of what each image adds to or takes from it
(:attr:`dkp_bench.scoring.Sums.influence`): with few and unequal clusters the ratios themselves would vary too little,
and a joint that few images show would be missing from many draws.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dkp_bench.errors import DkpError
from dkp_bench.scoring import Sums
from dkp_bench.scoring.samples import Floats
from dkp_bench.statistics.clusters import Information, information

MOST_DRAWN = 1000
"""Clusters in a draw; more would make the draws no better, for only their variance is used."""


@dataclass(frozen=True, eq=False)
class Resampling:
    """The same draws of images for everything that is compared on one dataset.

    Attributes:
        clusters: ``(N,)`` labels, of text or numbers: images with the same one stay together (the ``sequence`` of an
            image); None if every image stands alone.
        draws: number of draws.
        seed: of the draws.
    """

    clusters: NDArray[np.generic] | None = None
    draws: int = 2000
    seed: int = 0

    def cluster_sums(self, values: Floats) -> Floats:
        """Rows of images, ``(N, …)``, added up in each cluster, ``(G, …)``.

        Raises:
            DkpError: if there are more or fewer images than labels.
        """
        if self._members is None:
            return values
        if self._members.shape[1] != len(values):
            raise DkpError(f"{len(values)} images are scored, but {self._members.shape[1]} have a cluster")
        return np.asarray(self._members @ values)

    @functools.cached_property
    def _members(self) -> csr_array | None:
        """1 where an image is of a cluster, ``(G, N)``; None if every image stands alone."""
        if self.clusters is None:
            return None
        labels, cluster_of = np.unique(self.clusters, return_inverse=True)
        images = len(self.clusters)
        return csr_array((np.ones(images), (cluster_of, np.arange(images))), shape=(len(labels), images))

    def replicates(self, sums: Sums) -> Floats:
        """The number under each draw of clusters, ``(draws,)``: its variance is that from drawing other images.

        It is widened where few clusters carry the number, as :class:`Information` says.
        """
        moved = resampled_deviations(self.cluster_sums(sums.influence), self.draws, self.seed)
        return sums.value + self.information(sums).widening * moved

    def information(self, sums: Sums) -> Information:
        """How much the clusters tell of the variance."""
        return information(self.cluster_sums(sums.denominators))


def resampled_deviations(deviations: Floats, draws: int, seed: int) -> Floats:
    """What a sum of deviations, ``(G,)``, themselves adding up to 0, comes to under each draw, ``(draws,)``."""
    count = len(deviations)
    if count < 2:
        return np.zeros(draws)
    drawn = min(count - 1, MOST_DRAWN)
    step = np.sqrt(drawn / (count - 1)) * count / drawn
    return np.asarray(step * (_draws(count, drawn, draws, seed) @ deviations))


@functools.lru_cache(maxsize=4)
def _draws(count: int, drawn: int, draws: int, seed: int) -> csr_array:
    """How often each of ``count`` rows is among the ``drawn`` of each draw, ``(draws, count)``."""
    rows = np.random.default_rng(seed).integers(count, size=draws * drawn)
    return csr_array((np.ones(len(rows)), rows, np.arange(0, len(rows) + 1, drawn)), shape=(draws, count))
