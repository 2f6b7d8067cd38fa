import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring import (
    PROTOCOLS,
    LabelledKeypoints,
    image_errors,
    image_sums,
    joint_sums,
    match,
    not_applicable,
    score_all,
    score_protocol,
)
from dkp_bench.scoring.labelled import Floats

seeds = st.integers(0, 2**32 - 1)
WITH_INTERCEPT = ("autolink-fixed+intercept", "no-swap+intercept")
SWAPPING = ("autolink-fixed", "autolink-fixed+intercept")
OURS = (*SWAPPING, "no-swap+intercept")
each_of_ours = pytest.mark.parametrize("protocol", OURS)
JOINTS = 7
PAIRS = ((1, 2), (3, 4))
NAMES = tuple("abcdefg")
ORDER = np.array([0, 2, 1, 4, 3, 5, 6])


def split(seed: int, images: int, *, keypoints: int = 5, noise: float = 0.1, missing: float = 0.1) -> LabelledKeypoints:
    """Joints as a fixed affine map of the keypoints, plus noise; masks at random."""
    weights = np.random.default_rng(99).normal(scale=0.3, size=(2 * keypoints + 1, 2 * JOINTS))
    random = np.random.default_rng(seed)
    found = random.uniform(-1, 1, (images, keypoints, 2))
    joints = np.column_stack([found.reshape(images, -1), np.ones(images)]) @ weights
    joints += random.normal(scale=noise, size=joints.shape)
    visible = random.random((images, JOINTS)) >= missing
    visible[:, 0] = True
    mask = random.random((images, 32, 32)) < 0.05
    return LabelledKeypoints(found, joints.reshape(images, JOINTS, 2), visible, mask)


def splits(seed: int, **options: float) -> tuple[LabelledKeypoints, LabelledKeypoints]:
    return split(seed, 120, **options), split(seed + 1, 70, **options)  # type: ignore[arg-type]


def values(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints) -> Floats:
    return np.array([result.value for result in score_protocol(protocol, fit, test, PAIRS, NAMES)])


def with_keypoints(change: Callable[[Floats], Floats], *sets: LabelledKeypoints) -> list[LabelledKeypoints]:
    return [replace(labelled, keypoints=change(labelled.keypoints)) for labelled in sets]


def swap_labels(labelled: LabelledKeypoints, share: float, seed: int) -> LabelledKeypoints:
    where = np.random.default_rng(seed).random(len(labelled)) < share
    joints = np.where(where[:, None, None], labelled.joints[:, ORDER], labelled.joints)
    visible = np.where(where[:, None], labelled.visible[:, ORDER], labelled.visible)
    return replace(labelled, joints=joints, visible=visible)


@each_of_ours
def test_they_report_three_metrics_of_every_joint(protocol: str) -> None:
    results = score_protocol(protocol, *splits(0), PAIRS, NAMES)
    units = {(result.metric, result.unit, result.higher_is_better) for result in results}
    assert results[0].metric == "mean_l2"
    assert units == {("mean_l2", "% of edge", False), ("pck", "%", True), ("summed_mae", "px at 255", False)}
    for result in results:
        assert result.protocol == protocol
        assert math.isfinite(result.value)
        assert tuple(result.per_joint) == NAMES


@each_of_ours
def test_an_exact_linear_map_has_no_error(protocol: str) -> None:
    fit, test = split(0, 120, noise=0), split(1, 70, noise=0)
    if protocol not in WITH_INTERCEPT:
        # A linear map between [0, 1] coordinates: the origin there is the corner (−1, −1).
        weights = np.random.default_rng(5).normal(size=(10, 2 * JOINTS))
        fit, test = (
            replace(
                labelled,
                joints=(((labelled.keypoints.reshape(len(labelled), -1) + 1) @ weights) - 1).reshape(
                    len(labelled), JOINTS, 2
                ),
            )
            for labelled in (fit, test)
        )
    np.testing.assert_allclose(values(protocol, fit, test), [0, 100, 0], atol=1e-8)


@each_of_ours
@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_order_of_images_and_keypoints_does_not_matter(protocol: str, seed: int) -> None:
    fit, test = splits(seed)
    random = np.random.default_rng(seed)
    keypoint_order = random.permutation(fit.keypoints.shape[1])
    shuffled = []
    for labelled in (fit, test):
        images = random.permutation(len(labelled))
        shuffled.append(
            LabelledKeypoints(
                labelled.keypoints[images][:, keypoint_order], labelled.joints[images], labelled.visible[images]
            )
        )
    np.testing.assert_allclose(values(protocol, *shuffled), values(protocol, fit, test), rtol=1e-9)


