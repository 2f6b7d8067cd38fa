import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring import distances, sums
from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.metrics import (
    MEAN_L2,
    MEAN_L2_AT_128,
    MEAN_L2_BY_ACTION,
    MIN_L2_BY_ACTION,
    PCK,
    SUMMED_L2,
    SUMMED_MAE,
    Metric,
)
from dkp_bench.scoring.sums import Sums
from dkp_bench.scoring.swap import swap_where_better

seeds = st.integers(0, 2**32 - 1)
METRICS = (MEAN_L2, MEAN_L2_AT_128, MEAN_L2_BY_ACTION, MIN_L2_BY_ACTION, SUMMED_L2, PCK, SUMMED_MAE)
IDS = ("mean_l2", "mean_l2_at_128", "mean_l2_by_action", "min_l2", "summed_l2", "pck", "summed_mae")
every_metric = pytest.mark.parametrize("metric", METRICS, ids=IDS)
ORDER = np.array([0, 2, 1, 4, 3])


def by_hand() -> Matched:
    """Three images, two joints; the second joint of the last image is not visible."""
    joints = np.zeros((3, 2, 2))
    predicted = np.array([[[0.03, 0.04], [0.0, 0.0]], [[0.0, -0.01], [0.01, 0.0]], [[0.06, -0.08], [9.0, 9.0]]])
    return Matched(predicted, joints, np.array([[True, True], [True, True], [True, False]]))


def random_case(seed: int, images: int = 7) -> Matched:
    random = np.random.default_rng(seed)
    visible = random.random((images, 5)) < 0.6
    visible[0], visible[:, 0] = True, True
    actions = np.resize(["b", "a", "c", "a", "b", "a", "a"], images)
    positions = random.normal(size=(2, images, 5, 2))
    return Matched(*positions, visible, groups={"action": actions}, order=ORDER)


def rows(matched: Matched, chosen: list[int]) -> Matched:
    groups = {name: group[chosen] for name, group in matched.groups.items()}
    parts = matched.predicted[chosen], matched.joints[chosen], matched.visible[chosen]
    return Matched(*parts, groups=groups, order=matched.order)


def each(joints: tuple[Sums, ...]) -> list[float]:
    return [joint.value for joint in joints]


def test_mean_l2_is_the_mean_of_the_images_means() -> None:
    matched = by_hand()
    lengths = distances.distances(matched)
    assert sums.mean_l2(lengths, matched.visible).value == pytest.approx(4.5)
    np.testing.assert_allclose(each(sums.joint_l2(lengths, matched.visible)), [16 / 3, 0.5])


def test_pck_counts_visible_joints_nearer_than_the_threshold() -> None:
    matched = by_hand()
    lengths = distances.distances(matched)
    default = distances.hits(lengths)
    assert sums.pck(default, matched.visible).value == pytest.approx(100 * 3 / 5)
    np.testing.assert_allclose(each(sums.joint_pck(default, matched.visible)), [100 / 3, 100])
    assert sums.pck(distances.hits(lengths, threshold=2), matched.visible).value == pytest.approx(100 * 1 / 5)


def test_summed_mae_adds_the_coordinates_up() -> None:
    matched = by_hand()
    offsets = distances.offsets(matched)
    first = 255 * ((0.03 + 0 + 0.06) / 3 + (0.04 + 0.01 + 0.08) / 3)
    second = 255 * ((0 + 0.01) / 2 + 0)
    np.testing.assert_allclose(each(sums.joint_mae(offsets, matched.visible)), [first, second])
    assert sums.summed_mae(offsets, matched.visible).value == pytest.approx(first + second)


def test_summed_l2_adds_the_joints_of_an_image_up() -> None:
    lengths = distances.distances(by_hand())
    assert sums.summed_l2(lengths).value == pytest.approx(255 * (0.05 + 0.02 + 0.1) / 3)
    np.testing.assert_allclose(each(sums.joint_share_of_summed_l2(lengths)), [255 * 0.16 / 3, 255 * 0.01 / 3])


def test_groups_count_the_same_however_large() -> None:
    matched = by_hand()
    lengths, groups = distances.distances(matched), np.array(["Walking", "Walking", "Posing"])
    assert sums.grouped_l2(lengths, matched.visible, groups).value == pytest.approx(((2.5 + 1) / 2 + 10) / 2)
    joints = sums.grouped_joint_l2(lengths, matched.visible, groups)
    np.testing.assert_allclose(each(joints), [((5 + 1) / 2 + 10) / 2, (0 + 1) / 2])


