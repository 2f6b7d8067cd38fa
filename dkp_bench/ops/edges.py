"""The edge renderer: keypoints and edge weights to one edge map an image.

Both functions compute, for pixel p and every edge e between keypoints a and b,

    map(p) = max_e  w_e · exp(−d_e(p)² / σ²),    d_e(p) = distance from p to the segment a–b,

in the coordinates of the keypoints (−1 and 1 are the centres of the corner pixels). σ² is the thickness.
:func:`draw_edges_plain` is that formula. :func:`draw_edges` is what everything uses: the logarithm is monotonic, so
the maximum is taken over ``log w_e − d_e²/σ²``, one edge at a time in place, and the gradient flows through the edge
that won each pixel: no tensor of edges × pixels ever exists.

Source: AutoLink (arXiv 2205.10636), official code, ``models/decoder.py``.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dkp_bench.ops.soft_argmax import grid_1d

EDGES_AT_ONCE = 32
"""How many edges' coordinates are held at a time."""


def edge_index(keypoints: int, *, device: torch.device | None = None) -> Tensor:
    """Return every pair i < j of ``keypoints`` points, shape ``(2, E)`` with E = K(K − 1)/2.

    >>> edge_index(3)  # the edges 0–1, 0–2 and 1–2
    tensor([[0, 0, 1],
            [1, 2, 2]])
    """
    return torch.triu_indices(keypoints, keypoints, offset=1, device=device)


def draw_edges_plain(keypoints: Tensor, weights: Tensor, size: int, thickness: float) -> Tensor:
    """Draw edges by the definition, written as it reads; memory grows with edges × pixels.

    Args, result and errors are those of :func:`draw_edges`.

    >>> points = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]]])
    >>> streamed = draw_edges(points, torch.ones(1), 16, thickness=0.1)
    >>> torch.allclose(draw_edges_plain(points, torch.ones(1), 16, thickness=0.1), streamed)
    True
    """
    edges = _check(keypoints, weights, thickness)
    grid = grid_1d(size, device=keypoints.device, dtype=keypoints.dtype)
    pixels = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), dim=-1).flatten(0, 1)  # (P, 2)
    start, end = keypoints[:, edges[0], None], keypoints[:, edges[1], None]  # (B, E, 1, 2)
    along = end - start
    length2 = along.square().sum(-1)
    length2 = torch.where(length2 > 0, length2, 1.0)
    t = (((pixels - start) * along).sum(-1) / length2).clamp(0, 1)  # (B, E, P)
    distance2 = (pixels - start - t[..., None] * along).square().sum(-1)
    maps = weights[:, None] * torch.exp(-distance2 / thickness)
    return maps.max(dim=1).values.reshape(-1, size, size)


def draw_edges(keypoints: Tensor, weights: Tensor, size: int, thickness: float) -> Tensor:
    """Draw one edge map an image: the brightest edge at each pixel.

    Args:
        keypoints: ``(B, K, 2)`` as (x, y) in [−1, 1]; points outside the image are allowed.
        weights: ``(E,)`` weights ≥ 0, E = K(K − 1)/2, in the order of :func:`edge_index`.
        size: side of the map, in pixels.
        thickness: σ² > 0, in squared keypoint units.

    Returns:
        ``(B, size, size)`` in [0, max weight], in the dtype of ``keypoints`` (float32 or float64).

    Raises:
        ValueError: if a shape does not fit or the thickness is not positive.

    One edge along the middle row of 3 × 3 pixels, which is at distance 1 from the rows above and below; exp(−1) = 0.37:

    >>> points = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]]])
    >>> draw_edges(points, weights=torch.ones(1), size=3, thickness=1.0)[0]
    tensor([[0.3679, 0.3679, 0.3679],
            [1.0000, 1.0000, 1.0000],
            [0.3679, 0.3679, 0.3679]])
    """
    _check(keypoints, weights, thickness)
    result: Tensor = _StreamedEdges.apply(keypoints, weights, size, thickness)
    return result


def _check(keypoints: Tensor, weights: Tensor, thickness: float) -> Tensor:
    if keypoints.ndim != 3 or keypoints.shape[-1] != 2 or keypoints.shape[1] < 2:
        raise ValueError(f"keypoints must be (B, K ≥ 2, 2), not {tuple(keypoints.shape)}")
    edges = edge_index(keypoints.shape[1], device=keypoints.device)
    if weights.shape != edges.shape[1:]:
        expected = f"{keypoints.shape[1]} keypoints need {edges.shape[1]} edge weights"
        raise ValueError(f"{expected}, not {tuple(weights.shape)}")
    if not thickness > 0:
        raise ValueError(f"thickness must be positive, not {thickness}")
    return edges


class _StreamedEdges(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, keypoints: Tensor, weights: Tensor, size: int, thickness: float) -> Tensor:
        score, winner = _brightest_edge(keypoints, weights, size, thickness)
        ctx.save_for_backward(keypoints, weights, winner)
        ctx.size, ctx.thickness = size, thickness
        return score.exp_()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        keypoints, weights, winner = ctx.saved_tensors
        grads = _winner_gradient(grad_outputs[0], keypoints, weights, winner, ctx.size, ctx.thickness)
        return *grads, None, None