@pytest.mark.parametrize("protocol", WITH_INTERCEPT)
@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_an_affine_change_of_the_keypoints_does_not_matter(protocol: str, seed: int) -> None:
    fit, test = splits(seed)
    random = np.random.default_rng(seed)
    turn, shift = np.linalg.qr(random.normal(size=(2, 2)))[0] * 1.7, random.uniform(-1, 1, 2)
    moved = with_keypoints(lambda keypoints: keypoints @ turn + shift, fit, test)
    np.testing.assert_allclose(values(protocol, *moved), values(protocol, fit, test), rtol=1e-8)


def test_without_intercept_the_origin_matters() -> None:
    fit, test = splits(3)
    moved = with_keypoints(lambda keypoints: keypoints + 0.5, fit, test)
    assert abs(values("autolink-fixed", *moved)[0] - values("autolink-fixed", fit, test)[0]) > 0.1


@pytest.mark.parametrize("protocol", SWAPPING)
@pytest.mark.parametrize("seed", range(5))
def test_perfect_up_to_left_and_right_is_perfect_only_with_swaps(protocol: str, seed: int) -> None:
    fit, test = split(seed, 400, missing=0.0), split(seed + 100, 70, missing=0.0)
    fit, test = (replace(labelled, keypoints=labelled.joints) for labelled in (fit, test))
    fit, test = swap_labels(fit, 0.2, seed), swap_labels(test, 0.5, seed)
    assert values(protocol, fit, test)[0] == pytest.approx(0, abs=1e-8)
    assert values("no-swap+intercept", fit, test)[0] > 3


def test_no_swap_equals_a_regression_by_hand() -> None:
    fit, test = splits(8, missing=0.3)
    gaps = np.full((len(test), JOINTS), np.nan)
    for joint in range(JOINTS):
        seen = fit.visible[:, joint]
        design = np.column_stack([fit.keypoints[seen].reshape(seen.sum(), -1), np.ones(seen.sum())])
        weights = np.linalg.solve(design.T @ design, design.T @ fit.joints[seen, joint])
        design = np.column_stack([test.keypoints.reshape(len(test), -1), np.ones(len(test))])
        gaps[:, joint] = np.linalg.norm(design @ weights - test.joints[:, joint], axis=1) / 2
    gaps[~test.visible] = np.nan
    mean_l2, pck, _ = score_protocol("no-swap+intercept", fit, test, PAIRS, NAMES)
    assert mean_l2.value == pytest.approx(100 * np.nanmean(np.nanmean(gaps, axis=1)))
    assert pck.value == pytest.approx(100 * (gaps[test.visible] < 6 / 255).mean())
    np.testing.assert_allclose(list(mean_l2.per_joint.values()), 100 * np.nanmean(gaps, axis=0))


def test_mean_pose_scores_the_distance_to_the_mean() -> None:
    fit, test = splits(9, missing=0.0)
    fit, test = with_keypoints(lambda keypoints: np.zeros((len(keypoints), 1, 2)), fit, test)
    gaps = np.linalg.norm(test.joints - fit.joints.mean(axis=0), axis=2) / 2
    assert values("no-swap+intercept", fit, test)[0] == pytest.approx(100 * gaps.mean())


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_the_oracle_at_test_never_raises_an_error(seed: int) -> None:
    fit, test = splits(seed)
    matched = match("autolink-fixed", fit, test, PAIRS)
    asked = np.linalg.norm(matched.predicted - (test.joints + 1) / 2, axis=2).mean(axis=1, where=test.visible)
    assert (image_errors("autolink-fixed", fit, test, PAIRS) <= 100 * asked + 1e-9).all()


def test_the_autolink_procedure_reports_what_it_did() -> None:
    fit, test = splits(11)
    notes = match("autolink-fixed", swap_labels(fit, 0.3, 0), test, PAIRS).notes
    assert notes["fit_images_swapped"] > 10
    assert notes["fit_rounds"] > 1
    assert match("no-swap+intercept", fit, test, PAIRS).notes == {}


def test_the_protocols_that_apply_then_the_share_on_the_figure() -> None:
    fit, test = splits(12)
    results = score_all(["bkind", *OURS, "keypointgan"], fit, test, PAIRS, NAMES)
    assert [result.protocol for result in results] == [name for name in OURS for _ in range(3)] + ["on-figure"] * 2
    assert [result.metric for result in results[-2:]] == ["on_figure", "figure_area"]
    assert results[:3] == score_protocol("autolink-fixed", fit, test, PAIRS, NAMES)
    assert len(score_all(OURS, fit, replace(test, mask=None), PAIRS, NAMES)) == len(results) - 2
    assert all(np.isfinite(result.value) for result in results)


