import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics import PValue, seed_permutation, sign_flip, significance, smallest_seed_p

any_seed = st.integers(0, 2**32 - 1)


def differences(seed: int, count: int, shift: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(shift, 1, count)


@settings(deadline=None, max_examples=30)
@given(any_seed, st.integers(2, 10), st.floats(-2, 2))
def test_all_sign_flips_give_scipys_p(seed: int, count: int, shift: float) -> None:
    sample = differences(seed, count, shift)
    oracle = scipy.stats.permutation_test(
        (sample,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    )
    found = sign_flip(sample)
    assert found.value == pytest.approx(oracle.pvalue)
    assert (found.exact, found.flips) == (True, 2**count)


@settings(deadline=None, max_examples=30)
@given(any_seed, st.integers(2, 5), st.integers(2, 5), st.floats(-2, 2))
def test_all_permutations_of_seeds_give_scipys_p(seed: int, one: int, other: int, shift: float) -> None:
    samples = differences(seed, one, shift), differences(seed + 1, other)
    oracle = scipy.stats.permutation_test(
        samples,
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        vectorized=True,
        n_resamples=np.inf,
        alternative="greater",
    )
    assert seed_permutation(*samples).value == pytest.approx(oracle.pvalue)
    assert seed_permutation(*samples).exact


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [(1, 1, 1), (2, 2, 2 / 6), (3, 3, 2 / 20), (5, 5, 2 / 252), (3, 5, 1 / 56), (1, 3, 1 / 4)],
)
def test_few_seeds_cannot_give_a_smaller_p(one: int, other: int, least: float) -> None:
    assert smallest_seed_p(one, other) == pytest.approx(least)
    far_apart = np.linspace(0, 1, one), np.linspace(1e6, 1e6 + 1, other)
    assert seed_permutation(*far_apart).value == pytest.approx(least)


@pytest.mark.parametrize("count", [12, 40])
@settings(deadline=None, max_examples=10)
@given(seed=any_seed, scale=st.floats(0.01, 1000))
def test_unit_direction_and_order_do_not_matter(count: int, seed: int, scale: float) -> None:
    sample = differences(seed, count, 0.3)
    shuffled = np.random.default_rng(seed).permutation(sample)
    flipped = sign_flip(sample)
    assert sign_flip(-sample) == flipped
    assert sign_flip(scale * sample).value == pytest.approx(flipped.value, abs=2e-4)
    assert sign_flip(shuffled).value == pytest.approx(flipped.value, abs=0 if count == 12 else 0.03)
    assert sign_flip(np.append(sample, [0.0, 0.0])).value == flipped.value, "clusters that do not differ tell nothing"


@settings(deadline=None, max_examples=20)
@given(any_seed, st.floats(-1e4, 1e4))
def test_a_shift_of_all_seeds_does_not_matter(seed: int, shift: float) -> None:
    one, other = differences(seed, 4), differences(seed + 1, 4)
    assert seed_permutation(one + shift, other + shift) == seed_permutation(one, other) == seed_permutation(other, one)


def test_no_difference_at_all_is_no_evidence() -> None:
    assert sign_flip(np.zeros(5)) == PValue(1.0, exact=True, flips=1)
    assert sign_flip(np.array([1.0, -1.0])).value == 1
    assert sign_flip(np.array([5.0])).value == 1, "a single sequence may be off by chance either way"
    assert seed_permutation([4.2] * 3, [4.2] * 3).value == 1


@pytest.mark.parametrize("scale", [1.0, 0.1, 1 / 3])
def test_ties_count_whatever_the_rounding(scale: float) -> None:
    """All the same size: only all signs alike lie as far out, though sums in another order round differently."""
    assert sign_flip(np.full(10, scale)).value == 2 / 2**10
    assert seed_permutation([scale, 2 * scale, 3 * scale], [3 * scale, 2 * scale, scale]).value == 1


def test_sums_that_are_zero_but_for_rounding_tie() -> None:
    """3 − 2 − 1 + 2 − 2 is 0, and so is the sum after other flips: all 32 are as far from 0."""
    assert sign_flip(np.array([0.3, -0.2, -0.1, 0.2, -0.2])).value == 1


def test_random_flips_are_near_all_of_them() -> None:
    sample = differences(3, 17, 0.4)
    found = sign_flip(sample)
    assert not found.exact
    signs = 1 - 2 * ((np.arange(2**17)[:, None] >> np.arange(17)) & 1)
    exact = (np.abs(signs @ sample) >= abs(sample.sum()) * (1 - 1e-10)).mean()
    assert found.value == pytest.approx(exact, abs=4 * np.sqrt(exact / found.flips))
    assert sign_flip(sample) == found, "the same every time"
    assert sign_flip(sample, seed=1) != found


def test_random_permutations_are_near_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = differences(5, 6, 1.0), differences(6, 7)
    exact = seed_permutation(one, other)
    monkeypatch.setattr(significance, "MOST_ENUMERATED", 100)
    found = seed_permutation(one, other)
    assert (exact.exact, found.exact) == (True, False)
    assert found.value == pytest.approx(exact.value, abs=4 * np.sqrt(exact.value / found.flips))


def test_a_random_p_is_never_zero() -> None:
    for found in (sign_flip(np.full(100, 7.0)), seed_permutation([0.0] * 10, [1.0] * 10)):
        assert not found.exact
        assert 1 / 10_000 <= found.value < 1e-3


@pytest.mark.parametrize("count", [14, 30])
def test_p_is_uniform_where_nothing_differs(count: int) -> None:
    found = [sign_flip(differences(seed, count)).value for seed in range(300)]
    assert scipy.stats.kstest(found, "uniform").pvalue > 0.01


def test_p_is_small_where_something_does() -> None:
    found = [sign_flip(differences(seed, 14, shift=1.2)).value for seed in range(100)]
    assert np.mean(np.array(found) < 0.05) > 0.9


def test_flipping_images_that_are_alike_one_by_one_must_fail() -> None:
    """Why sums over sequences are flipped."""
    sequences = [np.repeat(differences(seed, 12), 8) + 0.3 * differences(seed + 500, 96) for seed in range(100)]
    whole = [sign_flip(each.reshape(12, 8).sum(axis=1)).value for each in sequences]
    single = [sign_flip(each).value for each in sequences]
    assert scipy.stats.binomtest(sum(p <= 0.05 for p in whole), 100, 0.05, alternative="greater").pvalue > 0.01
    assert sum(p <= 0.05 for p in single) > 25


def test_p_over_seeds_is_never_too_small_where_nothing_differs() -> None:
    found = np.array([seed_permutation(differences(seed, 5), differences(seed + 9000, 5)).value for seed in range(300)])
    for level in (0.02, 0.1, 0.5):
        hits = int((found <= level).sum())
        assert scipy.stats.binomtest(hits, 300, level, alternative="greater").pvalue > 0.01
    powerful = [seed_permutation(differences(seed, 5, 3), differences(seed + 9000, 5)).value for seed in range(50)]
    assert np.mean(np.array(powerful) < 0.05) > 0.8


@pytest.mark.parametrize("at_once", [significance.AT_ONCE, 1000])
def test_flips_that_are_kept_are_those_that_would_be_drawn(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(significance, "AT_ONCE", at_once)
    sample = differences(3, 40, 0.2)
    significance._kept_flips.cache_clear()
    kept = [sign_flip(sample), sign_flip(2 * sample)]
    monkeypatch.setattr(significance, "KEPT", 0)
    assert kept == [sign_flip(sample)] * 2
    significance._kept_flips.cache_clear()
