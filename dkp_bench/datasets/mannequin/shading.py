"""The colour that a ray sees where it has hit a surface: pattern, front or back, and Lambert's law."""

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.appearance import TILE, tiles
from dkp_bench.datasets.mannequin.pack import PackedScene, lambert

Floats = NDArray[np.float32]

EMPTY = 128.0
"""Grey level of an empty background."""


def shade_surface(scene: PackedScene, u: Floats, v: Floats, z: Floats, surface: NDArray[np.int32]) -> Floats:
    """Return the colours of rays.

    Args:
        scene: the scene the rays were cast into.
        u: first component of the rays, broadcasts with ``z``.
        v: second component of the rays, broadcasts with ``z``.
        z: ``(...)`` depth of the hit.
        surface: ``(...)`` row of the surface that was hit, −1 where there is none.

    Returns:
        ``(3, ...)`` in 0 to 255; grey where nothing was hit.
    """
    hit = np.flatnonzero(surface >= 0)
    row, depth = surface.ravel()[hit], z.ravel()[hit]
    point = np.stack([np.broadcast_to(axis, z.shape).ravel()[hit] * depth for axis in (u, v)] + [depth])
    on_cone = np.flatnonzero(row < scene.cones.shape[1])
    cone = row[on_cone]
    normal = _cone_normals(scene, cone, point[:, on_cone])
    row[on_cone] += _faces_front(scene, cone, normal) * np.int32(scene.cones.shape[1])
    painted = _pattern(scene, row, point)
    painted[:, on_cone] *= lambert(normal, scene.light, scene.ambient)
    colour = np.full((3, z.size), EMPTY, np.float32)
    colour[:, hit] = painted
    return colour.reshape(3, *z.shape)


def _cone_normals(scene: PackedScene, cone: NDArray[np.int32], point: Floats) -> Floats:
    """Return unit normals ``(3, R)`` of round cones at points on them: away from the sphere that touches there."""
    table = np.concatenate([scene.cones[:3], scene.cones[3:6] - scene.cones[:3], scene.cones[[11, 12, 6]]])
    gathered = np.take(table.astype(np.float32), cone, axis=1)
    start, axis, (radius, taper, slant2) = gathered[:3], gathered[3:6], gathered[6:]
    relative = point - start
    share = np.clip((_dot(relative, axis) - radius * taper) / slant2, 0, 1)
    away = relative - share * axis
    unit: Floats = away / np.sqrt(_dot(away, away))
    return unit


def _faces_front(scene: PackedScene, cone: NDArray[np.int32], normal: Floats) -> NDArray[np.bool_]:
    facing = np.take(scene.facing.T, cone, axis=1)
    front: NDArray[np.bool_] = _dot(normal, facing[:3]) > facing[3]
    return front


def _pattern(scene: PackedScene, row: NDArray[np.int32], point: Floats) -> Floats:
    """Return colours ``(3, R)``; those of cones before lighting."""
    paint = np.take(scene.paint.T, row, axis=1)
    across, along = (
        (_dot(point, paint[first : first + 3]) + paint[first + 3]).astype(np.int32) & (TILE - 1) for first in (6, 10)
    )
    texel = (scene.pattern[row] * TILE + along) * TILE + across
    colour: Floats = paint[:3] + paint[3:6] * np.take(tiles(), texel)
    return colour


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product