@each_of_ours
def test_sums_over_images_give_the_scores(protocol: str) -> None:
    fit, test = splits(15)
    for result in score_protocol(protocol, fit, test, PAIRS, NAMES):
        sums = image_sums(protocol, result.metric, fit, test, PAIRS)
        assert (len(sums), sums.value) == (len(test), result.value)
        joints = joint_sums(protocol, result.metric, fit, test, PAIRS)
        assert {NAMES[joint]: sums.value for joint, sums in joints.items()} == result.per_joint


def test_rows_of_the_sums_are_the_test_images_in_their_order() -> None:
    fit, test = splits(16)
    contributions = image_sums("autolink-fixed", "mean_l2", fit, test, PAIRS).contributions
    np.testing.assert_allclose(contributions * len(test), image_errors("autolink-fixed", fit, test, PAIRS))


def test_the_share_on_the_figure_sums_over_images_too() -> None:
    fit, test = splits(17)
    share = score_all(OURS, fit, test, PAIRS, NAMES)[-2]
    assert image_sums(share.protocol, share.metric, fit, test, PAIRS).value == share.value
    with pytest.raises(DkpError, match="unknown number of on-figure that sums over images 'figure_area'"):
        image_sums("on-figure", "figure_area", fit, test, PAIRS)
    with pytest.raises(DkpError, match="on-figure has no number of a joint"):
        joint_sums("on-figure", "on_figure", fit, test, PAIRS)


@pytest.mark.parametrize("refused", [image_sums, joint_sums])
def test_no_sums_where_the_rows_are_not_the_test_images(refused: Callable[..., object]) -> None:
    fit, test = splits(18)
    with pytest.raises(DkpError, match="protocol bkind splits the images again"):
        refused("bkind", "mean_l2", fit, test, PAIRS)
    with pytest.raises(DkpError, match=r"unknown metric of protocol autolink-fixed 'pkc'\. Did you mean 'pck'"):
        refused("autolink-fixed", "pkc", fit, test, PAIRS)


def test_what_does_not_apply_is_said_and_refused() -> None:
    fit, test = splits(14)
    assert not_applicable(PROTOCOLS, fit, test) == {
        "autolink": "it names joints by number in a skeleton of 32, this one has 7",
        "autolink-float32": "it names joints by number in a skeleton of 32, this one has 7",
        "stablekeypoints": "it names joints by number in a skeleton of 32, this one has 7",
        "bkind": "it names joints by number in a skeleton of 32, this one has 7",
        "keypointgan": "it reads keypoint k as joint k: K is 5, the joints are 7",
    }
    for refused in (score_protocol, match, image_errors):
        names = (NAMES,) if refused is score_protocol else ()
        with pytest.raises(DkpError, match="protocol bkind does not apply: it names joints by number"):
            refused("bkind", fit, test, PAIRS, *names)
    with pytest.raises(DkpError, match="have 5 keypoints each, those to test have 4"):
        not_applicable(PROTOCOLS, fit, replace(test, keypoints=test.keypoints[:, :4]))
    with pytest.raises(DkpError, match="Did you mean 'bkind'"):
        not_applicable(["bkin"], fit, test)


def test_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(DkpError, match="Did you mean 'autolink-fixed'"):
        score_protocol("autolink-fixd", *splits(0), PAIRS, NAMES)


@each_of_ours
def test_malformed_input_is_an_error(protocol: str) -> None:
    fit, test = splits(13)
    unseen = test.visible.copy()
    unseen[:, 3] = False
    with pytest.raises(DkpError, match="joint 3 is visible in none of the 70 test images"):
        score_protocol(protocol, fit, replace(test, visible=unseen), PAIRS, NAMES)
    unseen = fit.visible.copy()
    unseen[:, 3] = False
    with pytest.raises(DkpError, match="joint 3 is visible in none of the 120 images that the regression"):
        score_protocol(protocol, replace(fit, visible=unseen), test, ((1, 2),), NAMES)
    with pytest.raises(DkpError, match="have 5 keypoints each, those to test have 4"):
        score_protocol(protocol, fit, replace(test, keypoints=test.keypoints[:, :4]), PAIRS, NAMES)
    with pytest.raises(DkpError, match="have 6 joints each, those to test have 7"):
        score_protocol(protocol, replace(fit, joints=fit.joints[:, :6], visible=fit.visible[:, :6]), test, PAIRS, NAMES)
    with pytest.raises(DkpError, match="joint 1"):
        score_protocol(protocol, fit, test, ((1, 2), (1, 3)), NAMES)
    with pytest.raises(DkpError, match="7 joints need 7 different names"):
        score_protocol(protocol, fit, test, PAIRS, [*NAMES[:6], "a"])
