"""Draws of images in clusters, and how much a few, unequal clusters tell of the variance of a number.

A cluster's deviation from the mean is measured from a mean that it is part of, so it comes out too small, the more so
the larger its share. Say all images of a cluster are alike: cluster g is off by e_g, of variance 1 and independent of
the others, and has a share a_gc in the denominator of column c. The number is then off by Σ_g A_g e_g, A_g = Σ_c a_gc,
and the deviations seen are K e, K = diag(A) − a aᵀ. Their squares add up to tr K² in expectation, in place of Σ A²; as
a variance they have (tr K²)² / tr K⁴ degrees of freedom: Satterthwaite's rule as Bell and McCaffrey apply it to
clusters (Survey Methodology 28, 2002). Equal clusters and one column give G − 1, and tr K² / Σ A² = (G − 1) / G.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dkp_bench.errors import DkpError
from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats

NOTHING = 1e-9


@dataclass(frozen=True)
class Information:
    """Information that clusters give of a variance.

    Attributes:
        df: degrees of freedom of the variance; 0 where a single cluster carries a column.
        widening: what deviations under Rao and Wu's draws must be multiplied by; 1 for equal clusters.
    """

    df: float
    widening: float


def information(denominators: Floats) -> Information:
    """Compute what clusters with these denominators, ``(G, C)``, tell of the variance of a sum of C ratios.

    Five equal clusters have 4 degrees of freedom; one that is as large as all others together counts for much:

    >>> round(information(np.ones((5, 1))).df, 2)
    4.0
    >>> round(information(np.array([[4.0], [1.0], [1.0], [1.0], [1.0]])).df, 2)
    2.03
    """
    count = len(denominators)
    share = denominators / denominators.sum(axis=0)
    weight = share.sum(axis=1)
    none, once, twice, thrice = (share.T @ (weight[:, None] ** power * share) for power in range(4))
    second = (weight**2).sum() - 2 * np.trace(once) + np.trace(none @ none)
    fourth = (
        (weight**4).sum()
        - 4 * np.trace(thrice)
        + 4 * np.trace(twice @ none)
        + 2 * np.trace(once @ once)
        - 4 * np.trace(once @ none @ none)
        + np.trace(none @ none @ none @ none)
    )
    truth = (weight**2).sum()
    if not second > NOTHING * truth:
        return Information(df=0.0, widening=1.0)
    return Information(float(second**2 / fourth), float(np.sqrt(truth / second * (count - 1) / count)))


MOST_DRAWN = 1000
"""Clusters in a draw; more would make the draws no better, for only their variance is used."""


@dataclass(frozen=True, eq=False)
class Resampling:
    """Draws of images, the same for everything that is compared on one dataset.

    Attributes:
        clusters: ``(N,)`` labels, of text or numbers: images with the same one stay together (the ``sequence`` of an
            image); None if every image stands alone.
        draws: number of draws.
        seed: of the draws.

    The spread of the replicates is the standard error of the mean: here about √(100² / 12 / 100) = 2.9.

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> found = Resampling(draws=2000, seed=0).replicates(mean_of_images(np.arange(100.0)))
    >>> found.shape, bool(abs(found.std() - 2.9) < 0.1)
    ((2000,), True)
    """

    clusters: NDArray[np.generic] | None = None
    draws: int = 2000
    seed: int = 0

    def cluster_sums(self, values: Floats) -> Floats:
        """Add up rows of images, ``(N, …)``, in each cluster, ``(G, …)``.

        Raises:
            DkpError: if there are more or fewer images than labels.

        >>> Resampling(np.array(["a", "a", "b"])).cluster_sums(np.array([1.0, 2.0, 5.0]))
        array([3., 5.])
        """
        if self._members is None:
            return values
        if self._members.shape[1] != len(values):
            raise DkpError(f"{len(values)} images are scored, but {self._members.shape[1]} have a cluster")
        return np.asarray(self._members @ values)

    @functools.cached_property
    def _members(self) -> csr_array | None:
        """Membership: 1 where an image is of a cluster, ``(G, N)``; None if every image stands alone."""
        if self.clusters is None:
            return None
        labels, cluster_of = np.unique(self.clusters, return_inverse=True)
        images = len(self.clusters)
        return csr_array((np.ones(images), (cluster_of, np.arange(images))), shape=(len(labels), images))

    def replicates(self, sums: Sums) -> Floats:
        """Compute the number under each draw of clusters, ``(draws,)``: its variance is that from drawing other images.

        It is widened where few clusters carry the number, as :class:`Information` says.
        """
        moved = resampled_deviations(self.cluster_sums(sums.influence), self.draws, self.seed)
        return sums.value + self.information(sums).widening * moved

    def information(self, sums: Sums) -> Information:
        """Compute how much the clusters tell of the variance."""
        return information(self.cluster_sums(sums.denominators))


def resampled_deviations(deviations: Floats, draws: int, seed: int) -> Floats:
    """Compute a sum of deviations, ``(G,)``, themselves adding up to 0, under each draw, ``(draws,)``.

    >>> found = resampled_deviations(np.array([-1.0, 0.0, 1.0]), draws=5000, seed=0)
    >>> round(float(found.var()), 1)  # 3/2 of the sum of squares, 2, since three deviate from their own mean
    3.0
    """
    count = len(deviations)
    if count < 2:
        return np.zeros(draws)
    drawn = min(count - 1, MOST_DRAWN)
    step = np.sqrt(drawn / (count - 1)) * count / drawn
    return np.asarray(step * (_draws(count, drawn, draws, seed) @ deviations))


@functools.lru_cache(maxsize=4)
def _draws(count: int, drawn: int, draws: int, seed: int) -> csr_array:
    """Count how often each of ``count`` rows is among the ``drawn`` of each draw, ``(draws, count)``."""
    rows = np.random.default_rng(seed).integers(count, size=draws * drawn)
    return csr_array((np.ones(len(rows)), rows, np.arange(0, len(rows) + 1, drawn)), shape=(draws, count))
