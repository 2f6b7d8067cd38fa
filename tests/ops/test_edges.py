"""Properties of the edge renderer, and its agreement with the plain formula and with a naive oracle."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from dkp_bench.ops import draw_edges, draw_edges_plain, edge_index

Renderer = Callable[[Tensor, Tensor, int, float], Tensor]

seeds = st.integers(0, 2**32 - 1)
counts = st.integers(2, 7)
thicknesses = st.floats(np.log10(2.5e-3), -0.5).map(lambda exponent: 10**exponent)  # from the published value up
renderers = pytest.mark.parametrize("draw", [draw_edges, draw_edges_plain])
SIZE = 24


def scene(seed: int, count: int, *, batch: int = 2, reach: float = 1.2) -> tuple[Tensor, Tensor]:
    """Random keypoints, some outside the image, and weights well above zero, in float64."""
    generator = torch.Generator().manual_seed(seed)
    keypoints = (torch.rand(batch, count, 2, generator=generator, dtype=torch.float64) * 2 - 1) * reach
    weights = torch.rand(count * (count - 1) // 2, generator=generator, dtype=torch.float64) * 1.9 + 0.1
    return keypoints, weights


def naive_log_maps(keypoints: Tensor, weights: Tensor, size: int, thickness: float) -> NDArray[np.float64]:
    """Logarithm of each edge's own map by school geometry, ``(B, E, size, size)``."""
    rows, columns = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    pixels = np.stack([columns, rows], axis=-1)
    maps = np.empty((len(keypoints), len(weights), size, size))
    for image, points in enumerate(keypoints.double().numpy()):
        for edge, (first, second) in enumerate(edge_index(keypoints.shape[1]).T.tolist()):
            a, b = points[first], points[second]
            to_a, to_b = pixels - a, pixels - b
            beyond_ends = np.minimum(np.hypot(*np.moveaxis(to_a, -1, 0)), np.hypot(*np.moveaxis(to_b, -1, 0)))
            beside = (to_a @ (b - a) > 0) & (to_b @ (a - b) > 0)
            length = np.hypot(*(b - a))
            area = np.abs((b - a)[0] * to_a[..., 1] - (b - a)[1] * to_a[..., 0])
            distance = np.where(beside, area / (length or 1), beyond_ends)
            maps[image, edge] = np.log(weights[edge].item()) - distance**2 / thickness
    return maps


