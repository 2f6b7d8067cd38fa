import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.imaging import Square, central_square, crop, normalise, square_around

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from([64, 128])


@given(SEEDS)
def test_points_lie_within_their_square_with_the_margin_asked_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-50, 900, (rng.integers(1, 15), 2))
    square = square_around(points, enlarge=1.25, least_side=64)
    low, high = points.min(axis=0), points.max(axis=0)
    assert square.side >= max(64, 1.25 * (high - low).max())
    middle = np.array([square.left, square.top]) + square.side / 2
    assert np.abs(middle - (low + high) / 2).max() <= 0.5
    assert (np.array([square.left, square.top]) <= low).all()
    assert (high <= np.array([square.left, square.top]) + square.side).all()


@given(SEEDS, SIZES)
def test_square_of_the_same_side_is_cut_out_with_its_edge_repeated(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    photograph = rng.integers(0, 256, (rng.integers(5, 90), rng.integers(5, 90), 3), dtype=np.uint8)
    left, top = (int(v) for v in rng.integers(-150, 150, 2))
    padded = np.pad(photograph, ((300, 300), (300, 300), (0, 0)), mode="edge")
    expected = padded[300 + top : 300 + top + size, 300 + left : 300 + left + size]
    np.testing.assert_array_equal(crop(photograph, Square(left, top, size), size), expected)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("factor", [2, 3])
def test_shrinking_averages_areas(size: int, factor: int) -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (size * factor, size * factor, 3), dtype=np.uint8)
    blocks = photograph.reshape(size, factor, size, factor, 3).astype(np.float64).mean(axis=(1, 3))
    shrunk = crop(photograph, Square(0, 0, size * factor), size)
    assert np.abs(shrunk - blocks).max() <= 1


@given(SEEDS, SIZES)
def test_a_spot_of_the_photograph_is_found_where_its_point_is_said_to_be(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    photograph = np.zeros((260, 300, 3), dtype=np.uint8)
    left, top = (int(v) for v in rng.integers(60, 180, 2))
    photograph[top : top + 9, left : left + 9] = 255
    square = Square(*(int(v) for v in rng.integers(-40, 40, 2)), int(rng.integers(230, 300)))
    image = crop(photograph, square, size).astype(np.float64).mean(axis=2)
    grid = np.linspace(-1, 1, size)
    found = np.array([(image.sum(axis=0) * grid).sum(), (image.sum(axis=1) * grid).sum()]) / image.sum()
    # Area averaging moves a spot's centroid by at most 1/8 over its width in pixels, 0.07 here; a mistake of half a
    # pixel of the photograph would be 0.11 or more.
    tenth_of_a_pixel = 0.1 * 2 / (size - 1)
    np.testing.assert_allclose(
        normalise(np.array([left + 4.5, top + 4.5]), square, size), found, rtol=0, atol=tenth_of_a_pixel
    )


def test_corner_pixels_are_centred_on_one() -> None:
    square = Square(10, 20, 128)
    corners = normalise(np.array([[10.5, 20.5], [137.5, 147.5]]), square, 128)
    np.testing.assert_allclose(corners, [[-1, -1], [1, 1]], atol=1e-6)


def test_central_square() -> None:
    assert central_square(100, 60) == Square(20, 0, 60)
    assert central_square(60, 101) == Square(0, 20, 60)


@given(SEEDS, SIZES)
def test_a_depth_map_is_cropped_as_its_photograph_is(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    photograph = rng.integers(0, 256, (rng.integers(5, 200), rng.integers(5, 200), 3), dtype=np.uint8)
    square = Square(*(int(v) for v in rng.integers(-50, 100, 2)), side=int(rng.integers(5, 250)))
    depth = crop(photograph[..., 1].astype(np.float32), square, size)
    assert depth.dtype == np.float32
    assert np.abs(crop(photograph, square, size)[..., 1] - depth).max() < 1, "but for the rounding of colours"
