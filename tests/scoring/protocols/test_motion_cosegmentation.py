"""The official procedure with scikit-learn's LinearRegression written out: centre both sides, least squares."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring import LabelledKeypoints, score_protocol

NAMES = tuple(f"joint {number}" for number in range(18))


def images(seed: int, count: int) -> LabelledKeypoints:
    weights = np.random.default_rng(99).normal(scale=0.3, size=(12, 36))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (count, 6, 2))
    joints = keypoints.reshape(count, -1) @ weights + random.normal(scale=0.1, size=(count, 36)) + 0.2
    visible = random.random((count, 18)) < 0.9
    visible[:, 0] = True
    return LabelledKeypoints(keypoints, joints.reshape(count, 18, 2), visible)


def as_coded(fit: LabelledKeypoints, test: LabelledKeypoints) -> float:
    def pixels(labelled: LabelledKeypoints) -> tuple[np.ndarray, np.ndarray]:
        labels = np.where(labelled.visible[..., None], (labelled.joints + 1) / 2 * 255, -1)
        return (labelled.keypoints.reshape(len(labelled), -1) + 1) / 2 * 255, labels

    (x, y), (x_test, y_test) = pixels(fit), pixels(test)
    total = 0.0
    for joint, axis in np.ndindex(18, 2):
        seen, seen_test = y[:, joint, axis] != -1, y_test[:, joint, axis] != -1
        features, labels = x[seen], y[seen, joint, axis]
        slope = scipy.linalg.lstsq(features - features.mean(axis=0), labels - labels.mean())[0]
        predicted = (x_test[seen_test] - features.mean(axis=0)) @ slope + labels.mean()
        total += np.mean(np.abs(predicted - y_test[seen_test, joint, axis]))
    return total


@pytest.mark.parametrize("seed", range(5))
def test_it_scores_as_coded(seed: int) -> None:
    fit, test = images(seed, 150), images(seed + 100, 50)
    (result,) = score_protocol("motion-cosegmentation", fit, test, (), NAMES)
    assert result.value == pytest.approx(as_coded(fit, test), rel=1e-9)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_it_is_the_number_that_autolink_reports_on_taichi(seed: int) -> None:
    fit, test = images(seed, 80), images(seed + 1, 30)
    (ours,), (autolinks,) = (
        score_protocol(name, fit, test, (), NAMES) for name in ("motion-cosegmentation", "autolink-taichi")
    )
    assert ours.value == pytest.approx(autolinks.value, rel=1e-12)
    assert ours.per_joint == pytest.approx(autolinks.per_joint, rel=1e-12)