def value_and_gradients(
    draw: Renderer, keypoints: Tensor, weights: Tensor, thickness: float, incoming: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    keypoints, weights = keypoints.clone().requires_grad_(), weights.clone().requires_grad_()
    maps = draw(keypoints, weights, SIZE, thickness)
    (maps * incoming).sum().backward()
    assert keypoints.grad is not None
    assert weights.grad is not None
    return maps.detach(), keypoints.grad, weights.grad


@renderers
@given(seeds, counts, thicknesses)
def test_equals_the_naive_oracle(draw: Renderer, seed: int, count: int, thickness: float) -> None:
    keypoints, weights = scene(seed, count)
    expected = np.exp(naive_log_maps(keypoints, weights, SIZE, thickness).max(axis=1))
    assert np.abs(draw(keypoints, weights, SIZE, thickness).numpy() - expected).max() <= 1e-10


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@given(seeds, counts, thicknesses)
def test_streamed_equals_plain(dtype: torch.dtype, tolerance: float, seed: int, count: int, thickness: float) -> None:
    keypoints, weights = (tensor.to(dtype) for tensor in scene(seed, count))
    logs = np.sort(naive_log_maps(keypoints, weights, SIZE, thickness), axis=1)
    # Where two edges are equally bright to the last digits, either gradient is right: such pixels send none.
    decided = torch.ones(len(keypoints), SIZE, SIZE, dtype=torch.bool)
    if count > 2:
        decided = torch.from_numpy(logs[:, -1] - logs[:, -2] > 1e3 * torch.finfo(dtype).eps * (1 - logs[:, -1]))
    incoming = torch.randn(decided.shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) * decided
    streamed, plain = (
        value_and_gradients(draw, keypoints, weights, thickness, incoming) for draw in (draw_edges, draw_edges_plain)
    )
    # A keypoint's gradient is a sum over pixels, each at most the steepest slope of w·exp(−d²/σ²).
    slope = (2 / (np.e * thickness)) ** 0.5 * weights.max().item()
    for actual, expected, term in zip(streamed, plain, (weights.max().item(), slope, 1.0), strict=True):
        assert actual.dtype is dtype
        assert (actual - expected).abs().max() <= tolerance * max(expected.abs().max().item(), term)


@settings(max_examples=15)
@given(seeds, counts)
def test_gradient_is_that_of_finite_differences(seed: int, count: int) -> None:
    size, thickness = 6, 0.1
    keypoints, weights = scene(seed, count, batch=1)
    logs = np.sort(naive_log_maps(keypoints, weights, size, thickness), axis=1)
    assume(count == 2 or (logs[:, -1] - logs[:, -2]).min() > 1e-3)
    assert torch.autograd.gradcheck(
        lambda k, w: draw_edges(k, w, size, thickness), (keypoints.requires_grad_(), weights.requires_grad_())
    )


@renderers
@given(seeds, counts, thicknesses)
def test_lies_between_zero_and_the_largest_weight(draw: Renderer, seed: int, count: int, thickness: float) -> None:
    keypoints, weights = (tensor.float() for tensor in scene(seed, count))
    maps = draw(keypoints, weights, SIZE, thickness)
    assert maps.min() >= 0
    assert maps.max() <= weights.max() * (1 + 1e-6)


@given(seeds, st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_is_as_bright_as_the_weight_on_a_keypoint(seed: int, row: int, column: int) -> None:
    keypoints, weights = scene(seed, 2, batch=1)
    keypoints[0, 0] = torch.tensor([column, row]).double() * 2 / (SIZE - 1) - 1
    value = draw_edges(keypoints, weights, SIZE, 1e-3)[0, row, column]
    torch.testing.assert_close(value, weights[0], atol=1e-10, rtol=0)


@given(seeds, counts, thicknesses)
def test_names_and_order_of_the_keypoints_do_not_matter(seed: int, count: int, thickness: float) -> None:
    keypoints, weights = scene(seed, count)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    table = torch.zeros(count, count, dtype=weights.dtype)
    first, second = edge_index(count)
    table[first, second] = table[second, first] = weights
    relabelled = draw_edges(keypoints[:, order], table[order][:, order][first, second], SIZE, thickness)
    torch.testing.assert_close(relabelled, draw_edges(keypoints, weights, SIZE, thickness), atol=1e-10, rtol=0)


@given(seeds, thicknesses)
def test_an_edge_has_no_direction(seed: int, thickness: float) -> None:
    keypoints, weights = scene(seed, 2)
    there, back = (draw_edges(points, weights, SIZE, thickness) for points in (keypoints, keypoints.flip(1)))
    torch.testing.assert_close(there, back, atol=1e-10, rtol=0)


@given(seeds, counts, thicknesses, st.integers(0, SIZE // 2), st.integers(0, SIZE // 2))
def test_moves_with_the_keypoints(seed: int, count: int, thickness: float, right: int, down: int) -> None:
    keypoints, weights = scene(seed, count)
    moved = keypoints + torch.tensor([right, down]).double() * 2 / (SIZE - 1)
    before, after = (draw_edges(points, weights, SIZE, thickness) for points in (keypoints, moved))
    torch.testing.assert_close(after[:, down:, right:], before[:, : SIZE - down, : SIZE - right], atol=1e-10, rtol=0)


@given(seeds, counts, thicknesses, st.floats(1, 10))
def test_grows_with_the_thickness(seed: int, count: int, thickness: float, factor: float) -> None:
    keypoints, weights = scene(seed, count)
    thin, thick = (draw_edges(keypoints, weights, SIZE, value) for value in (thickness, factor * thickness))
    assert (thick - thin).min() >= -1e-12


@given(seeds, st.floats(-40, 0), st.floats(0, 2 * np.pi))
def test_nearly_coincident_ends_make_a_dot(seed: int, exponent: float, angle: float) -> None:
    keypoints, weights = (tensor.float() for tensor in scene(seed, 2, batch=1))
    keypoints[0, 0] = 0
    keypoints[0, 1] = 10**exponent * torch.tensor([np.cos(angle), np.sin(angle)])
    incoming = torch.ones(1, SIZE, SIZE)
    streamed, *gradients = value_and_gradients(draw_edges, keypoints, weights, 0.1, incoming)
    torch.testing.assert_close(streamed, draw_edges_plain(keypoints, weights, SIZE, 0.1), atol=1e-5, rtol=0)
    assert all(gradient.isfinite().all() for gradient in gradients)


@renderers
@given(seeds, st.floats(0, 6), st.sampled_from([torch.float32, torch.float64]))
def test_degenerate_scenes_have_finite_values_and_gradients(
    draw: Renderer, seed: int, magnitude: float, dtype: torch.dtype
) -> None:
    keypoints, weights = (tensor.to(dtype) for tensor in scene(seed, 5, reach=10**magnitude))
    keypoints[:, 1] = keypoints[:, 0]
    weights[::2] = 0
    incoming = torch.ones(len(keypoints), SIZE, SIZE, dtype=dtype)
    for tensor in value_and_gradients(draw, keypoints, weights, 2.5e-3, incoming):
        assert tensor.isfinite().all()


@renderers
def test_weights_of_zero_draw_nothing_and_stay_finite(draw: Renderer) -> None:
    keypoints, weights = scene(0, 4)
    incoming = torch.ones(len(keypoints), SIZE, SIZE, dtype=weights.dtype)
    maps, *gradients = value_and_gradients(draw, keypoints, torch.zeros_like(weights), 2.5e-3, incoming)
    assert not maps.any()
    assert all(gradient.isfinite().all() for gradient in gradients)


@given(seeds, counts)
def test_autocast_changes_nothing(seed: int, count: int) -> None:
    keypoints, weights = (tensor.float() for tensor in scene(seed, count))
    with torch.autocast("cpu", torch.bfloat16):
        maps = draw_edges(keypoints, weights, SIZE, 2.5e-3)
    assert maps.dtype is torch.float32
    assert torch.equal(maps, draw_edges(keypoints, weights, SIZE, 2.5e-3))


@pytest.mark.parametrize("count", [2, 3, 16])
def test_edge_index_lists_every_pair_once(count: int) -> None:
    pairs = [tuple(pair) for pair in edge_index(count).T.tolist()]
    assert pairs == [(i, j) for i in range(count) for j in range(i + 1, count)]


@renderers
@pytest.mark.parametrize(
    ("shape", "edges", "size", "thickness", "message"),
    [
        ((4, 2), 6, SIZE, 0.1, "keypoints must be"),
        ((1, 4, 3), 6, SIZE, 0.1, "keypoints must be"),
        ((1, 1, 2), 0, SIZE, 0.1, "keypoints must be"),
        ((1, 4, 2), 5, SIZE, 0.1, "4 keypoints need 6 edge weights"),
        ((1, 4, 2), 6, SIZE, 0.0, "thickness must be positive"),
        ((1, 4, 2), 6, SIZE, float("nan"), "thickness must be positive"),
        ((1, 4, 2), 6, 1, 0.1, "at least 2 pixels"),
    ],
)
def test_what_does_not_fit_is_refused(
    draw: Renderer, shape: tuple[int, ...], edges: int, size: int, thickness: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw(torch.zeros(shape), torch.ones(edges), size, thickness)
