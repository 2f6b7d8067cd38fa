"""AutoLink's procedure with the true pairs, against loops; no-swap+intercept is tested with the other ways in."""

import numpy as np
import pytest
import scipy.linalg

from dkp_bench.scoring import LabelledKeypoints, score_protocol
from dkp_bench.scoring.labelled import Floats

PAIRS = ((1, 2), (3, 5))
NAMES = tuple("abcdef")


def people(seed: int, images: int) -> LabelledKeypoints:
    weights = np.random.default_rng(99).normal(scale=0.4, size=(8, 12))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (images, 4, 2))
    noise = random.normal(scale=0.05, size=(images, 12)) * random.standard_t(2, size=(images, 1))
    joints = (keypoints.reshape(images, -1) @ weights + noise).reshape(images, 6, 2)
    visible = random.random((images, 6)) < 0.9
    visible[:, 0] = True
    turned = random.random(images) < 0.4
    joints[turned] = joints[turned][:, [0, 2, 1, 5, 4, 3]]
    return LabelledKeypoints(keypoints, joints, visible)


def exchanged(array: Floats, image: int) -> Floats:
    swapped = array[image].copy()
    for left, right in PAIRS:
        swapped[left], swapped[right] = array[image, right], array[image, left]
    return swapped


def regress(x: Floats, y: Floats, seen: Floats) -> Floats:
    """Weights ``(F, J, 2)``, joint by joint."""
    solved = [scipy.linalg.lstsq(x[seen[:, j] > 0], y[seen[:, j] > 0, j])[0] for j in range(y.shape[1])]
    return np.stack(solved, axis=1)


def error(predicted: Floats, labels: Floats, seen: Floats) -> float:
    return float(np.mean([np.hypot(*(p - q)) for p, q, shown in zip(predicted, labels, seen, strict=True) if shown]))


def mended(fit: LabelledKeypoints, test: LabelledKeypoints, intercept: bool) -> float:
    def features(images: LabelledKeypoints) -> Floats:
        x = (images.keypoints.reshape(len(images), -1) + 1) / 2
        return np.hstack([x, np.ones((len(x), 1))]) if intercept else x

    def turning(predicted: Floats, y: Floats, seen: Floats) -> list[int]:
        return [
            i
            for i in range(len(y))
            if error(predicted[i], exchanged(y, i), exchanged(seen, i)) < error(predicted[i], y[i], seen[i])
        ]

    x, y, seen = features(fit), (fit.joints + 1) / 2, fit.visible.astype(np.float64)
    while True:
        predicted = np.tensordot(x, regress(x, y, seen), axes=1)
        turned = turning(predicted, y, seen)
        if len(turned) <= 10:
            break
        for i in turned:
            y[i], seen[i] = exchanged(y, i), exchanged(seen, i)
    errors = np.array([error(predicted[i], y[i], seen[i]) for i in range(len(y))])
    kept = errors <= errors.mean() + 3 * errors.std(ddof=1)
    assert not kept.all()
    weights = regress(x[kept], y[kept], seen[kept])
    predicted, y, seen = np.tensordot(features(test), weights, axes=1), (test.joints + 1) / 2, test.visible * 1.0
    best = [
        min(error(predicted[i], y[i], seen[i]), error(predicted[i], exchanged(y, i), exchanged(seen, i)))
        for i in range(len(y))
    ]
    return 100 * float(np.mean(best))


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_autolinks_procedure_with_true_pairs(seed: int, intercept: bool) -> None:
    fit, test = people(seed, 200), people(seed + 100, 60)
    protocol = "autolink-fixed+intercept" if intercept else "autolink-fixed"
    result = score_protocol(protocol, fit, test, PAIRS, NAMES)[0]
    assert result.value == pytest.approx(mended(fit, test, intercept), rel=1e-9)


def test_ten_images_or_fewer_are_swapped_at_test_too() -> None:
    fit = people(7, 200)
    fit = LabelledKeypoints(fit.joints, fit.joints, np.ones((200, 6), dtype=np.bool_))
    test = LabelledKeypoints(fit.joints[:3], fit.joints[:3][:, [0, 2, 1, 5, 4, 3]], np.ones((3, 6), dtype=np.bool_))
    assert score_protocol("autolink-fixed", fit, test, PAIRS, NAMES)[0].value == pytest.approx(0, abs=1e-9)
    assert score_protocol("no-swap+intercept", fit, test, PAIRS, NAMES)[0].value > 1