@settings(deadline=None, max_examples=50)
@given(seeds)
def test_numbers_equal_loops(seed: int) -> None:
    matched = random_case(seed)
    visible, lengths = matched.visible, distances.distances(matched)
    images: list[list[float]] = [[] for _ in range(7)]
    joints: list[list[float]] = [[] for _ in range(5)]
    maes: list[list[list[float]]] = [[[], []] for _ in range(5)]
    for i, j in np.ndindex(7, 5):
        if visible[i, j]:
            dx, dy = matched.predicted[i, j] - matched.joints[i, j]
            distance = float((dx * dx + dy * dy) ** 0.5)
            images[i].append(distance)
            joints[j].append(distance)
            maes[j][0].append(abs(dx))
            maes[j][1].append(abs(dy))
    flat = [distance for image in images for distance in image]
    assert sums.mean_l2(lengths, visible).value == pytest.approx(100 * np.mean([np.mean(image) for image in images]))
    np.testing.assert_allclose(each(sums.joint_l2(lengths, visible)), [100 * np.mean(joint) for joint in joints])
    share = 100 * np.mean([255 * distance < 300 for distance in flat])
    assert sums.pck(distances.hits(lengths, threshold=300), visible).value == pytest.approx(share)
    total = sum(255 * np.mean(axis) for joint in maes for axis in joint)
    assert sums.summed_mae(distances.offsets(matched), visible).value == pytest.approx(total)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_grouped_errors_equal_loops(seed: int) -> None:
    matched = random_case(seed)
    lengths, visible, groups = distances.distances(matched), matched.visible, matched.groups["action"]
    means, joints = [], [[] for _ in range(5)]
    for group in "abc":
        members = [i for i in range(7) if groups[i] == group]
        means.append(np.mean([np.mean([lengths[i, j] for j in range(5) if visible[i, j]]) for i in members]))
        for joint in range(5):
            seen = [lengths[i, joint] for i in members if visible[i, joint]]
            joints[joint] += [np.mean(seen)] if seen else []
    assert sums.grouped_l2(lengths, visible, groups).value == pytest.approx(100 * np.mean(means))
    np.testing.assert_allclose(
        each(sums.grouped_joint_l2(lengths, visible, groups)), [100 * np.mean(joint) for joint in joints]
    )


@every_metric
@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_rows_of_sums_are_the_number_of_those_images(metric: Metric, seed: int) -> None:
    """The oracle of every bootstrap: images drawn again and scored give what their rows of the sums give."""
    matched = random_case(seed)
    random = np.random.default_rng(seed)
    chosen = [*range(7), *random.integers(7, size=12).tolist()]
    for whole, again in zip(
        (metric.sums(matched), *metric.joint_sums(matched)),
        (metric.sums(rows(matched, chosen)), *metric.joint_sums(rows(matched, chosen))),
        strict=True,
    ):
        drawn = Sums(whole.numerators[chosen], whole.denominators[chosen])
        assert drawn.value == pytest.approx(again.value, rel=1e-12)


@every_metric
def test_what_images_contribute_adds_up(metric: Metric) -> None:
    whole = metric.sums(random_case(3, images=40))
    assert whole.contributions.shape == (len(whole),) == (40,)
    assert whole.contributions.sum() == pytest.approx(whole.value)


@every_metric
def test_influence_is_what_a_little_more_of_an_image_does(metric: Metric) -> None:
    whole = metric.sums(random_case(4, images=40))
    assert whole.influence.sum() == pytest.approx(0, abs=1e-9 * whole.value)
    for image in (0, 17, 39):
        weights = np.ones((40, 1))
        weights[image] += 1e-6
        more = Sums(weights * whole.numerators, weights * whole.denominators).value
        assert (more - whole.value) / 1e-6 == pytest.approx(whole.influence[image], rel=1e-3, abs=1e-6)


def test_min_l2_takes_the_better_side_of_each_image() -> None:
    matched = random_case(5)
    swapped = swap_where_better(matched, ORDER)
    assert MIN_L2_BY_ACTION.value(matched) == MEAN_L2_BY_ACTION.value(swapped) < MEAN_L2_BY_ACTION.value(matched)


def test_a_column_without_images_has_no_number() -> None:
    seen = Sums(np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert seen.value == 4
    assert np.isnan(Sums(seen.numerators[1:], seen.denominators[1:]).value)


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((3, 2), (3, 1)), ((3, 2), (2, 2))])
def test_columns_must_match(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    numerators, denominators = map(np.ones, shapes)
    with pytest.raises(ValueError, match=r"numerators .* and denominators"):
        Sums(numerators, denominators)


@pytest.mark.parametrize("factor", [0.5, 1.28])
def test_scaling_scales_the_number(factor: float) -> None:
    whole = SUMMED_MAE.sums(random_case(1))
    assert whole.scaled(factor).value == pytest.approx(factor * whole.value)
