"""Ray casting of a packed scene, in NumPy float32.

Five rays a pixel: the first through its centre gives depth and mask, the mean over all five gives the colour. Every
operation on rays is one that IEEE 754 rounds correctly (+, −, ×, ÷, √), so the bytes do not depend on the processor.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.pack import PackedScene
from dkp_bench.datasets.mannequin.raycast import box_depth, cone_depth, room_depth
from dkp_bench.datasets.mannequin.shading import shade_surface

Floats = NDArray[np.float32]

FAR = 10.0
"""Depth of an empty background, in metres."""

NEAR = 0.3
"""Solids that reach nearer to the camera than this, in metres, are left out."""

_OFFSETS_X = np.array([0.0, 0.125, 0.375, -0.125, -0.375])
_OFFSETS_Y = np.array([0.0, -0.375, 0.125, 0.375, -0.125])


@dataclass(frozen=True)
class Rendering:
    """One image.

    Attributes:
        rgb: ``(H, H, 3)`` uint8.
        depth: ``(H, H)`` float32, inverse depth 1/z in 1/m at the pixel's centre, z along the optical axis.
        mask: ``(H, H)`` bool, true where the pixel's centre shows the figure.
    """

    rgb: NDArray[np.uint8]
    depth: Floats
    mask: NDArray[np.bool_]


@dataclass
class _Rays:
    """Rays (u, v, 1) and what each has hit first so far.

    ``u`` is ``(1, W, 5)``, ``v`` is ``(H, 1, 5)``, the others ``(H, W, 5)``; ``z`` is the depth of the hit, infinite
    without one, and ``surface`` its row in the scene's table of surfaces, −1 without one.
    """

    u: Floats
    v: Floats
    squared: Floats
    z: Floats
    surface: NDArray[np.int32]


_BAND = 32
"""Rows that are coloured at once: few enough for the processor's cache."""

Window = tuple[slice, slice]
"""Rows and columns of pixels."""


