"""The official MATLAB procedure in loops: 0.5 off both sides, ``W = X \\ Y``, the mean of the images' distances."""

import numpy as np
import pytest
import scipy.linalg

from dkp_bench.scoring import LabelledKeypoints, score_protocol


def images(seed: int, count: int) -> LabelledKeypoints:
    weights = np.random.default_rng(99).normal(scale=0.3, size=(12, 64))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (count, 6, 2))
    joints = keypoints.reshape(count, -1) @ weights + random.normal(scale=0.1, size=(count, 64)) + 0.2
    return LabelledKeypoints(keypoints, joints.reshape(count, 32, 2), np.ones((count, 32), dtype=np.bool_))


@pytest.mark.parametrize("seed", range(5))
def test_it_scores_as_coded(seed: int) -> None:
    fit, test = images(seed, 120), images(seed + 100, 40)
    (x, y), (x_test, y_test) = (
        ((s.keypoints.reshape(len(s), -1) + 1) / 2 - 0.5, (s.joints + 1) / 2 - 0.5) for s in (fit, test)
    )
    weights = scipy.linalg.solve(x.T @ x, x.T @ y.reshape(120, -1), assume_a="pos")
    errors = []
    for features, labels in zip(x_test, y_test, strict=True):
        fitted = (features @ weights).reshape(32, 2)
        errors.append(sum(np.hypot(*(fitted[k] - labels[k])) for k in range(32)) / 32)
    (result,) = score_protocol("lmdis", fit, test, (), [f"joint {k}" for k in range(32)])
    assert result.value == pytest.approx(100 * np.mean(errors), rel=1e-9)


def test_by_hand() -> None:
    # One keypoint left of the centre, then right of it; the joint lies twice as far out.
    fit = LabelledKeypoints(
        np.array([[[-0.2, 0.0]], [[0.2, 0.0]], [[0.0, 0.1]]]),
        np.array([[[-0.4, 0.0]], [[0.4, 0.0]], [[0.0, 0.2]]]),
        np.ones((3, 1), dtype=np.bool_),
    )
    test = LabelledKeypoints(np.array([[[0.3, 0.1]]]), np.array([[[0.6, 0.5]]]), np.ones((1, 1), dtype=np.bool_))
    # Predicted (0.6, 0.2) in [−1, 1]: 0.3 too high, which is 15 % of the edge.
    assert score_protocol("lmdis", fit, test, (), ["head"])[0].value == pytest.approx(15)
