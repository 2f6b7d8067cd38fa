"""The official procedure in loops, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.scoring import LabelledKeypoints, score_protocol

PAIRS = ((1, 2), (3, 4))
NAMES = tuple("abcde")


def images(seed: int, count: int) -> LabelledKeypoints:
    random = np.random.default_rng(seed)
    actions = {"action": random.choice(["Walking", "Posing", "Waiting"], count, p=[0.6, 0.3, 0.1])}
    joints, keypoints = random.uniform(-1, 1, (2, count, 5, 2))
    return LabelledKeypoints(keypoints, joints, np.ones((count, 5), dtype=np.bool_), groups=actions)


@pytest.mark.parametrize("seed", range(5))
def test_it_scores_as_coded(seed: int) -> None:
    test = images(seed, 80)
    by_action: dict[str, list[float]] = {}
    for keypoints, joints, action in zip(test.keypoints, test.joints, test.groups["action"], strict=True):
        predicted, labels = (keypoints + 1) / 2, (joints + 1) / 2
        swapped = labels[[0, 2, 1, 4, 3]]
        distance = np.mean([np.hypot(*(predicted[k] - labels[k])) for k in range(5)])
        other = np.mean([np.hypot(*(predicted[k] - swapped[k])) for k in range(5)])
        by_action.setdefault(action, []).append(float(min(distance, other)))
    expected = 100 * np.mean([np.mean(values) for values in by_action.values()])
    (result,) = score_protocol("keypointgan", images(99, 3), test, PAIRS, NAMES)
    assert result.value == pytest.approx(expected, rel=1e-12)
    assert np.mean(list(result.per_joint.values())) == pytest.approx(expected)


def test_an_action_counts_once_however_many_images_it_has() -> None:
    joints = np.zeros((4, 5, 2))
    keypoints = np.zeros((4, 5, 2))
    keypoints[:3, :, 0], keypoints[3, :, 1] = 0.02, 0.1
    actions = {"action": np.array(["Walking", "Walking", "Walking", "Posing"])}
    test = LabelledKeypoints(keypoints, joints, np.ones((4, 5), dtype=np.bool_), groups=actions)
    # 1 % of the edge in each image of one action, 5 % in the only one of the other.
    assert score_protocol("keypointgan", test, test, PAIRS, NAMES)[0].value == pytest.approx(3)


def test_what_the_images_to_fit_on_are_labelled_does_not_matter() -> None:
    fit, test = images(0, 30), images(1, 40)
    other = replace(fit, joints=fit.joints + 0.3)
    assert score_protocol("keypointgan", fit, test, PAIRS, NAMES) == score_protocol(
        "keypointgan", other, test, PAIRS, NAMES
    )


def test_it_needs_actions_and_a_keypoint_for_each_joint() -> None:
    test = images(0, 10)
    with pytest.raises(DkpError, match="it needs the action of each image"):
        score_protocol("keypointgan", test, replace(test, groups={}), PAIRS, NAMES)
    few = replace(test, keypoints=test.keypoints[:, :4])
    with pytest.raises(DkpError, match="it reads keypoint k as joint k: K is 4, the joints are 5"):
        score_protocol("keypointgan", few, few, PAIRS, NAMES)
