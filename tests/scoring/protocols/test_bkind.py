"""The official loader and evaluation, written down again image by image."""

from dataclasses import replace

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.scoring import LabelledKeypoints, match, score_protocol
from dkp_bench.scoring.labelled import Floats
from dkp_bench.scoring.protocols.bkind import facing_away

PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))
NAMES = tuple(f"joint {number}" for number in range(32))
SCORED = [1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]
LEFT_IDS = [6, 7, 8, 9, 10, 16, 17, 18, 19, 20, 21, 22, 23]
RIGHT_IDS = [1, 2, 3, 4, 5, 24, 25, 26, 27, 28, 29, 30, 31]
TO_FIT = ("S1", "S5", "S6", "S7", "S8")


def people(seed: int, images: int, subjects: tuple[str, ...]) -> LabelledKeypoints:
    """Keypoints that joints depend on linearly; the joints of a side lie somewhat to that side of the image."""
    weights = np.random.default_rng(99).normal(scale=0.2, size=(10, 64))
    random = np.random.default_rng(seed)
    keypoints = random.uniform(-1, 1, (images, 5, 2))
    joints = (keypoints.reshape(images, -1) @ weights + random.normal(scale=0.1, size=(images, 64))).reshape(-1, 32, 2)
    joints[:, LEFT_IDS, 0] += 0.15
    joints[:, RIGHT_IDS, 0] -= 0.15
    groups = {"subject": random.choice(subjects, images), "action": random.choice(["Walking", "Posing"], images)}
    return LabelledKeypoints(keypoints, joints, np.ones((images, 32), dtype=np.bool_), groups=groups)


def loaded(joints: Floats, *, evaluation: bool) -> Floats:
    """What the official loader gives for one image, in [−1, 1]."""
    joints = joints.copy()
    if not evaluation and sum(joints[a, 0] > joints[b, 0] for a, b in zip(LEFT_IDS, RIGHT_IDS, strict=True)) < 9:
        joints[LEFT_IDS], joints[RIGHT_IDS] = joints[RIGHT_IDS], joints[LEFT_IDS]
    return joints[SCORED]


def as_coded(sets: list[LabelledKeypoints]) -> tuple[float, float, int]:
    """Mean distance, mean min distance (fractions of the edge) and the number of flipped images."""
    x, y, flipped = [], [], 0
    tested: list[tuple[Floats, Floats, str]] = []
    for images in sets:
        for i in range(len(images)):
            features, subject = images.keypoints[i].ravel(), images.groups["subject"][i]
            if subject in TO_FIT:
                x.append(features)
                y.append(loaded(images.joints[i], evaluation=False).ravel())
                flipped += not np.array_equal(y[-1], images.joints[i, SCORED].ravel())
            elif subject in ("S9", "S11"):
                tested.append((features, loaded(images.joints[i], evaluation=True), images.groups["action"][i]))
    a, b = np.array(x), np.array(y)
    weights = np.linalg.solve(a.T @ a, a.T @ b)
    distances: dict[str, list[float]] = {}
    minima: dict[str, list[float]] = {}
    other_side = list(range(16))
    for left, right in [(0, 3), (1, 4), (2, 5), (10, 13), (11, 14), (12, 15)]:
        other_side[left], other_side[right] = right, left
    for features, labels, action in tested:
        regressed, labels = ((features @ weights).reshape(16, 2) + 1) / 2, (labels + 1) / 2
        distance = float(np.mean([np.hypot(*gap) for gap in labels - regressed]))
        swapped = float(np.mean([np.hypot(*gap) for gap in labels[other_side] - regressed]))
        distances.setdefault(action, []).append(distance)
        minima.setdefault(action, []).append(min(distance, swapped))
    means = [np.mean([np.mean(values) for values in found.values()]) for found in (distances, minima)]
    return float(means[0]), float(means[1]), flipped


@pytest.mark.parametrize("seed", range(5))
def test_it_scores_as_coded(seed: int) -> None:
    fit, test = people(seed, 250, (*TO_FIT, "S9")), people(seed + 100, 60, ("S11",))
    mean, least, flipped = as_coded([fit, test])
    results = score_protocol("bkind", fit, test, PAIRS, NAMES)
    assert [result.metric for result in results] == ["mean_l2", "min_l2"]
    assert results[0].value == pytest.approx(100 * mean, rel=1e-9)
    assert results[1].value == pytest.approx(100 * least, rel=1e-9)
    assert results[1].value < results[0].value
    assert match("bkind", fit, test, PAIRS).notes["fit_images_flipped"] == flipped
    assert 0 < flipped < 200
    assert list(results[0].per_joint) == [NAMES[joint] for joint in SCORED]


