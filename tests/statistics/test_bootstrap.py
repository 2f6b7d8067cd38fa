import tracemalloc

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring import Sums
from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics import Resampling
from dkp_bench.statistics.bootstrap import MOST_DRAWN, resampled_deviations


def hits_and_visible(seed: int, images: int) -> Sums:
    """A percentage of correct keypoints: numerator and denominator both vary from image to image."""
    random = np.random.default_rng(seed)
    visible = random.integers(1, 17, (images, 1)).astype(np.float64)
    return Sums(100 * random.binomial(visible.astype(int), 0.7).astype(np.float64), visible)


def spread(values: Floats) -> float:
    return float(values.std(ddof=1))


@pytest.mark.parametrize("images", [40, 400])
def test_the_spread_of_a_ratio_is_that_of_scipys_bootstrap(images: int) -> None:
    sums = hits_and_visible(0, images)
    oracle = scipy.stats.bootstrap(
        (sums.numerators[:, 0], sums.denominators[:, 0]),
        lambda top, bottom, axis: top.sum(axis=axis) / bottom.sum(axis=axis),
        paired=True,
        n_resamples=4000,
        method="basic",
        rng=np.random.default_rng(0),
    ).standard_error * np.sqrt(images / (images - 1))
    assert spread(Resampling(draws=4000).replicates(sums)) == pytest.approx(oracle, rel=0.06)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 5, 12, 80]))
def test_the_variance_of_a_mean_is_the_textbooks(seed: int, count: int) -> None:
    """Also of two or three values, where the plain bootstrap gives a half or two thirds of it."""
    values = np.random.default_rng(seed).normal(size=count)
    means = resampled_deviations((values - values.mean()) / count, draws=20_000, seed=seed)
    assert spread(means) == pytest.approx(values.std(ddof=1) / np.sqrt(count), rel=0.05)


def test_a_cluster_is_drawn_whole() -> None:
    """Forty images of five sequences tell no more than the five sums of their rows."""
    sums = hits_and_visible(1, 40)
    sequences = np.repeat(np.array(["e", "a", "d", "c", "b"]), 8)
    resampling = Resampling(sequences)
    rows = [sums.numerators.reshape(5, 8).sum(axis=1), sums.denominators.reshape(5, 8).sum(axis=1)]
    order = np.argsort(["e", "a", "d", "c", "b"])
    added = Sums(rows[0][order, None], rows[1][order, None])
    np.testing.assert_allclose(resampling.replicates(sums), Resampling().replicates(added))
    np.testing.assert_allclose(resampling.cluster_sums(sums.numerators[:, 0]), rows[0][order])


def test_the_order_of_images_and_the_names_of_sequences_do_not_matter() -> None:
    sums, sequences = hits_and_visible(2, 30), np.arange(30) % 7
    order = np.random.default_rng(0).permutation(30)
    shuffled = Sums(sums.numerators[order], sums.denominators[order])
    expected = Resampling(sequences).replicates(sums)
    np.testing.assert_allclose(Resampling(sequences[order]).replicates(shuffled), expected)
    np.testing.assert_allclose(Resampling(np.array([f"s{s}" for s in sequences])).replicates(sums), expected)


def test_draws_are_shared_and_depend_on_the_seed_alone() -> None:
    one, other = hits_and_visible(3, 50), hits_and_visible(4, 50)
    other = Sums(other.numerators, one.denominators)
    both = Sums(one.numerators + other.numerators, one.denominators)
    added = Resampling().replicates(one) + Resampling().replicates(other)
    np.testing.assert_allclose(Resampling().replicates(both), added)
    assert not np.allclose(Resampling(seed=1).replicates(one), Resampling().replicates(one))


def test_a_joint_that_one_sequence_shows_has_the_same_number_in_every_draw() -> None:
    shown = np.repeat([1.0, 0.0, 0.0], 4)[:, None]
    sums = Sums(shown * np.arange(12)[:, None], shown)
    np.testing.assert_allclose(Resampling(np.repeat([0, 1, 2], 4)).replicates(sums), 1.5)


def test_one_cluster_cannot_vary() -> None:
    sums = hits_and_visible(5, 9)
    np.testing.assert_allclose(Resampling(np.zeros(9)).replicates(sums), sums.value)


def test_labels_must_be_of_these_images() -> None:
    with pytest.raises(DkpError, match="9 images are scored, but 8 have a cluster"):
        Resampling(np.zeros(8)).replicates(hits_and_visible(5, 9))


def test_many_images_need_little_memory() -> None:
    sums = hits_and_visible(6, 100_000)
    tracemalloc.start()
    try:
        replicates = Resampling(seed=99).replicates(sums)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MOST_DRAWN * len(replicates), "bytes: a count of every image in every draw would be 1.6 GB"
    textbook = (sums.numerators - sums.value * sums.denominators).std() / sums.denominators.mean()
    assert spread(replicates) == pytest.approx(textbook / np.sqrt(len(sums)), rel=0.06)
