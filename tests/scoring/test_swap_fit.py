import numpy as np
import pytest

from dkp_bench.scoring.labelled import Bools, Floats
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.swap import (
    MAX_ROUNDS,
    TOLERATED_SWAPS,
    every_image,
    fit_with_swaps,
    strictly_within_three_sigmas,
    swap_order,
    within_three_sigmas,
)

PAIRS = ((1, 2), (3, 5))


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
    monkeypatch.setattr(
        "dkp_bench.scoring.swap.swap_helps", lambda matched, order: np.ones(len(matched.joints), np.bool_)
    )
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


@pytest.mark.parametrize(
    ("errors", "at_most", "below"),
    [
        ([1.0, 1.0, 1.0], [1, 1, 1], [1, 1, 1]),
        ([0.0] * 15 + [16.0], [1] * 15 + [0], [1] * 15 + [0]),
        ([2.0], [1], [1]),
    ],
)
def test_who_is_no_outlier(errors: list[float], at_most: list[int], below: list[int]) -> None:
    np.testing.assert_array_equal(within_three_sigmas(np.array(errors)), at_most)
    np.testing.assert_array_equal(strictly_within_three_sigmas(np.array(errors)), below)


def test_all_images_can_be_kept() -> None:
    keypoints, _, labels, _ = labelled_case(3, images=400, swapped=TOLERATED_SWAPS)
    visible = np.ones(labels.shape[:2], dtype=np.bool_)
    order = swap_order(PAIRS, 6)
    fitted = fit_with_swaps(keypoints, labels, visible, order, intercept=False, keep=every_image)
    assert not fitted.dropped.any()
    np.testing.assert_array_equal(
        fitted.regression.weights, fit_linear(keypoints, labels, visible, intercept=False).weights
    )