def _brightest_edge(keypoints: Tensor, weights: Tensor, size: int, thickness: float) -> tuple[Tensor, Tensor]:
    """Return ``max_e(log w_e − d_e²/σ²)`` and the edge that attains it, both ``(B, size, size)``."""
    edges = edge_index(keypoints.shape[1], device=keypoints.device)
    scale = thickness**-0.5
    grid = grid_1d(size, device=keypoints.device, dtype=keypoints.dtype)
    log_weights = weights.log()

    best = keypoints.new_full((keypoints.shape[0], size, size), -torch.inf)
    winner = torch.zeros_like(best, dtype=torch.int16)
    s, excess, score = (torch.empty_like(best) for _ in range(3))
    for e in range(edges.shape[1]):
        if e % EDGES_AT_ONCE == 0:
            chunk = edges[:, e : e + EDGES_AT_ONCE]
            ends = keypoints[:, chunk[0]], keypoints[:, chunk[1]]
            s_col, s_row, c_col, c_row, length = _edge_frames(*ends, grid, scale)
        i = e % EDGES_AT_ONCE
        torch.add(s_row[:, i, :, None], s_col[:, i, None, :], out=s)
        torch.clamp_min(s, 0, out=excess)
        torch.minimum(excess, length[:, i, None, None], out=excess)
        excess.sub_(s)
        torch.add(c_row[:, i, :, None], c_col[:, i, None, :], out=s)
        torch.addcmul(log_weights[e], s, s, value=-1, out=score)
        score.addcmul_(excess, excess, value=-1)
        winner.masked_fill_(score > best, e)
        torch.maximum(best, score, out=best)
    return best, winner


def _edge_frames(
    start: Tensor, end: Tensor, grid: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return each edge's own coordinates, along (s) and across (c), each as column part plus row part; and its length.

    With u the edge's unit direction and n its normal, s = (p − a)·u, c = (p − a)·n and
    d² = c² + (s − clamp(s, 0, |b − a|))².

    Args:
        start: ``(B, E, 2)`` the points a.
        end: ``(B, E, 2)`` the points b.
        grid: ``(size,)`` pixel centres.
        scale: factor of the results.

    Returns:
        ``(B, E, size)`` four times, and ``(B, E)``.
    """
    along = end - start
    length = torch.hypot(along[..., 0], along[..., 1])  # squares of tiny differences would underflow
    shortest = torch.finfo(grid.dtype).tiny
    horizontal = torch.eye(1, 2, device=grid.device, dtype=grid.dtype)  # made there: a copy would be waited for
    unit = torch.where(length[..., None] > shortest, along / length.clamp_min(shortest)[..., None], horizontal)
    columns, rows = ((grid - start[..., axis, None]) * scale for axis in (0, 1))
    ux, uy = unit[..., :1], unit[..., 1:]
    return columns * ux, rows * uy, columns * uy, rows * -ux, length * scale


def _winner_gradient(
    grad: Tensor, keypoints: Tensor, weights: Tensor, winner: Tensor, size: int, thickness: float
) -> tuple[Tensor, Tensor]:
    """Return the gradients for keypoints and weights through the winning edges.

    The foot of the perpendicular minimises the distance, so its own motion adds nothing (envelope theorem):
    ∂d²/∂a = −2(1 − t)·r and ∂d²/∂b = −2t·r, with r = p − a − t(b − a).
    """
    count = keypoints.shape[1]
    edges = edge_index(count, device=keypoints.device)
    grid = grid_1d(size, device=keypoints.device, dtype=keypoints.dtype)
    won = winner.long().flatten(1)  # (B, P)
    first, second = edges[0][won], edges[1][won]
    x, y = keypoints[..., 0], keypoints[..., 1]
    ax, ay = x.gather(1, first), y.gather(1, first)
    bx, by = x.gather(1, second) - ax, y.gather(1, second) - ay
    px = grid.repeat(size) - ax
    py = grid.repeat_interleave(size) - ay
    length2 = bx * bx + by * by
    length2 = torch.where(length2 > 0, length2, 1.0)
    t = ((px * bx + py * by) / length2).clamp_(0, 1)
    # Beside the edge, the cross product: p − a − t(b − a) would carry the rounding of t along the edge.
    beside, across = (t > 0) & (t < 1), (px * by - py * bx) / length2
    rx, ry = torch.where(beside, across * by, px - t * bx), torch.where(beside, across * -bx, py - t * by)
    grad_weight = grad.flatten(1) * torch.exp((rx * rx + ry * ry) / -thickness)
    pull = grad_weight * weights[won] * (2 / thickness)

    # Added up one after the other, in float32 the many pixels of a batch would lose digits.
    grad_keypoints = torch.zeros_like(keypoints, dtype=torch.float64)
    for axis, residual in enumerate((rx, ry)):
        force = (pull * residual).double()
        at_end = force * t
        grad_keypoints[..., axis].scatter_add_(1, first, force - at_end)
        grad_keypoints[..., axis].scatter_add_(1, second, at_end)
    grad_weights = torch.zeros_like(weights, dtype=torch.float64)
    grad_weights.scatter_add_(0, won.flatten(), grad_weight.flatten().double())
    return grad_keypoints.to(keypoints.dtype), grad_weights.to(weights.dtype)
