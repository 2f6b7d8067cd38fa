from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring.errors import Matched, distances, image_l2
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.samples import Bools, Floats
from dkp_bench.scoring.swap import (
    MAX_ROUNDS,
    TOLERATED_SWAPS,
    fit_with_swaps,
    swap,
    swap_helps,
    swap_order,
    swap_where_better,
)

seeds = st.integers(0, 2**32 - 1)
PAIRS = ((1, 2), (3, 5))
H36M_PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))


def case(seed: int, images: int = 80) -> Matched:
    random = np.random.default_rng(seed)
    visible = random.random((images, 6)) < 0.8
    visible[:, 0] = True
    return Matched(random.uniform(size=(images, 6, 2)), random.uniform(size=(images, 6, 2)), visible)


def all_images(matched: Matched) -> Bools:
    return np.ones(len(matched.joints), dtype=np.bool_)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_swap_is_an_involution(seed: int) -> None:
    matched, order = case(seed), swap_order(PAIRS, 6)
    once = swap(matched, order, all_images(matched))
    twice = swap(once, order, all_images(matched))
    assert not np.array_equal(once.joints, matched.joints)
    np.testing.assert_array_equal(twice.joints, matched.joints)
    np.testing.assert_array_equal(twice.visible, matched.visible)


def test_swap_exchanges_each_pair_with_its_visibility_where_asked() -> None:
    matched, order = case(0, images=2), swap_order(PAIRS, 6)
    swapped = swap(matched, order, np.array([False, True]))
    np.testing.assert_array_equal(swapped.joints[0], matched.joints[0])
    np.testing.assert_array_equal(swapped.visible[0], matched.visible[0])
    for place, origin in enumerate((0, 2, 1, 5, 4, 3)):
        np.testing.assert_array_equal(swapped.joints[1, place], matched.joints[1, origin])
        assert swapped.visible[1, place] == matched.visible[1, origin]
    np.testing.assert_array_equal(swapped.predicted, matched.predicted)


def test_the_true_human36m_pairs_are_a_permutation_and_autolinks_are_not() -> None:
    order = swap_order(H36M_PAIRS, 32)
    np.testing.assert_array_equal(order[order], np.arange(32))
    as_coded = [(21, 28) if pair == (21, 29) else pair for pair in H36M_PAIRS if pair != (16, 24)]
    assert len(as_coded) == 12
    with pytest.raises(DkpError, match="joint 28"):
        swap_order(as_coded, 32)


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ([(0, 6)], "names joint 6"),
        ([(-1, 2)], "names joint -1"),
        ([(0, 1), (1, 2)], "names joint 1"),
        ([(0, 1), (0, 1)], "names joint 0"),
        ([(3, 3)], "names joint 3"),
    ],
)
def test_refuses_pairs_that_are_no_permutation(pairs: Sequence[tuple[int, int]], problem: str) -> None:
    with pytest.raises(DkpError, match=problem):
        swap_order(pairs, 6)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_labels_are_swapped_exactly_where_the_image_gets_better(seed: int) -> None:
    matched, order = case(seed), swap_order(PAIRS, 6)
    better = swap_where_better(matched, order)
    changed = 0
    for i in range(len(matched.joints)):
        options = []
        for table in (np.arange(6), order):
            joints, visible = matched.joints[i, table], matched.visible[i, table]
            gaps = [np.linalg.norm(matched.predicted[i, j] - joints[j]) for j in range(6) if visible[j]]
            options.append((float(np.mean(gaps)), joints))
        best = min(options, key=lambda option: option[0])
        changed += best is options[1]
        np.testing.assert_array_equal(better.joints[i], best[1])
    assert better.notes == {"test_images_swapped": changed}
    assert 0 < changed < len(matched.joints)


def test_a_tie_is_not_swapped() -> None:
    matched = Matched(np.zeros((1, 2, 2)), np.array([[[0.1, 0.0], [-0.1, 0.0]]]), np.ones((1, 2), dtype=np.bool_))
    assert not swap_helps(matched, swap_order([(0, 1)], 2)).any()


def labelled_case(seed: int, images: int, swapped: int) -> tuple[Floats, Floats, Floats, Bools]:
    """Keypoints that are the joints, and labels of which the first ``swapped`` images are the wrong way round."""
    random = np.random.default_rng(seed)
    truth = random.uniform(size=(images, 6, 2))
    where = np.arange(images) < swapped
    labels = np.where(where[:, None, None], truth[:, swap_order(PAIRS, 6)], truth)
    return truth, truth, labels, where


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_fit_finds_the_labels_that_are_the_wrong_way_round(seed: int, intercept: bool) -> None:
    keypoints, truth, labels, where = labelled_case(seed, images=400, swapped=80)
    visible = np.ones(labels.shape[:2], dtype=np.bool_)
    fitted = fit_with_swaps(keypoints, labels, visible, swap_order(PAIRS, 6), intercept=intercept)
    np.testing.assert_array_equal(fitted.swapped[~fitted.dropped], where[~fitted.dropped])
    assert fitted.rounds > 1
    assert fitted.dropped.sum() <= TOLERATED_SWAPS
    np.testing.assert_allclose(fitted.regression.predict(keypoints), truth, atol=1e-9)


