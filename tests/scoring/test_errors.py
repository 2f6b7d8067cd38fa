import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring import errors
from dkp_bench.scoring.errors import Matched


def by_hand() -> Matched:
    """Three images, two joints; the second joint of the last image is not visible."""
    joints = np.zeros((3, 2, 2))
    predicted = np.array([[[0.03, 0.04], [0.0, 0.0]], [[0.0, -0.01], [0.01, 0.0]], [[0.06, -0.08], [9.0, 9.0]]])
    return Matched(predicted, joints, np.array([[True, True], [True, True], [True, False]]))


def random_case(seed: int) -> Matched:
    random = np.random.default_rng(seed)
    visible = random.random((7, 5)) < 0.6
    visible[0], visible[:, 0] = True, True
    return Matched(random.normal(size=(7, 5, 2)), random.normal(size=(7, 5, 2)), visible)


def test_mean_l2_is_the_mean_of_the_images_means() -> None:
    matched = by_hand()
    distances = errors.distances(matched)
    np.testing.assert_allclose(distances, [[0.05, 0], [0.01, 0.01], [0.1, 0]], atol=1e-15)
    np.testing.assert_allclose(errors.image_l2(distances, matched.visible), [2.5, 1, 10])
    assert errors.mean_l2(distances, matched.visible) == pytest.approx(4.5)
    np.testing.assert_allclose(errors.joint_l2(distances, matched.visible), [16 / 3, 0.5])


def test_pck_counts_visible_joints_nearer_than_the_threshold() -> None:
    matched = by_hand()
    distances = errors.distances(matched)
    default = errors.hits(distances)
    assert errors.pck(default, matched.visible) == pytest.approx(100 * 3 / 5)
    np.testing.assert_allclose(errors.joint_pck(default, matched.visible), [100 / 3, 100])
    assert errors.pck(errors.hits(distances, threshold=2), matched.visible) == pytest.approx(100 * 1 / 5)


@pytest.mark.parametrize(("pixels", "hit"), [(5.99, True), (6.0, False), (6.01, False)])
def test_pck_threshold_is_six_pixels_of_a_256_px_image(pixels: float, hit: bool) -> None:
    assert errors.hits(np.array([[pixels / 255]])).item() is hit


def test_summed_mae_adds_the_coordinates_up() -> None:
    matched = by_hand()
    offsets = errors.offsets(matched)
    first = 255 * ((0.03 + 0 + 0.06) / 3 + (0.04 + 0.01 + 0.08) / 3)
    second = 255 * ((0 + 0.01) / 2 + 0)
    np.testing.assert_allclose(errors.joint_mae(offsets, matched.visible), [first, second])
    assert errors.summed_mae(offsets, matched.visible) == pytest.approx(first + second)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_aggregates_equal_loops(seed: int) -> None:
    matched = random_case(seed)
    visible, distances = matched.visible, errors.distances(matched)
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
    assert errors.mean_l2(distances, visible) == pytest.approx(100 * np.mean([np.mean(image) for image in images]))
    np.testing.assert_allclose(errors.joint_l2(distances, visible), [100 * np.mean(joint) for joint in joints])
    share = 100 * np.mean([255 * distance < 300 for distance in flat])
    assert errors.pck(errors.hits(distances, threshold=300), visible) == pytest.approx(share)
    total = sum(255 * np.mean(axis) for joint in maes for axis in joint)
    assert errors.summed_mae(errors.offsets(matched), visible) == pytest.approx(total)


def test_what_stands_in_an_invisible_joint_never_counts() -> None:
    clean, dirty = random_case(4), random_case(4)
    dirty.joints[~dirty.visible] = np.nan
    np.testing.assert_array_equal(errors.offsets(dirty), errors.offsets(clean))
    np.testing.assert_array_equal(errors.distances(dirty), errors.distances(clean))


def test_groups_count_the_same_however_large() -> None:
    matched = by_hand()
    distances, groups = errors.distances(matched), np.array(["Walking", "Walking", "Posing"])
    assert errors.grouped_l2(distances, matched.visible, groups) == pytest.approx(((2.5 + 1) / 2 + 10) / 2)
    each = errors.grouped_joint_l2(distances, matched.visible, groups)
    np.testing.assert_allclose(each, [((5 + 1) / 2 + 10) / 2, (0 + 1) / 2])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_grouped_errors_equal_loops(seed: int) -> None:
    matched = random_case(seed)
    distances, visible = errors.distances(matched), matched.visible
    groups = np.array(["b", "a", "c", "a", "b", "a", "a"])
    means, joints = [], [[] for _ in range(5)]
    for group in "abc":
        rows = [i for i in range(7) if groups[i] == group]
        means.append(np.mean([np.mean([distances[i, j] for j in range(5) if visible[i, j]]) for i in rows]))
        for joint in range(5):
            seen = [distances[i, joint] for i in rows if visible[i, joint]]
            joints[joint] += [np.mean(seen)] if seen else []
    assert errors.grouped_l2(distances, visible, groups) == pytest.approx(100 * np.mean(means))
    np.testing.assert_allclose(
        errors.grouped_joint_l2(distances, visible, groups), [100 * np.mean(joint) for joint in joints]
    )


def test_summed_l2_adds_the_joints_of_an_image_up() -> None:
    matched = by_hand()
    distances = errors.distances(matched)
    assert errors.summed_l2(distances) == pytest.approx(255 * (0.05 + 0.02 + 0.1) / 3)
    np.testing.assert_allclose(errors.joint_share_of_summed_l2(distances), [255 * 0.16 / 3, 255 * 0.01 / 3])
