import math
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import Bools, Floats, LabelledKeypoints
from dkp_bench.scoring.on_figure import BLOCK, figure_results, figure_sums, keypoints_on_figure, share_of_area

seeds = st.integers(0, 2**32 - 1)


def figures(seed: int, images: int = 5, size: int = 32, share: float = 0.02) -> Bools:
    return np.random.default_rng(seed).random((images, size, size)) < share


def at_pixel(x: float, y: float, size: int) -> Floats:
    return np.array([[[2 * x / (size - 1) - 1, 2 * y / (size - 1) - 1]]])


def nearest(x: float, y: float, figure: Bools) -> float:
    return min((math.hypot(x - column, y - row) for row, column in np.argwhere(figure)), default=math.inf)


@settings(deadline=None, max_examples=30)
@given(seeds, st.sampled_from([16, 32, 45, 64]), st.sampled_from([1 / 32, 0.1, 0.0]))
def test_equals_the_distance_to_every_pixel_of_the_figure(seed: int, size: int, tolerance: float) -> None:
    mask = figures(seed, images=3, size=size)
    keypoints = np.random.default_rng(seed).uniform(-1.3, 1.3, (3, 12, 2))
    found = keypoints_on_figure(keypoints, mask, tolerance)
    for image, keypoint in np.ndindex(3, 12):
        x, y = (keypoints[image, keypoint] + 1) / 2 * (size - 1)
        assert found[image, keypoint] == (nearest(x, y, mask[image]) <= tolerance * size)


@pytest.mark.parametrize(("dx", "dy", "on"), [(0, 0, 1), (1.99, 0, 1), (2.01, 0, 0), (0, -1.99, 1), (1.5, 1.5, 0)])
def test_two_pixels_at_64(dx: float, dy: float, on: int) -> None:
    mask = np.zeros((1, 64, 64), dtype=np.bool_)
    mask[0, 40, 10] = True
    assert keypoints_on_figure(at_pixel(10 + dx, 40 + dy, 64), mask).item() == on
    assert not keypoints_on_figure(at_pixel(40 + dx, 10 + dy, 64), mask), "x is the column, y the row"


@pytest.mark.parametrize(("x", "on"), [(-1.5, 1), (-2.5, 0), (-1e6, 0)])
def test_a_keypoint_outside_is_measured_from_where_it_is(x: float, on: int) -> None:
    mask = np.zeros((1, 64, 64), dtype=np.bool_)
    mask[0, :, 0] = True
    assert keypoints_on_figure(at_pixel(x, 30, 64), mask).item() == on


def test_masks_on_disk_are_read_block_by_block(tmp_path: Path) -> None:
    masks = figures(0, images=2 * BLOCK + 3, size=16)
    keypoints = np.random.default_rng(0).uniform(-1, 1, (len(masks), 2, 2))
    np.save(tmp_path / "mask.npy", masks)
    on_disk = np.load(tmp_path / "mask.npy", mmap_mode="r")
    singly = [keypoints_on_figure(keypoints[i : i + 1], masks[i : i + 1])[0] for i in range(len(masks))]
    np.testing.assert_array_equal(keypoints_on_figure(keypoints, on_disk), singly)
    np.testing.assert_array_equal(share_of_area(on_disk), share_of_area(masks))


def test_nothing_lies_on_an_empty_figure() -> None:
    mask = np.zeros((2, 16, 16), dtype=np.bool_)
    assert not keypoints_on_figure(np.zeros((2, 3, 2)), mask).any()
    np.testing.assert_array_equal(share_of_area(mask), 0)


@settings(deadline=None, max_examples=30)
@given(seeds, st.sampled_from([16, 32, 45, 64, 128]))
def test_area_equals_the_distance_transform(seed: int, size: int) -> None:
    mask = figures(seed, size=size)
    mask[:, 0, 0] = True
    oracle = [(scipy.ndimage.distance_transform_edt(~figure) <= size / 32).mean() for figure in mask]
    np.testing.assert_allclose(share_of_area(mask), oracle, atol=1e-12)


def test_area_is_what_keypoints_anywhere_would_get() -> None:
    mask = figures(3, images=1, size=64, share=0.03)
    anywhere = np.random.default_rng(0).uniform(-1, 1, (1, 20_000, 2))
    share = keypoints_on_figure(anywhere, mask).mean()
    assert 0.1 < share < 0.9
    assert share == pytest.approx(share_of_area(mask)[0], abs=0.02)


def test_results_are_percentages_over_all_keypoints_and_images() -> None:
    mask = np.zeros((2, 32, 32), dtype=np.bool_)
    mask[0] = True
    keypoints = np.array([[[0.0, 0.0], [0.5, 0.5], [0.0, 0.1], [9.0, 9.0]], np.zeros((4, 2)).tolist()])
    test = LabelledKeypoints(keypoints, np.zeros((2, 1, 2)), np.ones((2, 1), dtype=np.bool_), mask)
    share, area = figure_results(test)
    assert (share.protocol, share.metric, share.value, share.unit) == ("on-figure", "on_figure", 37.5, "%")
    assert share.higher_is_better
    assert share.per_joint == {"keypoint 0": 50, "keypoint 1": 50, "keypoint 2": 50, "keypoint 3": 0}
    assert (area.protocol, area.metric, area.value) == ("on-figure", "figure_area", 50)
    np.testing.assert_array_equal(figure_sums(test).contributions, [37.5, 0])
    assert figure_sums(test).value == 37.5


def test_no_masks_no_results() -> None:
    test = LabelledKeypoints(np.zeros((1, 1, 2)), np.zeros((1, 1, 2)), np.ones((1, 1), np.bool_))
    assert figure_results(test) == []
    with pytest.raises(DkpError, match="on-figure needs masks"):
        figure_sums(test)