def render(scene: PackedScene, size: int) -> Rendering:
    """Render the scene at one image size.

    Args:
        scene: solids in camera coordinates.
        size: side of the image in pixels.
    """
    rays = _rays(scene, size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for index, window in _windows(_box_bounds(scene), scene, size):
            _hit_box(scene, index, rays, window)
        for index, window in _windows(_cone_bounds(scene), scene, size):
            _hit_cone(scene, index, rays, window)
    bands = [_colours(scene, rays, slice(row, row + _BAND)) for row in range(0, size, _BAND)]
    surface = rays.surface[..., 0]
    depth = np.reciprocal(np.where(surface < 0, np.float32(FAR), rays.z[..., 0]))
    return Rendering(np.concatenate(bands), depth, (surface >= 0) & (surface < scene.figure_cones))


def _colours(scene: PackedScene, rays: _Rays, rows: slice) -> NDArray[np.uint8]:
    """Return some rows of the image, ``(rows, W, 3)``."""
    colour = shade_surface(scene, rays.u, rays.v[rows], rays.z[rows], rays.surface[rows])
    mean = (colour[..., 0] + colour[..., 1] + colour[..., 2] + colour[..., 3] + colour[..., 4]) * np.float32(0.2)
    levels: NDArray[np.uint8] = np.clip(mean + np.float32(0.5), 0, 255).astype(np.uint8)
    return levels.transpose(1, 2, 0)


def _rays(scene: PackedScene, size: int) -> _Rays:
    pixels = np.arange(size)[:, None]
    x, y = ((pixels + offsets) * (2 / (size - 1)) - 1 for offsets in (_OFFSETS_X, _OFFSETS_Y))
    u = ((x - scene.centre[0]) / scene.focal).astype(np.float32)[None]
    v = ((y - scene.centre[1]) / scene.focal).astype(np.float32)[:, None]
    squared = (u * u + np.float32(1)) + v * v
    return _Rays(u, v, squared, np.full(squared.shape, np.inf, np.float32), np.full(squared.shape, -1, np.int32))


def _cone_bounds(scene: PackedScene) -> NDArray[np.float64]:
    """Return the bounds of u and v of each round cone, ``(N, 2, 2)``; NaN for those too near to be drawn."""
    start, end, start_radius, taper = scene.cones[:3], scene.cones[3:6], scene.cones[11], scene.cones[12]
    first, second = _sphere_bounds(start, start_radius), _sphere_bounds(end, start_radius - taper)
    return np.stack([np.minimum(first[0], second[0]), np.maximum(first[1], second[1])], axis=-1)


def _sphere_bounds(
    centre: NDArray[np.float64], radius: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and greatest (u, v) of spheres with centres ``(3, N)``, each ``(N, 2)``."""
    z = np.where(centre[2] - radius > NEAR, centre[2], np.nan)
    across, scale = centre[:2] * z, z**2 - radius**2
    reach = radius * np.sqrt(centre[:2] ** 2 + scale)
    return ((across - reach) / scale).T, ((across + reach) / scale).T


def _box_bounds(scene: PackedScene) -> NDArray[np.float64]:
    """Return the bounds of u and v of each box, ``(M, 2, 2)``; NaN for those too near, all for a room."""
    z = np.where(scene.corners[..., 2:] > NEAR, scene.corners[..., 2:], np.nan)
    flat = scene.corners[..., :2] / z
    bounds = np.stack([flat.min(axis=1), flat.max(axis=1)], axis=-1)
    return np.where(scene.inside[:, None, None], np.array([-np.inf, np.inf]), bounds)


def _windows(bounds: NDArray[np.float64], scene: PackedScene, size: int) -> list[tuple[int, Window]]:
    """Return the solids that may be seen, by index, each with the pixels that it may be seen in."""
    pixels = (bounds * scene.focal + np.array(scene.centre)[:, None] + 1) / 2 * (size - 1)
    seen = ~np.isnan(pixels).any(axis=(1, 2))
    clipped = np.clip(np.where(seen[:, None, None], pixels, 0), -9, size + 9)
    low = np.maximum(np.floor(clipped[..., 0]).astype(int), 0)
    high = np.minimum(np.ceil(clipped[..., 1]).astype(int) + 1, size)
    seen &= (low < high).all(axis=1)
    return [
        (index, (slice(*rows), slice(*columns)))
        for index, columns, rows in zip(
            np.flatnonzero(seen).tolist(),
            np.stack([low[:, 0], high[:, 0]], axis=1)[seen].tolist(),
            np.stack([low[:, 1], high[:, 1]], axis=1)[seen].tolist(),
            strict=True,
        )
    ]


def _hit_cone(scene: PackedScene, index: int, rays: _Rays, window: Window) -> None:
    rows, columns = window
    coefficients = scene.cones[:, index].tolist()
    z = cone_depth(coefficients, rays.u[:, columns], rays.v[rows], np.ascontiguousarray(rays.squared[window]))
    _keep_nearer(rays, window, z, index)


def _hit_box(scene: PackedScene, index: int, rays: _Rays, window: Window) -> None:
    rows, columns = window
    box = scene.boxes[index].tolist()
    first = 2 * scene.cones.shape[1] + 6 * index
    if scene.inside[index]:
        z, face = room_depth(box, rays.u, rays.v)
    else:
        z, axis = box_depth(box, rays.u[:, columns], rays.v[rows])
        # The camera sees the face on its own side: the negative one where the centre lies in the positive direction.
        side = np.array([2 * i + (box[i][3] < 0) for i in range(3)], np.int32)
        face = side[axis]
    _keep_nearer(rays, window, z, face + np.int32(first))


def _keep_nearer(rays: _Rays, window: Window, z: Floats, surface: NDArray[np.int32] | int) -> None:
    nearer = z < rays.z[window]
    np.copyto(rays.z[window], z, where=nearer)
    np.copyto(rays.surface[window], surface, where=nearer)
