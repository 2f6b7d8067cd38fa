"""Differences of methods on the same images, against hand computation and SciPy."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from shifted import PROTOCOL, make_annotations, store

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.differences import Difference, differences, joint_differences, tiers
from dkp_bench.analysis.measurement import Measurement, measure, measure_joints, resampling_of
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.run import load_runs

Measure = Callable[..., Measurement]
ONE = np.array([1.0, 1.5, 1.2, 1.8, 2.0, 1.1, 1.7, 1.6, 1.3, 2.2, 1.4, 1.9])
OTHER = ONE + np.array([0.513, -0.117, 0.331, 0.647, -0.229, 0.473, 0.919, 0.151, 0.263, -0.307, 0.751, 0.839])
"""Worse on nine of the twelve; no two flips of these differences have the same sum."""
RESAMPLING = resampling_of(make_annotations())


def variant(root: Path, method: str, seeds: Sequence[NDArray[np.float64]], annotations: Annotations) -> Variant:
    for seed, errors in enumerate(seeds):
        store(root, method, errors, annotations, seed=seed)
    runs = load_runs(root / "squares" / "tiny" / method)
    return Variant(method, "", tuple(runs))


@pytest.fixture
def measured(tmp_path: Path) -> Measure:
    """Measures a method with the errors of one seed or several."""
    annotations = make_annotations()

    def make(method: str, *seeds: Any, metric: str = "mean_l2") -> Measurement:
        return measure(variant(tmp_path, method, seeds, annotations), annotations, PROTOCOL, metric, RESAMPLING)

    return make


def pair(one: Measurement, other: Measurement) -> Difference:
    return differences([one, other], RESAMPLING)[one, other]


def test_by_hand(measured: Measure) -> None:
    found, paired = pair(measured("one", ONE), measured("other", OTHER)), ONE - OTHER
    assert found.estimate.value == pytest.approx(paired.mean(), abs=1e-5)
    assert found.percent == pytest.approx(100 * paired.mean() / OTHER.mean(), abs=1e-3)
    assert found.worse_by == found.estimate.value
    assert found.effect == pytest.approx(paired.mean() / paired.std(ddof=1), abs=1e-3)
    assert found.share_better == pytest.approx(9 / 12)
    assert found.told_apart
    assert not found.equal
    assert found.seed_p is None


def test_the_p_value_is_scipys(measured: Measure) -> None:
    found = pair(measured("one", ONE), measured("other", OTHER))
    oracle = scipy.stats.permutation_test(
        (ONE, OTHER), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    assert found.p.exact
    assert found.p.value == pytest.approx(oracle.pvalue)
    assert found.corrected_p == found.p.value


def test_the_interval_is_near_students(measured: Measure) -> None:
    interval = pair(measured("one", ONE), measured("other", OTHER)).estimate.interval()
    oracle = scipy.stats.ttest_rel(ONE, OTHER).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), rel=0.1)


def test_the_other_way_round(measured: Measure) -> None:
    one, other = measured("one", ONE), measured("other", OTHER)
    here, there = pair(one, other), pair(other, one)
    assert there.estimate.value == -here.estimate.value
    assert there.effect == pytest.approx(-here.effect)
    assert there.share_better == pytest.approx(1 - here.share_better)
    assert (there.corrected_p, there.told_apart) == (here.corrected_p, here.told_apart)
    here_interval, there_interval = here.estimate.interval(), there.estimate.interval()
    assert (there_interval.low, there_interval.high) == pytest.approx((-here_interval.high, -here_interval.low))


def test_where_higher_is_better(measured: Measure) -> None:
    # of ONE all are hits, of the other none
    found = pair(measured("one", ONE, metric="pck"), measured("other", ONE + 3, metric="pck"))
    assert found.estimate.value == pytest.approx(100.0)
    assert found.worse_by == pytest.approx(-100.0)
    assert found.share_better == 1.0
    assert found.percent is None


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_method_is_not_told_apart_from_itself(measured: Measure, seeds: int) -> None:
    errors = [ONE + 0.1 * seed for seed in range(seeds)]
    found = pair(measured("one", *errors), measured("same", *errors))
    assert found.estimate.value == 0.0
    assert found.equal
    assert found.p.value == 1.0
    assert (found.effect, found.share_better) == (0.0, 0.5)
    assert 0.0 in found.estimate.interval()
    assert not found.told_apart


def test_images_alone_do_not_tell_apart_what_the_seeds_might_turn_round(measured: Measure) -> None:
    one, other = measured("one", ONE, ONE + 6), measured("other", ONE + 1, ONE + 7)
    found = pair(one, other)
    assert found.corrected_p < 0.01
    assert 0.0 in found.estimate.interval()
    assert not found.told_apart
    assert found.seed_p is not None
    assert found.seed_p.value == pytest.approx(4 / 6)


def test_several_pairs_are_corrected_together(measured: Measure) -> None:
    methods = [measured("one", ONE), measured("same", ONE), measured("other", OTHER)]
    between = differences(methods, RESAMPLING)
    raw = between[methods[0], methods[2]].p.value
    assert len(between) == 3
    assert between[methods[0], methods[2]].corrected_p == pytest.approx(3 * raw)
    assert between[methods[1], methods[2]].corrected_p == pytest.approx(3 * raw)
    assert between[methods[0], methods[1]].corrected_p == 1.0


@pytest.mark.parametrize("metric", ["mean_l2", "pck"])
def test_tiers(measured: Measure, metric: str) -> None:
    bad, good, same = (
        measured("bad", ONE + 3, metric=metric),
        measured("good", ONE, metric=metric),
        measured("same", ONE, metric=metric),
    )
    methods = [bad, good, same]
    assert tiers(methods, differences(methods, RESAMPLING)) == ((good, same), (bad,))


def test_whole_sequences_are_flipped(tmp_path: Path) -> None:
    # in each of the three sequences one is better, so 2 of the 2³ flips are as far apart
    annotations = make_annotations(sequences=3)
    resampling = resampling_of(annotations)
    one, other = (
        measure(variant(tmp_path, name, [errors], annotations), annotations, PROTOCOL, "mean_l2", resampling)
        for name, errors in (("one", ONE), ("other", ONE + np.arange(1, 13)))
    )
    assert differences([one, other], resampling)[one, other].p.value == 2 / 8


def test_joints(tmp_path: Path) -> None:
    annotations = make_annotations()
    one, other = (
        measure_joints(variant(tmp_path, name, seeds, annotations), annotations, PROTOCOL, "mean_l2")
        for name, seeds in (("one", [ONE, ONE + 0.2]), ("other", [OTHER]))
    )
    found = joint_differences(one, other, RESAMPLING)
    assert tuple(found) == annotations.skeleton.names
    for number in found.values():
        assert number.value == pytest.approx((ONE - OTHER).mean() + 0.1, abs=1e-5)
        assert number.interval().low < number.value < number.interval().high
        assert not number.covers_seeds
