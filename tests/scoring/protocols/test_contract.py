"""What holds for every protocol, on images that all of them can score: Human3.6M's joints, subjects and actions."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring import PROTOCOLS, LabelledKeypoints, image_errors, match, not_applicable, score_protocol
from dkp_bench.scoring.protocols.bkind import LEFT, RIGHT

JOINTS = 32
PAIRS = tuple(zip(LEFT, RIGHT, strict=True))
NAMES = tuple(f"joint {number}" for number in range(JOINTS))
FIT_SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9")
REPORTS = {
    "autolink": {("mean_l2", "% of edge")},
    "autolink-taichi": {("summed_mae", "px at 255")},
    "autolink-deepfashion": {("pck", "%")},
    "autolink-float32": {("mean_l2", "% of edge")},
    "autolink-taichi-float32": {("summed_mae", "px at 255")},
    "autolink-deepfashion-float32": {("pck", "%")},
    "autolink-fixed": {("mean_l2", "% of edge"), ("pck", "%"), ("summed_mae", "px at 255")},
    "autolink-fixed+intercept": {("mean_l2", "% of edge"), ("pck", "%"), ("summed_mae", "px at 255")},
    "no-swap+intercept": {("mean_l2", "% of edge"), ("pck", "%"), ("summed_mae", "px at 255")},
    "stablekeypoints": {("mean_l2", "px at 128")},
    "stablekeypoints-taichi": {("summed_l2", "px at 256")},
    "stablekeypoints-deepfashion": {("pck", "%")},
    "bkind": {("mean_l2", "% of edge"), ("min_l2", "% of edge")},
    "lmdis": {("mean_l2", "% of edge")},
    "motion-cosegmentation": {("summed_mae", "px at 255")},
    "keypointgan": {("mean_l2", "% of edge")},
}


def rounding(protocol: str) -> float:
    """How far the protocol's arithmetic may carry a number, relatively."""
    return 1e-3 if protocol.endswith("-float32") else 1e-9


def counting(protocol: str, images: LabelledKeypoints) -> float:
    """How far it may carry a share, in percent: two joints may cross the threshold that they lie on."""
    return 100 * 2 / images.visible.sum() if protocol == "autolink-deepfashion-float32" else 0.0


every_protocol = pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
seeds = st.integers(0, 2**32 - 1)


def split(
    seed: int, images: int, subjects: tuple[str, ...], *, noise: float, missing: float = 0.0
) -> LabelledKeypoints:
    """Keypoints that are the joints, but for noise, of people facing the camera."""
    random = np.random.default_rng(seed)
    joints = random.uniform(-0.8, 0.8, (images, JOINTS, 2))
    sides = np.sort(np.stack([joints[:, RIGHT, 0], joints[:, LEFT, 0]]), axis=0)
    joints[:, RIGHT, 0], joints[:, LEFT, 0] = sides
    visible = random.random((images, JOINTS)) >= missing
    visible[:, 0] = True
    return LabelledKeypoints(
        joints + random.normal(scale=noise, size=joints.shape) if noise else joints,
        joints,
        visible,
        groups={"subject": random.choice(subjects, images), "action": random.choice(["Posing", "Walking"], images)},
    )


def splits(seed: int, noise: float = 0.2, missing: float = 0.0) -> tuple[LabelledKeypoints, LabelledKeypoints]:
    fit = split(seed, 200, FIT_SUBJECTS, noise=noise, missing=missing)
    return fit, split(seed + 1, 60, ("S11",), noise=noise, missing=missing)


def shuffled(images: LabelledKeypoints, seed: int) -> LabelledKeypoints:
    order = np.random.default_rng(seed).permutation(len(images))
    groups = {name: group[order] for name, group in images.groups.items()}
    return LabelledKeypoints(images.keypoints[order], images.joints[order], images.visible[order], groups=groups)


def values(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints) -> list[float]:
    return [result.value for result in score_protocol(protocol, fit, test, PAIRS, NAMES)]


def test_all_of_them_are_here_and_apply() -> None:
    assert set(PROTOCOLS) == set(REPORTS)
    assert not_applicable(PROTOCOLS, *splits(0)) == {}


