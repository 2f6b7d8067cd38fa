import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics import (
    Interval,
    Resampling,
    combine,
    difference,
    estimate_mean,
    paired_by_seed,
    percent_change,
)

MANY = Resampling(draws=20_000)
any_seed = st.integers(0, 2**32 - 1)


def mean(values: Floats) -> Sums:
    return Sums(values[:, None], np.ones((len(values), 1)))


def close(found: Interval, low: float, high: float) -> bool:
    """Within 3 % of its width: what 20,000 draws leave to chance, three times over."""
    slack = 0.03 * (high - low)
    return abs(found.low - low) < slack and abs(found.high - high) < slack


@settings(deadline=None, max_examples=10)
@given(any_seed, st.sampled_from([4, 20, 300]), st.sampled_from([0.8, 0.95, 0.99]))
def test_one_seed_gives_the_t_interval_of_the_images(seed: int, images: int, level: float) -> None:
    values = np.random.default_rng(seed).normal(7, 2, images)
    found = estimate_mean([mean(values)], MANY)
    assert found.value == pytest.approx(values.mean())
    assert found.image_df == pytest.approx(images - 1)
    assert not found.covers_seeds
    oracle = scipy.stats.ttest_1samp(values, 0).confidence_interval(level)
    assert close(found.interval(level), oracle.low, oracle.high)


@settings(deadline=None, max_examples=10)
@given(any_seed, st.sampled_from([2, 3, 5]))
def test_images_that_are_alike_leave_the_t_interval_of_the_seeds(seed: int, seeds: int) -> None:
    values = np.random.default_rng(seed).normal(7, 2, seeds)
    found = estimate_mean([mean(np.full(10, value)) for value in values], MANY)
    assert found.covers_seeds
    oracle = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert close(found.interval(), oracle.low, oracle.high)


@settings(deadline=None, max_examples=10)
@given(any_seed, st.sampled_from([(3, 3), (3, 5), (8, 2)]))
def test_seeds_of_two_methods_give_welchs_interval(seed: int, seeds: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    samples = [random.normal(7, scale, count) for scale, count in zip((1, 3), seeds, strict=True)]
    one, other = (estimate_mean([mean(np.full(10, value)) for value in sample], MANY) for sample in samples)
    oracle = scipy.stats.ttest_ind(*samples, equal_var=False).confidence_interval()
    assert close(difference(one, other).interval(), oracle.low, oracle.high)


@settings(deadline=None, max_examples=10)
@given(any_seed, st.sampled_from([2, 3, 5]))
def test_seeds_that_are_paired_give_the_paired_t_interval(seed: int, seeds: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.normal(7, 2, seeds)
    other = rng.normal(0, 1, seeds) - one  # what one seed does to the first it undoes in the second
    found = paired_by_seed(*(estimate_mean([mean(np.full(9, v)) for v in values], MANY) for values in (one, other)))
    oracle = scipy.stats.ttest_rel(one, other).confidence_interval(0.95)
    assert close(difference(*found).interval(), oracle.low, oracle.high)


def test_only_the_same_seeds_can_be_paired() -> None:
    one, other = (estimate_mean([mean(np.full(9, 1.0))] * count, Resampling()) for count in (2, 3))
    with pytest.raises(DkpError, match="not of the same seeds"):
        paired_by_seed(one, other)


def test_images_are_paired() -> None:
    random = np.random.default_rng(0)
    hard, gain = random.normal(10, 3, 200), random.normal(0.5, 0.1, 200)
    one, other = estimate_mean([mean(hard + gain)], MANY), estimate_mean([mean(hard)], MANY)
    oracle = scipy.stats.ttest_rel(hard + gain, hard).confidence_interval()
    assert close(difference(one, other).interval(), oracle.low, oracle.high)
    assert oracle.high - oracle.low < 0.05
    assert one.interval().high - one.interval().low > 0.5


def three_seeds(seed: int, images: int = 60) -> list[Sums]:
    random = np.random.default_rng(seed)
    shared = random.normal(10, 2, images)
    return [mean(shared + random.normal(0, 0.3) + random.normal(0, 0.5, images)) for _ in range(3)]


def test_the_same_runs_do_not_differ_from_themselves() -> None:
    one = estimate_mean(three_seeds(1), Resampling())
    assert difference(one, one).interval() == Interval(0, 0)


def test_a_number_of_numbers_of_the_same_runs_keeps_their_draws() -> None:
    one, other = estimate_mean(three_seeds(2), Resampling()), estimate_mean(three_seeds(3), Resampling())
    through = combine(lambda gap, value: gap + value, difference(one, other), other)
    np.testing.assert_allclose(
        [through.interval().low, through.interval().high], [one.interval().low, one.interval().high]
    )


def test_a_relative_change_is_in_per_cent_of_the_first() -> None:
    one, other = estimate_mean(three_seeds(4), Resampling()), estimate_mean(three_seeds(5), Resampling())
    change = percent_change(one, other)
    assert change is not None
    assert change.value == pytest.approx(100 * (other.value - one.value) / one.value)
    gap = difference(other, one).interval()
    interval = change.interval()
    assert interval.high - interval.low == pytest.approx(100 * (gap.high - gap.low) / one.value, rel=0.1)
    zero = estimate_mean([mean(np.zeros(5))], Resampling())
    assert percent_change(zero, zero) is None


def test_seeds_are_covered_only_where_all_methods_have_several() -> None:
    several, single = estimate_mean(three_seeds(6), Resampling()), estimate_mean(three_seeds(7)[:1], Resampling())
    assert several.covers_seeds
    assert difference(several, several).covers_seeds
    assert not difference(several, single).covers_seeds
    assert len(difference(several, single).seeds) == 1


def test_an_interval_knows_what_it_contains() -> None:
    assert 1.5 in Interval(1, 2)
    assert 2.5 not in Interval(1, 2)


@settings(deadline=None, max_examples=20)
@given(any_seed, st.floats(0.1, 100), st.floats(-50, 50))
def test_a_change_of_unit_changes_the_interval_alike(seed: int, scale: float, shift: float) -> None:
    sums = three_seeds(seed)
    plain = estimate_mean(sums, Resampling(draws=200)).interval()
    changed = estimate_mean(
        [mean(scale * each.numerators[:, 0] + shift) for each in sums], Resampling(draws=200)
    ).interval()
    np.testing.assert_allclose(
        [changed.low, changed.high], [scale * plain.low + shift, scale * plain.high + shift], rtol=1e-6, atol=1e-6
    )


def test_it_is_the_same_every_time() -> None:
    sums = three_seeds(8)
    assert estimate_mean(sums, Resampling()).interval() == estimate_mean(sums, Resampling()).interval()


def test_a_single_sequence_says_nothing_of_other_images() -> None:
    found = estimate_mean(three_seeds(9), Resampling(np.zeros(60)))
    assert found.interval() == Interval(-math.inf, math.inf)
    assert math.isfinite(found.value)
