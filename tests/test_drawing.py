import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dkp_bench.drawing import (
    LEFT,
    MIDDLE,
    RIGHT,
    depth_picture,
    draw_points,
    draw_segments,
    draw_skeleton,
    enlarge,
    mask_picture,
    png_bytes,
    side_colours,
    to_pixels,
)

BLACK = np.zeros((96, 96, 3), dtype=np.uint8)
WHITE = (255, 255, 255)


@given(st.integers(0, 63), st.integers(0, 63), st.integers(1, 5))
def test_pixels_of_an_enlarged_image_are_the_centres_of_its_blocks(x: int, y: int, scale: int) -> None:
    image = np.zeros((64, 64, 3), dtype=np.uint8)
    image[y, x] = 255
    rows, columns = np.nonzero(enlarge(image, scale)[..., 0])
    normalised = np.array([x, y]) / 63 * 2 - 1
    np.testing.assert_allclose(to_pixels(normalised, 64, scale), [columns.mean(), rows.mean()], atol=1e-9)


@given(st.floats(20, 70), st.floats(20, 70))
def test_a_dot_is_centred_on_its_point_to_a_fraction_of_a_pixel(x: float, y: float) -> None:
    picture = draw_points(BLACK, np.array([[x, y]]), [WHITE], radius=5)[..., 0].astype(np.float64)
    light = np.clip(picture - 25, 0, None)
    centre = [(light.sum(axis=axis) * np.arange(96)).sum() / light.sum() for axis in (0, 1)]
    np.testing.assert_allclose(centre, [x, y], atol=0.15)


def test_drawing_leaves_the_image_alone() -> None:
    image = BLACK.copy()
    draw_points(image, np.array([[40.0, 40.0]]), [WHITE])
    draw_segments(image, np.array([[[4.0, 4.0], [60.0, 60.0]]]), [WHITE])
    assert (image == 0).all()


@pytest.mark.parametrize("point", [[np.nan, 3.0], [3.0, np.inf], [1e12, 1e12], [-1e12, 5.0]])
def test_points_that_cannot_be_shown_draw_nothing(point: list[float]) -> None:
    assert (draw_points(BLACK, np.array([point]), [WHITE]) == 0).all()


def test_a_segment_from_beyond_the_border_is_drawn() -> None:
    picture = draw_segments(BLACK, np.array([[[-500.0, 48.0], [48.0, 48.0]]]), [WHITE])
    assert (picture[48, :48, 0] == 255).all()
    assert (picture[48, 52:] == 0).all()


def test_a_skeleton_shows_visible_joints_and_the_bones_between_them() -> None:
    names = ("head", "left hand", "right hand")
    points = np.array([[48.0, 10.0], [20.0, 80.0], [76.0, 80.0]])
    bones = ((0, 1), (0, 2))
    whole = draw_skeleton(BLACK, points, np.array([True, True, True]), bones, side_colours(names))
    assert [tuple(whole[round(y), round(x)]) for x, y in points] == [MIDDLE, LEFT, RIGHT]
    assert tuple(whole[45, 34]) == LEFT
    assert tuple(whole[45, 62]) == RIGHT
    half = draw_skeleton(BLACK, points, np.array([True, False, True]), bones, side_colours(names))
    assert (half[:, :40] == 0).all()
    np.testing.assert_array_equal(half[:, 64:], whole[:, 64:])


def test_near_is_brighter_than_far() -> None:
    picture = depth_picture(np.linspace(3.0, 9.0, 64).reshape(8, 8)).astype(int).sum(axis=2).ravel()
    assert picture[-1] > picture[32] > picture[0]
    assert (np.diff(picture) >= 0).mean() > 0.9


def test_flat_depth_is_drawn_flat() -> None:
    assert np.ptp(depth_picture(np.full((4, 4), 7.0)), axis=(0, 1)).max() == 0


def test_mask_picture() -> None:
    assert mask_picture(np.array([[True, False]])).tolist() == [[[255, 255, 255], [0, 0, 0]]]


@pytest.mark.parametrize("channels", [3, 4])
def test_a_png_has_the_pixels_that_were_given(channels: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    fast, small = png_bytes(picture), png_bytes(picture, compression=9)
    for content in (fast, small):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)
    assert png_bytes(picture) == fast