@every_protocol
def test_it_says_what_it_is(protocol: str) -> None:
    described = PROTOCOLS[protocol]
    assert described.name == protocol
    assert described.summary.endswith(".")
    assert "\n" not in described.summary
    ours = protocol == "no-swap+intercept"
    assert ("official code at " in described.source) != ours, "a reader must be able to look it up"


@every_protocol
def test_results_fit_the_record(protocol: str) -> None:
    results = score_protocol(protocol, *splits(0), PAIRS, NAMES)
    assert {(result.metric, result.unit) for result in results} == REPORTS[protocol]
    assert len(results) == len(REPORTS[protocol])
    scored = [name for number, name in enumerate(NAMES) if protocol != "bkind" or number in SCORED_BY_BKIND]
    for result in results:
        assert result.protocol == protocol
        assert math.isfinite(result.value)
        assert list(result.per_joint) == scored
        assert result.higher_is_better == (result.unit == "%")


SCORED_BY_BKIND = {1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27}


@every_protocol
def test_keypoints_that_are_the_joints_have_no_error(protocol: str) -> None:
    left_over = {"autolink-float32": 0.02, "autolink-taichi-float32": 4.0}.get(protocol, 1e-9)  # 36 coordinates summed
    for result in score_protocol(protocol, *splits(1, noise=0), PAIRS, NAMES):
        assert result.value == pytest.approx(100 if result.higher_is_better else 0, abs=left_over)


@every_protocol
@settings(max_examples=5)
@given(seed=seeds)
def test_the_order_of_the_images_does_not_matter(protocol: str, seed: int) -> None:
    fit, test = splits(seed, missing=0.1)
    np.testing.assert_allclose(
        values(protocol, shuffled(fit, seed), shuffled(test, seed)),
        values(protocol, fit, test),
        rtol=rounding(protocol),
        atol=counting(protocol, test),
    )


@every_protocol
@settings(max_examples=5)
@given(seed=seeds)
def test_what_stands_in_missing_joints_does_not_matter(protocol: str, seed: int) -> None:
    clean = splits(seed, missing=0.3)
    dirty = []
    for labelled, garbage in zip(clean, (np.nan, 1e300), strict=True):
        joints = labelled.joints.copy()
        joints[~labelled.visible] = garbage
        dirty.append(replace(labelled, joints=joints))
    np.testing.assert_array_equal(values(protocol, *dirty), values(protocol, *clean))


@every_protocol
def test_parts_add_up_to_the_whole(protocol: str) -> None:
    for result in score_protocol(protocol, *splits(2), PAIRS, NAMES):
        parts = np.array(list(result.per_joint.values()))
        whole = parts.sum() if result.metric.startswith("summed") else parts.mean()
        assert whole == pytest.approx(result.value)


@every_protocol
def test_each_image_has_an_error(protocol: str) -> None:
    fit, test = splits(3)
    matched, errors = match(protocol, fit, test, PAIRS), image_errors(protocol, fit, test, PAIRS)
    gaps = np.linalg.norm(matched.predicted - matched.joints, axis=2)
    np.testing.assert_allclose(errors, 100 * gaps.mean(axis=1))
    if protocol == "bkind":
        assert len(errors) == len(test) + (fit.groups["subject"] == "S9").sum()
    else:
        assert len(errors) == len(test)
        if ("mean_l2", "% of edge") in REPORTS[protocol] and protocol != "keypointgan":
            assert errors.mean() == pytest.approx(values(protocol, fit, test)[0])


@every_protocol
def test_a_joint_that_nobody_shows_is_an_error(protocol: str) -> None:
    fit, test = splits(4)
    unseen = test.visible.copy()
    unseen[:, 3] = False
    with pytest.raises(DkpError, match="joint 3 is visible in none of the 60 test images"):
        score_protocol(protocol, fit, replace(test, visible=unseen), PAIRS, NAMES)
    with pytest.raises(DkpError, match="joint 1"):
        score_protocol(protocol, fit, test, ((1, 2), (1, 3)), NAMES)
