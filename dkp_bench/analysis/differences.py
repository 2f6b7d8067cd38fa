"""Differences of methods on the same images, pair by pair, and the tiers that follow from them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dkp_bench import statistics
from dkp_bench.analysis.measurement import Measurement
from dkp_bench.scoring import Sums
from dkp_bench.statistics import ALPHA, LEVEL, Estimate, PValue, Resampling


@dataclass(frozen=True, eq=False)
class Difference:
    """The difference of two methods, with its tests.

    Attributes:
        one: the method in question.
        other: the method it is compared with.
        estimate: the number of ``one`` minus that of ``other``.
        p: over images, of the paired permutation test.
        corrected_p: the same, corrected for all pairs that were looked at together (Holm).
        seed_p: over seeds, not paired; None unless both have several.
        effect: Cohen's d_z of the images' differences.
        share_better: share of the images on which ``one`` is better, in [0, 1].
        equal: true if the two have the same number on every image.
    """

    one: Measurement
    other: Measurement
    estimate: Estimate
    p: PValue
    corrected_p: float
    seed_p: PValue | None
    effect: float
    share_better: float
    equal: bool

    @property
    def percent(self) -> float | None:
        """The difference in % of the number of ``other``; None from zero."""
        base = self.other.estimate.value
        return None if base == 0 else 100 * self.estimate.value / base

    @property
    def worse_by(self) -> float:
        """The amount by which ``one`` is worse, in the metric's unit; negative where it is better."""
        return -self.estimate.value if self.one.higher_is_better else self.estimate.value

    @property
    def told_apart(self) -> bool:
        """True if the corrected p over images is below 0.05 and the interval over images and seeds excludes 0."""
        # Both, because they cover different things: the test is corrected for the number of pairs but takes the trained
        # seeds as given; the interval is not corrected, but with several seeds it covers chance in training as well.
        return self.corrected_p < ALPHA and 0.0 not in self.estimate.interval(LEVEL)


Differences = Mapping[tuple[Measurement, Measurement], Difference]
"""The difference of each pair of methods: the one that was listed earlier minus the other."""


def differences(measurements: Sequence[Measurement], resampling: Resampling) -> Differences:
    """Compare all pairs of methods; their p-values are corrected together.

    Args:
        measurements: the same number of each method, measured with ``resampling``.
        resampling: the draws of the test images.
    """
    pairs = [_difference(one, other, resampling) for one, other in itertools.combinations(measurements, 2)]
    corrected = statistics.holm([pair.p.value for pair in pairs])
    return {(pair.one, pair.other): replace(pair, corrected_p=p) for pair, p in zip(pairs, corrected, strict=True)}


def tiers(measurements: Sequence[Measurement], between: Differences) -> tuple[tuple[Measurement, ...], ...]:
    """Sort methods into tiers, the best first; those of a tier do not differ significantly from the best in it."""
    sign = -1 if measurements[0].higher_is_better else 1
    ranked = sorted(measurements, key=lambda measurement: sign * measurement.estimate.value)
    either_way = {frozenset(pair): found.told_apart for pair, found in between.items()}
    return statistics.split_into_tiers(ranked, lambda one, other: either_way[frozenset((one, other))])


def joint_differences(
    one: Mapping[str, Sequence[Sums]], other: Mapping[str, Sequence[Sums]], resampling: Resampling
) -> dict[str, Estimate]:
    """Return the number of each joint of one method minus that of another, by the joint's name.

    Args:
        one: for each joint the sums of each seed, from :func:`dkp_bench.analysis.measurement.measure_joints`.
        other: the same of the other method.
        resampling: the draws of the test images.
    """
    return {
        joint: statistics.difference(
            statistics.estimate_mean(seeds, resampling), statistics.estimate_mean(other[joint], resampling)
        )
        for joint, seeds in one.items()
    }


def _difference(one: Measurement, other: Measurement, resampling: Resampling) -> Difference:
    """Return the difference of a pair, its p not yet corrected."""
    paired = statistics.paired_differences(one.sums, other.sums)
    # Signs are flipped for whole sequences: frames of one video are no independent observations.
    p = statistics.sign_flip(resampling.cluster_sums(paired))
    several = min(len(one.sums), len(other.sums)) > 1
    return Difference(
        one,
        other,
        statistics.difference(one.estimate, other.estimate),
        p,
        p.value,
        statistics.seed_permutation(one.values, other.values) if several else None,
        statistics.cohen_dz(paired),
        statistics.share_better(paired, higher_is_better=one.higher_is_better),
        not paired.any(),
    )
