import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring import Sums
from dkp_bench.statistics import cohen_dz, paired_differences, share_better

any_seed = st.integers(0, 2**32 - 1)


def percentage(seed: int, visible_seed: int = 0, images: int = 30) -> Sums:
    visible = np.random.default_rng(visible_seed).integers(1, 17, (images, 2))
    hits = np.random.default_rng(seed).binomial(visible, 0.6)
    return Sums(100.0 * hits, visible.astype(np.float64))


@settings(deadline=None, max_examples=20)
@given(any_seed)
def test_paired_differences_add_up_to_the_difference(seed: int) -> None:
    one, other = [percentage(seed), percentage(seed + 1)], [percentage(seed + 2)]
    found = paired_differences(one, other)
    expected = np.mean([sums.value for sums in one]) - other[0].value
    assert found.shape == (30,)
    assert found.sum() == pytest.approx(expected)
    np.testing.assert_allclose(paired_differences(other, one), -found)


@settings(deadline=None, max_examples=20)
@given(any_seed, st.floats(0.01, 100))
def test_dz_is_the_paired_t_without_the_number_of_images(seed: int, scale: float) -> None:
    differences = np.random.default_rng(seed).normal(0.3, 1, 25)
    oracle = scipy.stats.ttest_1samp(differences, 0).statistic / math.sqrt(25)
    assert cohen_dz(differences) == pytest.approx(oracle)
    assert cohen_dz(scale * differences) == pytest.approx(oracle)
    assert cohen_dz(-differences) == pytest.approx(-oracle)


def test_dz_where_nothing_varies() -> None:
    assert cohen_dz(np.zeros(4)) == 0
    assert cohen_dz(np.ones(4)) == math.inf
    assert cohen_dz(-np.ones(4)) == -math.inf


def test_dz_of_a_single_image_is_unbounded() -> None:
    assert cohen_dz(np.array([2.5])) == math.inf
    assert cohen_dz(np.zeros(1)) == 0


def test_share_better_counts_ties_half() -> None:
    differences = np.array([-1.0, -2.0, 0.0, 3.0])
    assert share_better(differences, higher_is_better=False) == (2 + 0.5) / 4
    assert share_better(differences, higher_is_better=True) == (1 + 0.5) / 4
    assert share_better(np.zeros(3), higher_is_better=True) == 0.5


@pytest.mark.parametrize("seeds", [2, 3, 7])
def test_images_that_tie_do_so_whatever_the_number_of_seeds(seeds: int) -> None:
    values = np.random.default_rng(0).uniform(0, 1, (500, 1))
    sums = Sums(values, np.ones((500, 1)))
    assert (paired_differences([sums] * seeds, [sums]) == 0).all()


def test_dz_takes_rounding_for_no_variation() -> None:
    assert cohen_dz(np.array([0.1 + 0.2, 0.3, 0.3])) == math.inf
