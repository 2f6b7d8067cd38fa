import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import Bools, Floats
from dkp_bench.scoring.regression import Regression, fit_linear

seeds = st.integers(0, 2**32 - 1)
either = st.booleans()


def sample(seed: int, images: int = 60, keypoints: int = 4, joints: int = 5) -> tuple[Floats, Floats, Bools]:
    random = np.random.default_rng(seed)
    visible = random.random((images, joints)) < 0.7
    visible[:, 0] = visible[:, 1] = True
    visible[:, 3] = visible[:, 2]
    return random.uniform(0, 1, (images, keypoints, 2)), random.uniform(0, 1, (images, joints, 2)), visible


def normal_equations(features: Floats, targets: Floats) -> Floats:
    return np.asarray(scipy.linalg.solve(features.T @ features, features.T @ targets, assume_a="pos"))


@settings(deadline=None, max_examples=30)
@given(seeds, either)
def test_each_joint_is_regressed_on_the_images_that_show_it(seed: int, intercept: bool) -> None:
    keypoints, joints, visible = sample(seed)
    predicted = fit_linear(keypoints, joints, visible, intercept=intercept).predict(keypoints)
    features = keypoints.reshape(len(keypoints), -1)
    if intercept:
        features = np.hstack([features, np.ones((len(features), 1))])
    for joint in range(joints.shape[1]):
        for axis in range(2):
            seen = visible[:, joint]
            weights = normal_equations(features[seen], joints[seen, joint, axis])
            np.testing.assert_allclose(predicted[:, joint, axis], features @ weights, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(seeds, either)
def test_joints_that_are_not_visible_are_not_read(seed: int, intercept: bool) -> None:
    keypoints, joints, visible = sample(seed)
    clean = fit_linear(keypoints, joints, visible, intercept=intercept)
    joints[~visible] = np.nan
    np.testing.assert_array_equal(fit_linear(keypoints, joints, visible, intercept=intercept).weights, clean.weights)


def test_intercept_by_hand() -> None:
    keypoints = np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]])
    joints = np.array([[[1.0, 2.0]], [[4.0, 2.0]], [[1.0, 7.0]]])  # x' = 3x + 1, y' = 5y + 2
    visible = np.ones((3, 1), dtype=np.bool_)
    fitted = fit_linear(keypoints, joints, visible, intercept=True)
    np.testing.assert_allclose(fitted.weights[:, 0], [[3, 0], [0, 5], [1, 2]], atol=1e-12)
    through_origin = fit_linear(keypoints, joints, visible, intercept=False)
    np.testing.assert_allclose(through_origin.weights[:, 0], [[4, 2], [1, 7]], atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(0, 1))
def test_keypoints_that_never_move_predict_the_mean(seed: int, place: float) -> None:
    _, joints, visible = sample(seed)
    keypoints = np.full((len(joints), 2, 2), place)
    predicted = fit_linear(keypoints, joints, visible, intercept=True).predict(keypoints)
    for joint in range(joints.shape[1]):
        mean = joints[visible[:, joint], joint].mean(axis=0)
        np.testing.assert_allclose(predicted[:, joint], np.broadcast_to(mean, (len(joints), 2)), atol=1e-9)


def test_keypoints_at_the_origin_predict_zero_without_intercept() -> None:
    _, joints, visible = sample(0)
    keypoints = np.zeros((len(joints), 1, 2))
    np.testing.assert_array_equal(fit_linear(keypoints, joints, visible, intercept=False).predict(keypoints), 0)


@pytest.mark.parametrize("intercept", [False, True])
def test_a_doubled_keypoint_changes_nothing(intercept: bool) -> None:
    keypoints, joints, visible = sample(1)
    doubled = np.concatenate([keypoints, keypoints[:, :1]], axis=1)
    np.testing.assert_allclose(
        fit_linear(doubled, joints, visible, intercept=intercept).predict(doubled),
        fit_linear(keypoints, joints, visible, intercept=intercept).predict(keypoints),
        atol=1e-9,
    )


def test_fewer_images_than_coordinates_take_the_solution_of_least_norm() -> None:
    keypoints, joints, _ = sample(2, images=3)
    fitted = fit_linear(keypoints, joints, np.ones(joints.shape[:2], dtype=np.bool_), intercept=False)
    oracle = scipy.linalg.pinv(keypoints.reshape(3, -1)) @ joints.reshape(3, -1)
    np.testing.assert_allclose(fitted.weights.reshape(oracle.shape), oracle, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(seeds, either, st.integers(1, 80))
def test_what_the_keypoints_do_not_determine_is_as_scipy_solves_it(seed: int, intercept: bool, images: int) -> None:
    keypoints, joints, _ = sample(seed, images=images)
    keypoints[:, 2] = keypoints[:, 1]
    keypoints[:, 3] = 0.5
    fitted = fit_linear(keypoints, joints, np.ones(joints.shape[:2], dtype=np.bool_), intercept=intercept)
    features = keypoints.reshape(images, -1)
    if intercept:
        features = np.hstack([features, np.ones((images, 1))])
    oracle = scipy.linalg.lstsq(features, joints.reshape(images, -1))[0]
    np.testing.assert_allclose(fitted.weights.reshape(oracle.shape), oracle, atol=1e-10)


@settings(deadline=None, max_examples=20)
@given(seeds, either)
def test_a_regression_forgets_the_labels_it_was_fitted_to(seed: int, intercept: bool) -> None:
    keypoints, joints, visible = sample(seed)
    regression = Regression(keypoints, intercept=intercept)
    for some in (visible, np.ones_like(visible), visible[::-1], np.ones_like(visible)):
        again = regression.fit(joints, some).weights
        np.testing.assert_array_equal(again, fit_linear(keypoints, joints, some, intercept=intercept).weights)
        joints = joints[::-1] + 0.1


def test_keypoints_that_nearly_coincide_are_two() -> None:
    keypoints, joints, _ = sample(4)
    keypoints[:, 1] = keypoints[:, 0] + np.random.default_rng(4).normal(scale=1e-6, size=(60, 2))
    fitted = fit_linear(keypoints, joints, np.ones(joints.shape[:2], dtype=np.bool_), intercept=True)
    features = np.hstack([keypoints.reshape(60, -1), np.ones((60, 1))])
    oracle = scipy.linalg.lstsq(features, joints.reshape(60, -1))[0]
    np.testing.assert_allclose(fitted.weights.reshape(oracle.shape), oracle, rtol=1e-6)
    assert np.abs(oracle).max() > 1e3


def test_a_joint_that_no_image_shows_is_an_error() -> None:
    keypoints, joints, visible = sample(3)
    visible[:, 2] = False
    with pytest.raises(DkpError, match="joint 2 is visible in none of the 60 images"):
        fit_linear(keypoints, joints, visible, intercept=True)
