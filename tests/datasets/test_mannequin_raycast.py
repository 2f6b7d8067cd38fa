"""Mannequin's ray casting against slow definitions in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.appearance import PATTERNS, TILE, tiles
from dkp_bench.datasets.mannequin.body import turn_x, turn_y, turn_z
from dkp_bench.datasets.mannequin.camera import crop_view, look_at
from dkp_bench.datasets.mannequin.pack import cone_coefficients
from dkp_bench.datasets.mannequin.raycast import box_depth, cone_depth, room_depth

Array = NDArray[np.float64]

seeds = st.integers(0, 2**32)


def rays(rng: np.random.Generator, count: int = 200) -> tuple[Array, Array]:
    u, v = rng.uniform(-0.5, 0.5, (2, count))
    return u, v


def random_box(rng: np.random.Generator, centre: Array) -> tuple[Array, Array, Array]:
    """Axes, half extents and the coefficients that ``cast`` takes."""
    turned = turn_x(rng.uniform(0, 360)) @ turn_y(rng.uniform(0, 360)) @ turn_z(rng.uniform(0, 360))
    half = rng.uniform(0.1, 0.8, 3)
    return turned, half, np.column_stack([turned, turned @ centre, half])


@given(seeds)
def test_a_round_cone_is_the_union_of_its_spheres(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = np.array([rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(3, 5)])
    direction = rng.normal(size=3)
    end = start + direction / np.linalg.norm(direction) * rng.uniform(0.25, 0.8)
    first, second = rng.uniform(0.03, 0.2, 2)
    u, v = rays(rng)
    coefficients = cone_coefficients(start[None], end[None], np.array([first]), np.array([second]))[:, 0]
    with np.errstate(invalid="ignore"):
        depth = cone_depth(coefficients, u, v, u * u + v * v + 1)
    share = np.linspace(0, 1, 2001)[:, None, None]
    centre, radius = start + share * (end - start), first + share[..., 0] * (second - first)
    ray = np.stack([u, v, np.ones_like(u)], axis=-1)
    along, power = (centre * ray).sum(-1), (centre * centre).sum(-1) - radius**2
    with np.errstate(invalid="ignore"):
        touched = (along - np.sqrt(along**2 - power * (ray * ray).sum(-1))) / (ray * ray).sum(-1)
    expected = np.fmin.reduce(touched, axis=0)
    hit, meant = np.isfinite(depth), np.isfinite(expected)
    # Discrete spheres leave out a sliver at the silhouette, never more than one ray in a hundred here.
    assert (hit != meant).mean() <= 0.01
    assert not (meant & ~hit).any()
    np.testing.assert_allclose(depth[hit & meant], expected[hit & meant], atol=2e-3)


@given(seeds)
def test_a_box_is_entered_on_its_surface(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = np.array([rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(3, 5)])
    axes, half, box = random_box(rng, centre)
    u, v = rays(rng)
    depth, axis = box_depth(box, u, v)
    z = np.linspace(0, 8, 1601)[:, None]
    inside = (np.abs((np.stack([u * z, v * z, np.broadcast_to(z, (1601, 200))], -1) - centre) @ axes.T) < half).all(-1)
    assert not (inside & (z < depth - 1e-9)).any(), "nothing of the box lies before the depth"
    assert not (inside.any(axis=0) & ~np.isfinite(depth)).any()
    hit = np.isfinite(depth)
    point = (np.stack([u, v, np.ones_like(u)], -1)[hit] * depth[hit, None] - centre) @ axes.T / half
    np.testing.assert_allclose(np.abs(point).max(axis=1), 1, atol=1e-9)
    np.testing.assert_array_equal(np.abs(point).argmax(axis=1), axis[hit])


@given(seeds)
def test_a_room_is_left_through_its_walls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-0.05, 0.05, 3)
    axes, half, box = random_box(rng, centre)
    u, v = rays(rng)
    depth, face = room_depth(box, u, v)
    point = (np.stack([u * depth, v * depth, depth], -1) - centre) @ axes.T / half
    np.testing.assert_allclose(np.abs(point).max(axis=1), 1, atol=1e-6)
    axis = np.abs(point).argmax(axis=1)
    np.testing.assert_array_equal(face, 2 * axis + (point[np.arange(len(u)), axis] > 0))


def test_rays_along_a_face_neither_warn_nor_stray() -> None:
    u, v = np.array([0.0, 0.5, 0.0], np.float32), np.array([0.0, 0.0, -0.5], np.float32)
    upright = np.eye(3)
    with np.errstate(divide="ignore"):
        beside = np.column_stack([upright, [2.0, 0.0, 4.0], [0.5, 0.5, 1.0]])
        depth, axis = box_depth(beside, u, v)
        np.testing.assert_allclose(depth, [np.inf, 3, np.inf])
        assert axis[1] in (0, 2), "this ray enters along an edge"
        depth, face = room_depth(np.column_stack([upright, np.zeros(3), [3.0, 2.0, 5.0]]), u, v)
    np.testing.assert_allclose(depth, [5, 5, 4])
    np.testing.assert_array_equal(face, [5, 5, 2])


@given(seeds)
def test_a_crop_holds_its_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (10, 3))
    extent, margin = rng.uniform(0.4, 0.9), 0.03
    shift = (float(rng.uniform(-1, 1)), float(rng.uniform(-1, 1)))
    camera = crop_view(look_at(rng.uniform(2, 4, 3), np.zeros(3)), points, extent, shift, margin)
    seen = camera.project(points)
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert np.isclose((high - low).max() / 2, extent)
    assert (np.abs(seen) <= 1 - 2 * margin + 1e-9).all()
    middle, slack = (low + high) / 2, 1 - 2 * margin - (high - low) / 2
    np.testing.assert_allclose(middle, np.clip(shift, -slack, slack), atol=1e-9)


def test_patterns_repeat_without_a_seam() -> None:
    every = tiles()
    assert every.shape == (len(PATTERNS), TILE, TILE)
    assert every.min() == 0
    assert every.max() == 1
    assert len({tile.tobytes() for tile in every}) == len(PATTERNS)
    noise = every[PATTERNS.index("noise")]
    within = max(np.abs(np.diff(noise, axis=axis)).max() for axis in (0, 1))
    across = max(np.abs(noise[0] - noise[-1]).max(), np.abs(noise[:, 0] - noise[:, -1]).max())
    assert across <= within
