"""Each protocol against the official procedure, written down again with loops and pinv(XᵀX)."""

from dataclasses import replace

import numpy as np
import pytest

from dkp_bench.scoring import LabelledKeypoints, image_errors, image_sums, match, score_protocol
from dkp_bench.scoring.labelled import Floats

PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))
CODED = (*PAIRS[:5], (17, 25), (18, 26), (19, 27), (20, 28), (21, 28), (22, 30), (23, 31))


def people(seed: int, images: int, joints: int, missing: float = 0.0) -> LabelledKeypoints:
    weights = np.random.default_rng(99).normal(scale=0.3, size=(16, 2 * joints))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (images, 8, 2))
    truth = keypoints.reshape(images, -1) @ weights + random.normal(scale=0.05, size=(images, 2 * joints))
    truth = truth.reshape(images, joints, 2)
    if joints == 32:
        for image in np.flatnonzero(random.random(images) < 0.5):
            for left, right in PAIRS:
                truth[image, [left, right]] = truth[image, [right, left]]
    visible = random.random((images, joints)) >= missing
    visible[:, 0] = True
    return LabelledKeypoints(keypoints, truth, visible)


def names(joints: int) -> tuple[str, ...]:
    return tuple(f"joint {number}" for number in range(joints))


def swapped(points: Floats) -> Floats:
    places = list(range(32))
    for first, second in CODED:
        places[first], places[second] = second, first
    return points[..., places, :]


def lengths(gaps: Floats) -> list[float]:
    return [float(np.hypot(*gap)) for gap in gaps]


def human36m_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints) -> tuple[list[float], int]:
    """The error of each test image, × 128, and in how many of them the prediction was swapped."""
    x, y = (fit.keypoints.reshape(len(fit), -1) + 1) / 2 - 0.5, (fit.joints + 1) / 2 - 0.5
    solve = np.linalg.inv(x.T @ x) @ x.T
    while True:
        weights = solve @ y.reshape(len(y), -1)
        predicted = (x @ weights).reshape(y.shape)
        turn = [np.mean(lengths(p - q)) > np.mean(lengths(p - swapped(q))) for p, q in zip(predicted, y, strict=True)]
        if sum(turn) <= 10:
            break
        y[turn] = swapped(y[turn])
    errors, turned = [], 0
    for keypoints, labels in zip((test.keypoints + 1) / 2, (test.joints + 1) / 2, strict=True):
        estimated = ((keypoints.reshape(1, -1) - 0.5) @ weights + 0.5).reshape(-1, 2)
        error, other = np.mean(lengths(estimated - labels)), np.mean(lengths(swapped(estimated) - labels))
        turned += bool(other < error)
        errors.append(128 * float(min(error, other)))
    return errors, turned


@pytest.mark.parametrize("seed", range(6))
def test_human36m_is_scored_as_coded(seed: int) -> None:
    fit, test = people(seed, 240, 32), people(seed + 100, 60, 32)
    errors, turned = human36m_as_coded(fit, test)
    (result,) = score_protocol("stablekeypoints", fit, test, PAIRS, names(32))
    assert result.value == pytest.approx(np.mean(errors), rel=1e-9)
    assert result.unit == "px at 128"
    notes = match("stablekeypoints", fit, test, PAIRS).notes
    assert notes["test_images_swapped"] == turned
    assert notes["fit_rounds"] > 1
    assert notes["fit_images_dropped"] == 0
    assert 0 < turned < 60


def test_with_this_table_the_prediction_swapped_is_not_the_labels_swapped() -> None:
    random = np.random.default_rng(0)
    keypoints, seen = random.uniform(-1, 1, (200, 32, 2)), np.ones((200, 32), dtype=np.bool_)
    fit = LabelledKeypoints(keypoints, keypoints, seen)
    labels = keypoints[:40].copy()
    for left, right in PAIRS:
        labels[:, [left, right]] = labels[:, [right, left]]
    test = LabelledKeypoints(keypoints[:40], labels, seen[:40])
    found = match("stablekeypoints", fit, test, PAIRS)
    assert found.notes["test_images_swapped"] == 40
    # What was predicted for joint 28 stands at 20 and 21, what was for 21 at 28; 16, 24 and 29 stay.
    np.testing.assert_allclose(found.predicted[:, [20, 21, 28]], (keypoints[:40][:, [28, 28, 21]] + 1) / 2, atol=1e-9)
    gaps = np.linalg.norm(found.predicted - found.joints, axis=2).mean(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(gaps > 1e-6), [16, 21, 24, 28, 29])


