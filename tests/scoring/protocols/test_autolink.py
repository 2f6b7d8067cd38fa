"""Each protocol against the official procedure, written down again with loops and the inverse of XᵀX."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring import LabelledKeypoints, image_errors, match, score_protocol
from dkp_bench.scoring.labelled import Floats
from dkp_bench.scoring.protocols.autolink import coded_order
from dkp_bench.scoring.swap import swap_order

seeds = st.integers(0, 2**32 - 1)
TRUE_PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))


def people(seed: int, images: int, joints: int = 32, missing: float = 0.0, outliers: bool = False) -> LabelledKeypoints:
    """Eight keypoints that joints depend on linearly; half of the people are labelled the wrong way round."""
    weights = np.random.default_rng(99).normal(scale=0.3, size=(16, 2 * joints))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (images, 8, 2))
    noise = random.standard_t(2, size=(images, 1)) if outliers else 1
    truth = keypoints.reshape(images, -1) @ weights + random.normal(scale=0.05, size=(images, 2 * joints)) * noise
    truth = truth.reshape(images, joints, 2)
    if joints == 32:
        turned = random.random(images) < 0.5
        truth[turned] = truth[turned][:, swap_order(TRUE_PAIRS, 32)]
    visible = random.random((images, joints)) >= missing
    visible[:, 0] = True
    return LabelledKeypoints(keypoints, truth, visible)


def names(joints: int) -> tuple[str, ...]:
    return tuple(f"joint {number}" for number in range(joints))


@settings(max_examples=30)
@given(seeds)
def test_the_coded_table_loses_a_joint_and_doubles_another(seed: int) -> None:
    order, points = coded_order(), np.random.default_rng(seed).uniform(size=(32, 2))
    once = points[order]
    for place in (20, 21):
        np.testing.assert_array_equal(once[place], points[28])
    np.testing.assert_array_equal(once[28], points[21])
    for place in (29, 16, 24):
        np.testing.assert_array_equal(once[place], points[place])
    assert not (once == points[20]).all(axis=1).any(), "what 20 was is lost"
    changed = (points[order][order] != points).any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(changed), [20])
    true = swap_order(TRUE_PAIRS, 32)
    np.testing.assert_array_equal(points[true][true], points)
    np.testing.assert_array_equal(np.flatnonzero(order != true), [16, 21, 24, 28, 29])


def swapped_as_coded(points: Floats) -> Floats:
    arms = [(17, 25), (18, 26), (19, 27), (20, 28), (21, 28), (22, 30), (23, 31)]
    places = list(range(32))
    for a, b in [(i, i + 5) for i in range(1, 6)] + arms:
        places[a], places[b] = b, a
    return np.stack([points[:, place] for place in places], axis=1)


def mean_distances(predicted: Floats, labels: Floats) -> Floats:
    return np.array([np.mean([np.hypot(*gap) for gap in image]) for image in predicted - labels])


def human36m_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints) -> tuple[float, Floats, dict[str, int]]:
    """The mean error as a fraction of the edge, that of each joint, and how often what happened."""
    x, y = fit.keypoints.reshape(len(fit), -1) * 0.5 + 0.5, fit.joints * 0.5 + 0.5
    solve = np.linalg.inv(x.T @ x) @ x.T
    rounds = 0
    while True:
        rounds += 1
        predicted = (x @ (solve @ y.reshape(len(fit), -1))).reshape(y.shape)
        distance = mean_distances(predicted, y)
        turn = distance > mean_distances(predicted, swapped_as_coded(y))
        if turn.sum() <= 10:
            break
        y[turn] = swapped_as_coded(y)[turn]
    kept = distance < distance.mean() + 3 * distance.std(ddof=1)
    x, y = x[kept], y[kept]
    beta = np.linalg.inv(x.T @ x) @ x.T @ y.reshape(len(y), -1)
    y = test.joints * 0.5 + 0.5
    predicted = ((test.keypoints.reshape(len(test), -1) * 0.5 + 0.5) @ beta).reshape(y.shape)
    looks = 0
    while True:
        looks += 1
        distance = mean_distances(predicted, y)
        turn = distance > mean_distances(predicted, swapped_as_coded(y))
        if turn.sum() <= 10:
            break
        y[turn] = swapped_as_coded(y)[turn]
    counts = {"fit_rounds": rounds, "fit_images_dropped": int((~kept).sum()), "test_rounds": looks}
    joints = np.linalg.norm(predicted - y, axis=2).mean(axis=0)
    return float(distance.mean()), joints, counts | {"test_images_unsettled": int(turn.sum())}


@pytest.mark.parametrize("seed", range(6))
def test_human36m_is_scored_as_coded(seed: int) -> None:
    fit, test = people(seed, 240, outliers=True), people(seed + 100, 90)
    error, joints, counts = human36m_as_coded(fit, test)
    (result,) = score_protocol("autolink", fit, test, TRUE_PAIRS, names(32))
    assert result.value == pytest.approx(100 * error, rel=1e-9)
    np.testing.assert_allclose(list(result.per_joint.values()), 100 * joints, rtol=1e-9)
    notes = match("autolink", fit, test, TRUE_PAIRS).notes
    assert {name: notes[name] for name in counts} == counts
    assert counts["fit_rounds"] > 1
    assert counts["fit_images_dropped"] > 0
    fixed = score_protocol("autolink-fixed", fit, test, TRUE_PAIRS, names(32))[0]
    assert abs(fixed.value - result.value) > 0.01, "the table matters"


def straight(labels: Floats) -> tuple[LabelledKeypoints, LabelledKeypoints]:
    """A fit of the identity, and ``labels`` to test against predictions that are those of a symmetric pose."""
    random = np.random.default_rng(0)
    keypoints = random.uniform(-1, 1, (200, 32, 2))
    seen = np.ones((200, 32), dtype=np.bool_)
    still = np.zeros((len(labels), 32, 2))
    still[:, 21], still[:, 28] = 0.5, 0.6
    still[:, 20] = still[:, 21]
    return LabelledKeypoints(keypoints, keypoints, seen), LabelledKeypoints(still, labels, seen[: len(labels)])


@pytest.mark.parametrize(("images", "rounds", "unsettled", "error"), [(10, 1, 10, 1.0), (11, 3, 0, 0.0)])
def test_at_test_labels_go_on_changing_until_at_most_ten_would(
    images: int, rounds: int, unsettled: int, error: float
) -> None:
    labels = np.zeros((images, 32, 2))
    labels[:, 21], labels[:, 28], labels[:, 20] = 0.5, 0.6, -1.5
    # Swapped once, 20 and 21 lie at 28 and 28 at 21: nearer than 20 did. Swapped twice, 20 lies at 21: all fit.
    fit, test = straight(labels)
    notes = match("autolink", fit, test, TRUE_PAIRS).notes
    assert (notes["test_rounds"], notes["test_images_unsettled"]) == (rounds, unsettled)
    expected = error * 100 * np.hypot(1, 1) / 32
    np.testing.assert_allclose(image_errors("autolink", fit, test, TRUE_PAIRS), expected, atol=1e-9)


def taichi_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints) -> tuple[float, Floats]:
    """Sum of the mean absolute errors of the coordinates, a missing one being −1, and the sum of each joint."""
    sets = []
    for labelled in (fit, test):
        labels = np.where(labelled.visible[..., None], (labelled.joints + 1) / 2 * 255, -1)
        x = (labelled.keypoints.reshape(len(labelled), -1) * 0.5 + 0.5) * 255
        sets.append((np.hstack([x, np.ones((len(x), 1))]), labels))
    (x, y), (x_test, y_test) = sets
    scores = np.zeros(y.shape[1:])
    for joint, axis in np.ndindex(scores.shape):
        seen = np.abs(y[:, joint, axis] + 1) > 1e-6
        beta = np.linalg.inv(x[seen].T @ x[seen]) @ x[seen].T @ y[seen, joint, axis]
        seen = np.abs(y_test[:, joint, axis] + 1) > 1e-6
        scores[joint, axis] = np.mean([abs(e) for e in x_test[seen] @ beta - y_test[seen, joint, axis]])
    return float(scores.sum()), scores.sum(axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_taichi_is_scored_as_coded(seed: int) -> None:
    fit, test = people(seed, 200, joints=18, missing=0.1), people(seed + 100, 60, joints=18, missing=0.1)
    total, joints = taichi_as_coded(fit, test)
    (result,) = score_protocol("autolink-taichi", fit, test, (), names(18))
    assert result.value == pytest.approx(total, rel=1e-9)
    np.testing.assert_allclose(list(result.per_joint.values()), joints, rtol=1e-9)


def deepfashion_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints) -> float:
    """Share of all joints nearer than 6 px, in 256-px images whose pixels are counted from 0."""
    x, y = (fit.keypoints.reshape(len(fit), -1) * 0.5 + 0.5) * 255, (fit.joints + 1) / 2 * 255
    beta = np.linalg.inv(x.T @ x) @ x.T @ y.reshape(len(fit), -1)
    predicted = (test.keypoints.reshape(len(test), -1) * 0.5 + 0.5) * 255 @ beta
    gaps = predicted.reshape(test.joints.shape) - (test.joints + 1) / 2 * 255
    return float(np.mean([[np.hypot(*gap) < 6 for gap in image] for image in gaps]))


@pytest.mark.parametrize("seed", range(5))
def test_deepfashion_is_scored_as_coded(seed: int) -> None:
    fit, test = people(seed, 200, joints=17), people(seed + 100, 60, joints=17)
    (result,) = score_protocol("autolink-deepfashion", fit, test, (), names(17))
    assert result.value == pytest.approx(100 * deepfashion_as_coded(fit, test))
    assert 5 < result.value < 95