def test_subject_nine_is_scored_and_not_fitted_on_wherever_it_comes_from() -> None:
    fit, test = people(0, 250, (*TO_FIT, "S9")), people(1, 60, ("S11",))
    nine = fit.groups["subject"] == "S9"
    matched = match("bkind", fit, test, PAIRS)
    assert matched.notes == {
        "images_fitted": int((~nine).sum()),
        "fit_images_flipped": matched.notes["fit_images_flipped"],
        "images_tested": 60 + int(nine.sum()),
        "images_of_other_subjects": 0,
    }
    np.testing.assert_allclose(matched.joints * 2 - 1, np.concatenate([test.joints, fit.joints[nine]])[:, SCORED])
    moved = replace(fit, joints=np.where(nine[:, None, None], 0.9, fit.joints))
    np.testing.assert_array_equal(match("bkind", moved, test, PAIRS).predicted, matched.predicted)


def test_images_of_subjects_that_bkind_does_not_know_are_counted() -> None:
    fit, test = people(0, 250, (*TO_FIT, "S9", "S2")), people(1, 60, ("S11",))
    assert match("bkind", fit, test, PAIRS).notes["images_of_other_subjects"] == (fit.groups["subject"] == "S2").sum()


def test_walking_the_dog_is_no_seventh_action() -> None:
    fit, test = people(0, 250, (*TO_FIT, "S9")), people(1, 60, ("S11",))
    walks = [np.where(np.arange(len(each)) % 5 == 0, "WalkingDog", each.groups["action"]) for each in (fit, test)]
    with_dog = [
        replace(each, groups=each.groups | {"action": action}) for each, action in zip((fit, test), walks, strict=True)
    ]
    without = [each.take(action != "WalkingDog") for each, action in zip((fit, test), walks, strict=True)]
    values = [[result.value for result in score_protocol("bkind", *sets, PAIRS, NAMES)] for sets in (with_dog, without)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    assert match("bkind", *with_dog, PAIRS).notes["images_of_other_actions"] == 62
    only = replace(test, groups=test.groups | {"action": np.full(60, "WalkingDog")})
    with pytest.raises(DkpError, match="needs images of S11, and there are none"):
        score_protocol("bkind", fit, only, PAIRS, NAMES)


def test_a_joint_that_only_they_show_has_no_error() -> None:
    fit, test = people(0, 250, (*TO_FIT, "S9")), people(1, 60, ("S11", "S2"))
    visible, nine = test.visible.copy(), (fit.groups["subject"] == "S9")[:, None]
    visible[test.groups["subject"] == "S11", 1] = False
    hidden = replace(fit, visible=fit.visible & ~(nine & (np.arange(32) == 1)))
    tested = (test.groups["subject"] == "S11").sum() + nine.sum()
    with pytest.raises(DkpError, match=f"joint 1 is visible in none of the {tested} test images"):
        score_protocol("bkind", hidden, replace(test, visible=visible), PAIRS, NAMES)


@pytest.mark.parametrize(("right_of", "away"), [(13, False), (9, False), (8, True), (0, True)])
def test_fewer_than_nine_left_joints_on_the_right_are_a_back(right_of: int, away: bool) -> None:
    joints = np.zeros((1, 32, 2))
    joints[0, LEFT_IDS[:right_of], 0] = 0.1
    seen = np.ones((1, 32), dtype=np.bool_)
    assert facing_away(LabelledKeypoints(np.zeros((1, 1, 2)), joints, seen)).item() == away


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"groups": {}}, "needs the subject of each image"),
        ({"groups": {"subject": np.full(250, "S1")}}, "needs the action of each image"),
        (
            {"groups": {"subject": np.full(250, "S1"), "action": np.full(250, "Walking")}},
            "needs images of S5, S6, S7, S8, S9, and there are none",
        ),
    ],
)
def test_it_says_what_it_lacks(change: dict[str, dict[str, np.ndarray]], reason: str) -> None:
    fit, test = people(0, 250, (*TO_FIT, "S9")), people(1, 60, ("S11",))
    with pytest.raises(DkpError, match=reason):
        score_protocol("bkind", replace(fit, **change), test, PAIRS, NAMES)
