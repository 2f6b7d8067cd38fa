"""A score with what is known of its uncertainty, and numbers made of several scores.

Two things could have come out otherwise: the test images and the seeds. Their variances are added. That of the images
is taken with the seeds held, that of the seeds with the images held; what image and seed share by chance is in both, so
the interval errs on the wide side.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, overload

import numpy as np
from scipy.special import stdtrit

from dkp_bench.errors import DkpError
from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics.bootstrap import Resampling, resampled_deviations

LEVEL: Final = 0.95
"""Of every interval, unless another one is asked for."""


@dataclass(frozen=True)
class Interval:
    """Confidence interval from ``low`` to ``high``; infinite where nothing is known of the variance.

    >>> 2.0 in Interval(1.0, 3.0)
    True
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, eq=False)
class Seeds:
    """Effect of the seeds of one method on a number, the images and all other methods held.

    Attributes:
        drawn: ``(S,)``: what was drawn from, a value for each seed; the same array in every number made of them.
        replicates: ``(B,)``: the number under each draw.
    """

    drawn: Floats
    replicates: Floats

    @property
    def df(self) -> int:
        """Degrees of freedom of the variance over seeds."""
        return len(self.drawn) - 1


@dataclass(frozen=True, eq=False)
class Estimate:
    """Number with what it might have been with other images and other seeds.

    Attributes:
        value: the number; a mean over seeds.
        by_images: ``(B,)``: the number under each draw of images, the seeds held. Two estimates of one
            :class:`Resampling` share their draws, as their methods share the images.
        image_df: degrees of freedom of the variance over images.
        seeds: of each method behind the number that has several; methods do not share seeds.
        covers_seeds: whether every method behind the number has several seeds.
    """

    value: float
    by_images: Floats
    image_df: float
    seeds: tuple[Seeds, ...] = ()
    covers_seeds: bool = False

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the confidence interval: value ± √(t² · variance over images + t'² · variance over seeds).

        Each variance has the t of its own degrees of freedom; those of several methods' seeds together are Welch and
        Satterthwaite's. One t for both falls short of the level with three seeds that make up most of the variance.

        Without several seeds it covers only images, and :attr:`covers_seeds` says so; with a single cluster of images
        it is infinite. It is not clipped to the range of a unit.
        """
        if self.image_df == 0:
            return Interval(-math.inf, math.inf)
        squared = _variance(self.by_images) * _t(self.image_df, level) ** 2
        by_seeds = np.array([_variance(seeds.replicates) for seeds in self.seeds])
        if by_seeds.any():
            df = by_seeds.sum() ** 2 / (by_seeds**2 / [seeds.df for seeds in self.seeds]).sum()
            squared += by_seeds.sum() * _t(float(df), level) ** 2
        half = math.sqrt(squared)
        return Interval(self.value - half, self.value + half)

    def with_seeds_drawn(self, source: Seeds) -> Floats | float:
        """Return the number under each draw of one method's seeds; its value where that method takes no part in it."""
        return next((seeds.replicates for seeds in self.seeds if seeds.drawn is source.drawn), self.value)


def estimate_mean(sums_of_each_seed: Sequence[Sums], resampling: Resampling) -> Estimate:
    """Estimate the mean over seeds of one method's number.

    Args:
        sums_of_each_seed: the number of each seed on the same images.
        resampling: the draws that everything compared on these images shares.

    Two seeds on 100 images:

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> errors = np.linspace(5, 15, 100)
    >>> found = estimate_mean([mean_of_images(errors), mean_of_images(errors + 2)], Resampling())
    >>> round(found.value, 6), found.covers_seeds, found.value in found.interval()
    (11.0, True, True)
    """
    values = np.array([sums.value for sums in sums_of_each_seed])
    by_images = np.mean([resampling.replicates(sums) for sums in sums_of_each_seed], axis=0)
    image_df = min(resampling.information(sums).df for sums in sums_of_each_seed)
    several = len(values) > 1
    mean = float(values.mean())
    by_seeds = mean + resampled_deviations((values - mean) / len(values), resampling.draws, resampling.seed)
    seeds = (Seeds(values, by_seeds),) if several else ()
    return Estimate(mean, by_images, image_df, seeds, covers_seeds=several)


def combine(function: Callable[..., Any], *estimates: Estimate) -> Estimate:
    """Combine numbers on the same images: ``function`` of their values, and of every replicate.

    Images are drawn for all of them at once, the seeds of one method at a time.

    Args:
        function: of as many numbers, or arrays of them, as there are estimates.
        estimates: all with the same :class:`Resampling`.

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> one, other = (estimate_mean([mean_of_images(np.full(9, value))], Resampling()) for value in (6.0, 8.0))
    >>> combine(lambda a, b: a / b, one, other).value
    0.75
    """
    sources = {id(seeds.drawn): seeds for each in estimates for seeds in each.seeds}
    return Estimate(
        float(function(*(each.value for each in estimates))),
        np.asarray(function(*(each.by_images for each in estimates)), dtype=np.float64),
        min(each.image_df for each in estimates),
        tuple(
            Seeds(source.drawn, np.asarray(function(*(each.with_seeds_drawn(source) for each in estimates))))
            for source in sources.values()
        ),
        covers_seeds=all(each.covers_seeds for each in estimates),
    )


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Return ``one`` − ``other``; what they share by their images cancels out.

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> errors = np.linspace(5, 15, 100)
    >>> one, other = (estimate_mean([mean_of_images(each)], Resampling()) for each in (errors, errors + 1))
    >>> found = difference(one, other).interval()
    >>> round(found.low, 6), round(found.high, 6)  # every image differs by 1, however much images differ
    (-1.0, -1.0)
    """
    return combine(lambda a, b: a - b, one, other)


def paired_by_seed(*estimates: Estimate) -> tuple[Estimate, ...]:
    """Return numbers of several methods with their seeds drawn together: the first seed of each is one draw, and so on.

    For methods that were trained with the same seeds, when what a seed does to one may be what it does to the others.
    Whatever is combined of them has one variance over seeds, that of the pairs, with one degree of freedom less than
    there are pairs. Nothing is assumed of how alike the two are.

    Args:
        estimates: each the mean over the same seeds, in the same order.

    Raises:
        DkpError: if they are means over different numbers of seeds.

    The second method is better by 1 with each seed:

    >>> from dkp_bench.scoring.sums import mean_of_images
    >>> one, other = ([mean_of_images(np.full(9, value + better)) for value in (5.0, 8.0)] for better in (0, -1))
    >>> pair = paired_by_seed(*(estimate_mean(sums, Resampling()) for sums in (one, other)))
    >>> difference(*pair).interval()
    Interval(low=1.0, high=1.0)
    """
    counts = {len(seeds.drawn) for each in estimates for seeds in each.seeds}
    if len(counts) > 1 or len({len(each.seeds) for each in estimates}) > 1:
        raise DkpError("estimates are paired by seed that are not of the same seeds")
    shared = next((seeds.drawn for each in estimates for seeds in each.seeds), np.zeros(0))
    return tuple(replace(each, seeds=tuple(replace(seeds, drawn=shared) for seeds in each.seeds)) for each in estimates)


@overload
def percent_change(before: float, after: float) -> float | None: ...


@overload
def percent_change(before: Estimate, after: Estimate) -> Estimate | None: ...


def percent_change(before: Any, after: Any) -> Any:
    """Return the relative change from ``before`` to ``after`` in %; None from a value of zero.

    Args:
        before: a number, or an estimate.
        after: the same, on the same images.

    >>> percent_change(8.0, 6.0)
    -25.0
    """
    if isinstance(before, Estimate):
        return None if before.value == 0 else combine(_percent, before, after)
    return None if before == 0 else _percent(before, after)


def _percent(before: Any, after: Any) -> Any:
    return 100 * (after - before) / before


def _variance(replicates: Floats) -> float:
    return float(np.var(replicates, ddof=1))


def _t(df: float, level: float) -> float:
    """Return how many standard errors an interval of this level reaches to either side."""
    return float(stdtrit(df, (1 + level) / 2))
