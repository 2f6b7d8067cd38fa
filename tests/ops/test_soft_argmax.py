"""Properties of soft-argmax."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from torch import Tensor

from dkp_bench.ops import grid_1d, soft_argmax

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(2, 24)


def random_logits(seed: int, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) * scale


@given(seeds, sides, sides, st.floats(0, 4))
def test_stays_in_the_convex_hull_of_the_grid(seed: int, height: int, width: int, magnitude: float) -> None:
    points = soft_argmax(random_logits(seed, 3, height, width, scale=10**magnitude, dtype=torch.float32))
    assert points.abs().max() <= 1 + 1e-6


@given(st.data(), sides, sides)
def test_a_single_peak_gives_its_own_pixel(data: st.DataObject, height: int, width: int) -> None:
    row = data.draw(st.integers(0, height - 1))
    column = data.draw(st.integers(0, width - 1))
    logits = torch.zeros(height, width)
    logits[row, column] = 1e4
    expected = torch.tensor([2 * column / (width - 1) - 1, 2 * row / (height - 1) - 1])
    torch.testing.assert_close(soft_argmax(logits), expected, atol=1e-6, rtol=0)


@given(st.data(), seeds)
def test_moves_with_the_map(data: st.DataObject, seed: int) -> None:
    side, window = 20, 6
    first, second = (data.draw(st.tuples(*[st.integers(0, side - window)] * 2)) for _ in range(2))
    blob = random_logits(seed, window, window, scale=3)
    points = []
    for row, column in (first, second):
        logits = torch.full((side, side), -1e4, dtype=torch.float64)
        logits[row : row + window, column : column + window] = blob
        points.append(soft_argmax(logits))
    rows, columns = second[0] - first[0], second[1] - first[1]
    moved = torch.tensor([columns, rows], dtype=torch.float64) * 2 / (side - 1)
    torch.testing.assert_close(points[1] - points[0], moved, atol=1e-12, rtol=0)


@given(seeds, st.floats(-1e4, 1e4))
def test_ignores_an_added_constant(seed: int, constant: float) -> None:
    logits = random_logits(seed, 2, 9, 13, scale=4)
    torch.testing.assert_close(soft_argmax(logits + constant), soft_argmax(logits), atol=1e-9, rtol=0)


@given(seeds, st.sampled_from([torch.bfloat16, torch.float32, torch.float64]))
def test_survives_huge_logits(seed: int, dtype: torch.dtype) -> None:
    logits = random_logits(seed, 3, 16, 16).sign().mul(1e4).to(dtype).requires_grad_()
    points = soft_argmax(logits)
    points.sum().backward()
    assert points.isfinite().all()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@given(seeds, sides, sides, st.sampled_from([(torch.float32, 1e-5), (torch.float64, 1e-12)]))
def test_equals_the_float64_oracle(seed: int, height: int, width: int, precision: tuple[torch.dtype, float]) -> None:
    dtype, tolerance = precision
    logits = random_logits(seed, 2, 3, height, width, scale=5).to(dtype)
    probabilities = softmax(logits.double().numpy(), axis=(-2, -1))
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    expected = np.stack([(probabilities * columns).sum((-2, -1)), (probabilities * rows).sum((-2, -1))], axis=-1)
    points = soft_argmax(logits)
    assert points.dtype is dtype
    assert np.abs(points.numpy() - expected).max() <= tolerance


@given(seeds)
def test_autocast_changes_nothing(seed: int) -> None:
    logits = random_logits(seed, 2, 4, 16, 16, scale=5).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        points = soft_argmax(logits)
    assert points.dtype is torch.float32
    assert torch.equal(points, soft_argmax(logits))


def test_gradient_is_that_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(soft_argmax, random_logits(0, 2, 5, 7).requires_grad_())


def test_grid_ends_are_the_centres_of_the_corner_pixels() -> None:
    assert grid_1d(5).tolist() == [-1, -0.5, 0, 0.5, 1]


@pytest.mark.parametrize("size", [1, 0])
def test_a_grid_of_one_pixel_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="at least 2 pixels"):
        grid_1d(size)