def taichi_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints, *, half_pixel: float) -> float:
    """Mean over images of the sum of the distances of the visible joints, in pixels of 256; at or below 0 is missing.

    Args:
        fit: to fit on.
        test: to score.
        half_pixel: 0.5 as in the official code, where keypoints count from the corner of the first pixel and labels
            from its centre, both divided by 256; 0 with both from its centre, divided by 255.
    """
    size = 256 if half_pixel else 255

    def inputs(labelled: LabelledKeypoints) -> tuple[Floats, Floats]:
        keypoints, joints = (labelled.keypoints + 1) / 2 * 255, (labelled.joints + 1) / 2 * 255
        return (keypoints.reshape(len(keypoints), -1) + half_pixel) / size, joints / size

    x, y = inputs(fit)
    weights = np.zeros((x.shape[1], 2 * y.shape[1]))
    for column in range(weights.shape[1]):
        seen = fit.visible[:, column // 2] & (y[:, column // 2] > 0).all(axis=1)
        a, b = x[seen] - 0.5, y.reshape(len(y), -1)[seen, column] - 0.5
        weights[:, column] = np.linalg.pinv(a.T @ a) @ a.T @ b
    x, y = inputs(test)
    sums = []
    for keypoints, labels, visible in zip(x, y, test.visible, strict=True):
        estimated = ((keypoints - 0.5) @ weights + 0.5).reshape(-1, 2)
        visible = visible & [x > 0 and y > 0 for x, y in labels]
        sums.append(
            sum(length for length, seen in zip(lengths((estimated - labels) * size), visible, strict=True) if seen)
        )
    return float(np.mean(sums))


@pytest.mark.parametrize("seed", range(5))
def test_taichi_is_scored_as_coded_but_for_half_a_pixel(seed: int) -> None:
    fit, test = people(seed, 200, 18, missing=0.1), people(seed + 100, 60, 18, missing=0.1)
    (result,) = score_protocol("stablekeypoints-taichi", fit, test, (), names(18))
    assert result.value == pytest.approx(taichi_as_coded(fit, test, half_pixel=0), rel=1e-9)
    assert result.value == pytest.approx(taichi_as_coded(fit, test, half_pixel=0.5), rel=0.02)
    assert sum(result.per_joint.values()) == pytest.approx(result.value)


def test_a_joint_on_the_left_or_upper_edge_is_missing() -> None:
    fit, test = (people(seed, count, 18) for seed, count in ((0, 200), (100, 60)))
    fit, test = (replace(each, joints=each.joints.clip(-0.999, 1)) for each in (fit, test))
    on_edge = fit.joints.copy(), test.joints.copy()
    on_edge[0][:40, 3, 0], on_edge[1][:9, 3, 1] = -1, -1
    on_edge[1][11] = -1  # nothing of this image is left: its error is 0, and it counts
    hidden = fit.visible.copy(), test.visible.copy()
    hidden[0][:40, 3], hidden[1][:9, 3], hidden[1][11, 1:] = False, False, False
    (found,) = score_protocol(
        "stablekeypoints-taichi", replace(fit, joints=on_edge[0]), replace(test, joints=on_edge[1]), (), names(18)
    )
    fit, test = replace(fit, visible=hidden[0]), replace(test, visible=hidden[1])
    (expected,) = score_protocol("stablekeypoints-taichi", fit, test, (), names(18))
    first = image_sums("stablekeypoints-taichi", "summed_l2", fit, test, ()).numerators[11, 0] / len(test)
    assert found.value == pytest.approx(expected.value - first)
    errors = image_errors("stablekeypoints-taichi", fit, replace(test, joints=on_edge[1]), ())
    assert np.flatnonzero(np.isnan(errors)).tolist() == [11]


@pytest.mark.parametrize("seed", range(5))
def test_deepfashion_is_scored_as_coded(seed: int) -> None:
    fit, test = people(seed, 200, 17), people(seed + 100, 60, 17)
    x, y = fit.keypoints.reshape(200, -1) / 2, fit.joints.reshape(200, -1) / 2
    weights = np.linalg.pinv(x.T @ x) @ x.T @ y
    estimated = (test.keypoints.reshape(60, -1) / 2 @ weights).reshape(60, 17, 2)
    shares = [np.mean([255 * length < 6 for length in lengths(gaps)]) for gaps in estimated - test.joints / 2]
    (result,) = score_protocol("stablekeypoints-deepfashion", fit, test, (), names(17))
    assert result.value == pytest.approx(100 * np.mean(shares))
    assert 5 < result.value < 95
