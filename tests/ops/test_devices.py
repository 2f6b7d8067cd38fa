"""The differentiable pieces on every device, in float32, against float64 on the CPU."""

import torch
from devices import on_every_device, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dkp_bench.ops import draw_edges, draw_edges_plain, soft_argmax

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=5)
BATCH, KEYPOINTS, SIZE = 3, 6, 24


def scene(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Keypoints, edge weights well above zero, and a gradient for the map, in float64."""
    chance = torch.Generator().manual_seed(seed)
    keypoints = torch.rand(BATCH, KEYPOINTS, 2, generator=chance, dtype=torch.float64) * 2.4 - 1.2
    weights = torch.rand(KEYPOINTS * (KEYPOINTS - 1) // 2, generator=chance, dtype=torch.float64) * 1.9 + 0.1
    return keypoints, weights, torch.rand(BATCH, SIZE, SIZE, generator=chance, dtype=torch.float64)


@on_every_device
@few
@given(seeds, st.sampled_from([2.5e-3, 0.02, 0.3]))
def test_edges_and_their_gradients_are_the_formulas(device: str, seed: int, thickness: float) -> None:
    *points, grad = scene(seed)
    expected = draw_edges_plain(*(part.requires_grad_() for part in points), SIZE, thickness)
    expected.backward(grad)
    placed = [part.detach().to(device, torch.float32).requires_grad_() for part in points]
    found = draw_edges(*placed, SIZE, thickness)
    found.backward(grad.to(found))
    assert found.device.type == device
    # Rounding of 1e-7, which exp(-d²/σ²) multiplies by the few d²/σ² at which it is not yet 0.
    assert relative_error(found, expected) < 1e-5
    for one, other in zip(placed, points, strict=True):
        assert one.grad is not None
        assert other.grad is not None
        # At a pixel where two edges are equally bright rounding decides which of them is pulled.
        assert relative_error(one.grad, other.grad) < 2e-3


@on_every_device
def test_autocast_draws_the_same_edges(device: str) -> None:
    keypoints, weights, _ = (part.to(device, torch.float32) for part in scene(0))
    with torch.autocast(device, torch.bfloat16):
        found = draw_edges(keypoints, weights, SIZE, 0.02)
    assert found.dtype == torch.float32
    assert torch.equal(found, draw_edges(keypoints, weights, SIZE, 0.02))


@on_every_device
@few
@given(seeds, st.booleans())
def test_points_are_found_in_float32_even_under_autocast(device: str, seed: int, autocast: bool) -> None:
    scores = 3 * torch.randn(BATCH, KEYPOINTS, 16, 16, generator=torch.Generator().manual_seed(seed))
    scores = scores.bfloat16() if autocast else scores
    exact, placed = scores.double().requires_grad_(), scores.to(device).requires_grad_()
    expected = soft_argmax(exact)
    expected.square().sum().backward()
    with torch.autocast(device, torch.bfloat16, enabled=autocast):
        found = soft_argmax(placed)
    found.square().sum().backward()
    assert found.dtype == torch.float32
    assert relative_error(found, expected) < 1e-5
    assert placed.grad is not None
    assert exact.grad is not None
    # The gradient has the scores' type: half a unit in bfloat16's last of eight digits is 2e-3.
    assert relative_error(placed.grad, exact.grad) < (5e-3 if autocast else 1e-4)
