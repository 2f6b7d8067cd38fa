"""Permutation tests: how often nothing but chance would set two methods at least as far apart.

All are two-sided, compare |mean difference|, and count a draw that ties with what was observed as at least as far.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np

from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats

ALPHA: Final = 0.05
"""p-values below it count."""
MOST_ENUMERATED = 2**16
"""Flips or permutations up to which all are gone through."""
MONTE_CARLO = 9_999
"""Random ones beyond that: with what was observed they are 10,000."""
AT_ONCE = 2**22
"""Flips, one of each difference, that are drawn at a time."""
KEPT = 2**24
"""Flips that are kept for the next call; 128 MiB."""
TIE = 1e-10
"""Sums that differ by less than this share of what they are sums of are the same but for rounding."""


@dataclass(frozen=True)
class PValue:
    """A p-value and how it was computed.

    Attributes:
        value: in (0, 1].
        exact: whether all flips or permutations were gone through.
        flips: how many were.
    """

    value: float
    exact: bool
    flips: int


def sign_flip(differences: Floats, seed: int = 0) -> PValue:
    """Test paired: were the two methods exchangeable, each difference might as well have the other sign.

    Args:
        differences: ``(G,)``: one method minus the other, added up in each cluster of images
            (:meth:`Resampling.cluster_sums` of :func:`paired_differences`). Clusters, not images, are flipped.
        seed: of the random flips.

    Returns:
        All 2^G flips for up to 16 clusters that differ, else (b + 1) / (m + 1) of m random ones, b of them as far
        (Phipson and Smyth, 2010): never 0, for what was observed is one of the possible.

    Three differences of one sign: of the 8 flips, two are as far.

    >>> sign_flip(np.array([1.0, 2.0, 3.0]))
    PValue(value=0.25, exact=True, flips=8)
    """
    nonzero = differences[differences != 0]
    bound = abs(nonzero.sum()) - TIE * np.abs(nonzero).sum()
    if 2 ** len(nonzero) <= MOST_ENUMERATED:
        sums = np.zeros(1)
        for each in nonzero:
            sums = np.concatenate([sums + each, sums - each])
        return PValue(float((np.abs(sums) >= bound).mean()), exact=True, flips=len(sums))
    count = len(nonzero)
    blocks = [_kept_flips(count, seed)] if count * MONTE_CARLO <= KEPT else _flips(count, seed)
    far = (np.abs(nonzero.sum() - 2 * (block @ nonzero)) >= bound for block in blocks)
    return PValue((sum(int(each.sum()) for each in far) + 1) / (MONTE_CARLO + 1), exact=False, flips=MONTE_CARLO)


def _flips(count: int, seed: int) -> Iterator[Floats]:
    """Yield the random flips of ``count`` differences, 1 for a flip, as ``(at once, count)``."""
    random = np.random.default_rng(seed)
    block = max(AT_ONCE // count, 1)
    for start in range(0, MONTE_CARLO, block):
        size = min(block, MONTE_CARLO - start), count
        yield random.integers(2, size=size, dtype=np.int8).astype(np.float64)


@lru_cache(maxsize=1)
def _kept_flips(count: int, seed: int) -> Floats:
    """Return all of them at once: every pair of methods on the same images asks for the same."""
    return np.concatenate(list(_flips(count, seed)))


def seed_permutation(one: Sequence[float], other: Sequence[float], seed: int = 0) -> PValue:
    """Test unpaired, over seeds: were the methods the same, any of the values might be of either.

    Args:
        one: the number of each seed of one method.
        other: likewise of the other.
        seed: of the random permutations, which take the place of all where those are too many.

    >>> seed_permutation([1.0, 2.0, 3.0], [7.0, 8.0, 9.0])  # 2 of the 20 ways to choose three of six
    PValue(value=0.1, exact=True, flips=20)
    """
    values = np.array([*one, *other], dtype=np.float64)
    values -= values.mean()
    count = len(one)
    bound = abs(values[:count].sum()) - TIE * np.abs(values).sum()
    every = math.comb(len(values), count)
    if every <= MOST_ENUMERATED:
        chosen = np.array(list(itertools.combinations(range(len(values)), count)))
        return PValue(float((np.abs(values[chosen].sum(axis=1)) >= bound).mean()), exact=True, flips=every)
    random = np.random.default_rng(seed)
    shuffled = random.permuted(np.tile(values, (MONTE_CARLO, 1)), axis=1)
    as_far = int((np.abs(shuffled[:, :count].sum(axis=1)) >= bound).sum())
    return PValue((as_far + 1) / (MONTE_CARLO + 1), exact=False, flips=MONTE_CARLO)


def smallest_seed_p(one: int, other: int) -> float:
    """Return the least p-value that :func:`seed_permutation` can give for so many seeds each.

    >>> smallest_seed_p(3, 3)  # 2/20
    0.1
    """
    # With as many of each, the two methods exchanged are as far apart, so the farthest never stands alone.
    return (2 if one == other else 1) / math.comb(one + other, one)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p-values for being several, in the same order: rejecting those ≤ α errs anywhere in at most α of cases.

    The smallest is multiplied by their number, the next by one less, and so on; none falls below a smaller one's and
    none exceeds 1. It needs nothing to be independent.

    >>> holm([0.01, 0.04, 0.03])  # 3 · 0.01, then 2 · 0.03, which 1 · 0.04 may not fall below
    (0.03, 0.06, 0.06)
    """
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(adjusted.tolist())