def test_up_to_ten_images_stay_swapped_and_are_dropped_as_outliers() -> None:
    order, visible = swap_order(PAIRS, 6), np.ones((400, 6), dtype=np.bool_)
    few = labelled_case(5, images=400, swapped=TOLERATED_SWAPS)
    fitted = fit_with_swaps(few[0], few[2], visible, order, intercept=True)
    assert fitted.unsettled == TOLERATED_SWAPS
    assert not fitted.swapped.any()
    np.testing.assert_array_equal(fitted.dropped, few[3])
    np.testing.assert_allclose(fitted.regression.predict(few[0]), few[1], atol=1e-9)
    more = labelled_case(5, images=400, swapped=TOLERATED_SWAPS + 1)
    np.testing.assert_array_equal(fit_with_swaps(more[0], more[2], visible, order, intercept=True).swapped, more[3])


def test_outliers_are_those_beyond_three_sample_deviations() -> None:
    separating = {"population deviation": 0, "a little less than three": 0}
    visible = np.ones((24, 3), dtype=np.bool_)
    for seed in range(200):
        random = np.random.default_rng(seed)
        keypoints = random.uniform(size=(24, 2, 2))
        joints = np.concatenate([keypoints, keypoints[:, :1]], axis=1) + random.standard_t(2, size=(24, 3, 2)) * 0.02
        first = fit_linear(keypoints, joints, visible, intercept=True).predict(keypoints)
        gaps = np.linalg.norm(first - joints, axis=2).mean(axis=1)
        deviation = np.sqrt(((gaps - gaps.mean()) ** 2).sum() / 23)
        far = gaps > gaps.mean() + 3 * deviation
        separating["population deviation"] += (far != (gaps > gaps.mean() + 3 * gaps.std())).any()
        separating["a little less than three"] += (far != (gaps > gaps.mean() + 2.9 * deviation)).any()
        fitted = fit_with_swaps(keypoints, joints, visible, swap_order([], 3), intercept=True)
        np.testing.assert_array_equal(fitted.dropped, far)
        again = fit_linear(keypoints[~far], joints[~far], visible[~far], intercept=True)
        np.testing.assert_array_equal(fitted.regression.weights, again.weights)
    assert min(separating.values()) > 0, separating


def test_an_image_swapped_twice_is_not_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([np.ones(50, np.bool_), np.arange(50) < 20, np.zeros(50, np.bool_)])
    monkeypatch.setattr("dkp_bench.scoring.swap.swap_helps", lambda matched, order: next(answers))
    keypoints, _, labels, _ = labelled_case(7, images=50, swapped=20)
    visible = np.ones(labels.shape[:2], dtype=np.bool_)
    fitted = fit_with_swaps(keypoints, labels, visible, swap_order(PAIRS, 6), intercept=True)
    np.testing.assert_array_equal(fitted.swapped, np.arange(50) >= 20)


def test_no_image_is_dropped_where_all_err_alike() -> None:
    joints = np.array([[[0.25, 0.5]], [[0.75, 0.5]]])
    fitted = fit_with_swaps(
        np.zeros((2, 1, 2)), joints, np.ones((2, 1), dtype=np.bool_), swap_order([], 1), intercept=True
    )
    assert not fitted.dropped.any()
    one = fit_with_swaps(
        np.zeros((1, 1, 2)), joints[:1], np.ones((1, 1), dtype=np.bool_), swap_order([], 1), intercept=True
    )
    np.testing.assert_allclose(one.regression.predict(np.zeros((1, 1, 2))), joints[:1])


def test_the_fit_ends_though_the_labels_never_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.scoring.swap.swap_helps", lambda matched, order: all_images(matched))
    keypoints, _, labels, _ = labelled_case(7, images=50, swapped=20)
    visible = np.ones(labels.shape[:2], dtype=np.bool_)
    fitted = fit_with_swaps(keypoints, labels, visible, swap_order(PAIRS, 6), intercept=True)
    assert fitted.rounds == MAX_ROUNDS
    assert fitted.notes()["fit_images_unsettled"] == 50


@pytest.mark.parametrize("seed", range(5))
def test_missing_joints_do_not_mislead_the_fit(seed: int) -> None:
    keypoints, truth, labels, where = labelled_case(seed, images=400, swapped=80)
    visible = np.random.default_rng(seed).random(labels.shape[:2]) < 0.8
    visible[:, 1] = visible[:, 2] = True
    labels[~visible] = 1e5
    fitted = fit_with_swaps(keypoints, labels, visible, swap_order(PAIRS, 6), intercept=True)
    np.testing.assert_array_equal(fitted.swapped[~fitted.dropped], where[~fitted.dropped])
    np.testing.assert_allclose(fitted.regression.predict(keypoints), truth, atol=1e-9)


def test_image_error_decides_over_visible_joints_alone() -> None:
    predicted = np.array([[[0.0, 0.0], [0.5, 0.0]]])
    matched = Matched(predicted, np.array([[[0.5, 0.0], [0.0, 0.0]]]), np.array([[True, False]]))
    order = swap_order([(0, 1)], 2)
    assert image_l2(distances(matched), matched.visible)[0] == pytest.approx(50)
    better = swap_where_better(matched, order)
    np.testing.assert_array_equal(better.visible, [[False, True]])
    assert image_l2(distances(better), better.visible)[0] == 0