ROUNDING = 1e-12
"""Means of one, two or three equal numbers differ by less than this share of them: images that tie must tie."""


def paired_differences(one: Sequence[Sums], other: Sequence[Sums]) -> Floats:
    """Return what each image adds to the difference of two numbers, ``(N,)``, in the mean over seeds.

    They add up to the difference.

    Args:
        one: the number of each seed of one method.
        other: likewise of the other, on the same images.

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> paired_differences([mean_of_images(np.array([3.0, 5.0]))], [mean_of_images(np.array([1.0, 5.0]))])
    array([1., 0.])
    """
    here, there = _contributions(one), _contributions(other)
    noise = ROUNDING * np.maximum(np.abs(here), np.abs(there))
    return np.where(np.abs(here - there) > noise, here - there, 0.0)


def cohen_dz(differences: Floats) -> float:
    """Return Cohen's d_z: the mean of paired differences, ``(N,)``, in their standard deviations; 0 where all are 0.

    It is infinite where all are the same and not 0, as with a single image. It does not depend on the unit and does not
    grow with the number of images.

    >>> cohen_dz(np.array([1.0, 2.0, 3.0]))
    2.0
    """
    mean, sd = float(differences.mean()), float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    if sd <= ROUNDING * abs(mean):
        return 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return mean / sd


def share_better(differences: Floats, *, higher_is_better: bool) -> float:
    """Return the share of the images on which the first of two methods is better, in [0, 1]; ties count half.

    >>> share_better(np.array([-2.0, -1.0, 0.0, 3.0]), higher_is_better=False)
    0.625
    """
    signs = np.sign(differences) if higher_is_better else -np.sign(differences)
    return float((signs.mean() + 1) / 2)


def _contributions(seeds: Sequence[Sums]) -> Floats:
    return np.asarray(np.mean([sums.contributions for sums in seeds], axis=0))


MethodT = TypeVar("MethodT")


def split_into_tiers(
    ordered: Sequence[MethodT], told_apart: Callable[[MethodT, MethodT], bool]
) -> tuple[tuple[MethodT, ...], ...]:
    """Sort methods into tiers.

    The best opens the first tier, and all that can't be told apart *from it* join; the best of the others opens the
    next. "Can't be told apart" does not carry over: A and B may be alike, B and C too, and A and C not. No partition
    keeps all pairs together that are alike. This one says of every method in a lower tier that it was told apart from
    the one that opens each higher tier; of two methods neither of which opens a tier it says nothing.

    Args:
        ordered: methods, the best first.
        told_apart: whether two of them, the better first, are told apart.

    Returns:
        The tiers, the best first; each in the order given.

    >>> split_into_tiers([1.0, 1.4, 2.0, 2.3], told_apart=lambda one, other: other - one > 0.5)
    ((1.0, 1.4), (2.0, 2.3))
    """
    found: list[list[MethodT]] = []
    for method in ordered:
        tier = next((tier for tier in found if not told_apart(tier[0], method)), None)
        if tier is None:
            found.append([method])
        else:
            tier.append(method)
    return tuple(tuple(tier) for tier in found)
