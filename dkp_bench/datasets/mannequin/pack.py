"""A scene as the renderer wants it: arrays in camera coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.appearance import TILE
from dkp_bench.datasets.mannequin.camera import Camera
from dkp_bench.datasets.mannequin.solids import Box, Material, RoundCone

_FACE_AXES = ((2, 1), (0, 2), (0, 1))
"""For a face across axis 0, 1, 2: the axes along which its pattern runs."""

_WRAP = 64 * TILE
"""Added to texture coordinates so that they are positive; a whole number of tiles."""


@dataclass(frozen=True)
class PackedScene:
    """A scene in camera coordinates.

    A surface is a row of ``paint`` and ``pattern``: first the cones, then their fronts, then six faces a box.

    Attributes:
        focal: focal length in half image sides.
        centre: image coordinates of the optical axis.
        cones: the :func:`cone_coefficients`, ``(13, N)``.
        figure_cones: how many of the cones, from the first, are the figure.
        facing: ``(N, 4)``: direction of each cone's front and the cosine above which a surface faces it.
        boxes: ``(M, 3, 5)``: for each axis of a box its direction, the centre along it and half the extent.
        inside: ``(M,)`` bool, true for a room.
        corners: ``(M, 8, 3)``.
        paint: ``(S, 14)`` float32: light colour, difference to the dark colour (on a box as they are lit, on a cone
            before lighting), and the two texture axes with their offsets, in texels.
        pattern: ``(S,)`` index of the pattern.
        light: ``(3,)`` unit direction towards the light.
        ambient: share of the light that comes from everywhere.
    """

    focal: float
    centre: tuple[float, float]
    cones: NDArray[np.float64]
    figure_cones: int
    facing: NDArray[np.float32]
    boxes: NDArray[np.float64]
    inside: NDArray[np.bool_]
    corners: NDArray[np.float64]
    paint: NDArray[np.float32]
    pattern: NDArray[np.int32]
    light: NDArray[np.float64]
    ambient: float


def pack(
    camera: Camera,
    figure: Sequence[RoundCone],
    clutter: Sequence[RoundCone],
    boxes: Sequence[Box],
    light: NDArray[np.float64],
    ambient: float,
) -> PackedScene:
    """Move the solids in front of the camera and lay them out as arrays.

    Lengths are rounded to 2⁻²⁰ m, which removes what the processor's or the C library's sine may have differed in.

    Args:
        camera: the camera with its crop.
        figure: the solids that make up the figure.
        clutter: other round cones.
        boxes: furniture and, where there is one, the room.
        light: direction towards the light in the world.
        ambient: share of the light that comes from everywhere.
    """
    cones = [*figure, *clutter]
    start = rounded(camera.view(np.stack([cone.start for cone in cones])))
    end = rounded(camera.view(np.stack([cone.end for cone in cones])))
    radii = rounded(np.array([(cone.start_radius, cone.end_radius) for cone in cones]))
    nowhere = np.zeros(3)
    facing = np.stack([nowhere if cone.facing is None else cone.facing for cone in cones]) @ camera.rotation.T
    centre = rounded(camera.view(np.array([box.centre for box in boxes]).reshape(-1, 3)))
    axes = rounded(np.array([box.axes for box in boxes]).reshape(-1, 3, 3) @ camera.rotation.T)
    half = rounded(np.array([box.half for box in boxes]).reshape(-1, 3))
    materials = [cone.material for cone in cones] + [cone.front or cone.material for cone in cones]
    materials += [material for box in boxes for material in box.materials]
    towards_lamp = rounded(light @ camera.rotation.T)
    lit = np.ones(len(materials))
    lit[2 * len(cones) :] = lambert(_face_normals(axes).T, towards_lamp, ambient)
    return PackedScene(
        focal=float(rounded(np.array(camera.focal))),
        centre=(float(rounded(np.array(camera.centre[0]))), float(rounded(np.array(camera.centre[1])))),
        cones=cone_coefficients(start, end, radii[:, 0], radii[:, 1]),
        figure_cones=len(figure),
        facing=np.column_stack([rounded(facing), [cone.threshold for cone in cones]]).astype(np.float32),
        boxes=np.concatenate([axes, (axes * centre[:, None]).sum(-1)[..., None], half[..., None]], axis=-1),
        inside=np.array([box.inside for box in boxes], dtype=bool),
        corners=_corners(centre, axes, half),
        paint=_paint(materials, lit, *_texture_axes(start, end, centre, axes)),
        pattern=np.array([material.pattern for material in materials], np.int32),
        light=towards_lamp,
        ambient=ambient,
    )


def rounded(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to the nearest multiples of 2⁻²⁰."""
    nearest: NDArray[np.float64] = np.round(lengths * 2.0**20) / 2.0**20
    return nearest


def lambert(normal: Any, light: NDArray[np.float64], ambient: float) -> Any:
    """Return how brightly surfaces with unit normals ``(3, ...)`` are lit, ``ambient`` to 1, by Lambert's law."""
    facing = normal[0] * float(light[0]) + normal[1] * float(light[1]) + normal[2] * float(light[2])
    return ambient + (1 - ambient) * np.maximum(facing, 0)


def cone_coefficients(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    start_radius: NDArray[np.float64],
    end_radius: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what a ray needs to know of a round cone.

    With s, e the centres, a = e − s, r, q the radii and t = r − q: s, e, |a|² − t², r t + a·s, the constant of the
    quadratic that a ray through the origin solves to meet the cone between its spheres, |s|² − r², |e|² − q², r, t.

    Args:
        start: ``(N, 3)`` centre of the first sphere.
        end: ``(N, 3)`` centre of the second sphere.
        start_radius: ``(N,)``.
        end_radius: ``(N,)``.

    Returns:
        ``(13, N)``.
    """
    axis, taper = end - start, start_radius - end_radius
    along, length2, distance2 = (axis * start).sum(-1), (axis * axis).sum(-1), (start * start).sum(-1)
    slant2 = length2 - taper * taper
    offset = taper * start_radius + along
    constant = slant2 * distance2 - along * along - 2.0 * along * taper * start_radius - length2 * start_radius**2
    return np.stack(
        [
            *start.T,
            *end.T,
            slant2,
            offset,
            constant,
            distance2 - start_radius**2,
            (end * end).sum(-1) - end_radius**2,
            start_radius,
            taper,
        ]
    )


def _corners(centre: NDArray[np.float64], axes: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners of boxes, ``(M, 8, 3)``."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    edges = axes * half[..., None]
    corners: NDArray[np.float64] = centre[:, None] + (signs[None, :, :, None] * edges[:, None]).sum(2)
    return corners


def _face_normals(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outward normals of the faces −x, +x, −y, +y, −z, +z of boxes, ``(6 M, 3)``."""
    return np.stack([sign * axes[:, axis] for axis in range(3) for sign in (-1.0, 1.0)], axis=1).reshape(-1, 3)


def _texture_axes(
    start: NDArray[np.float64], end: NDArray[np.float64], centre: NDArray[np.float64], axes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each surface's pattern starts, ``(S, 3)``, and its two unit directions, ``(S, 2, 3)``.

    On a cone: across it, as the camera sees it, and along it. On a face of a box: along its edges.
    """
    along = end - start
    along = along / np.sqrt((along * along).sum(-1, keepdims=True))
    across = along[:, [1, 0, 2]] * [1.0, -1.0, 0.0]
    across = across / np.sqrt((across * across).sum(-1, keepdims=True) + 1e-6)
    cones = np.stack([across, along], axis=1)
    faces = np.stack([axes[:, pair] for pair in _FACE_AXES for _ in range(2)], axis=1).reshape(-1, 2, 3)
    origins = np.concatenate([start, start, np.repeat(centre, 6, axis=0)])
    return origins, rounded(np.concatenate([cones, cones, faces]))


def _paint(
    materials: Sequence[Material],
    lit: NDArray[np.float64],
    origins: NDArray[np.float64],
    directions: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the rows of :attr:`PackedScene.paint`."""
    light = np.array([material.light for material in materials]) * lit[:, None]
    dark = np.array([material.dark for material in materials]) * lit[:, None]
    texels = TILE / np.array([material.tile for material in materials])
    scaled = directions * texels[:, None, None]
    offsets = _WRAP - (scaled * origins[:, None]).sum(-1)
    first, second = np.concatenate([scaled, offsets[..., None]], axis=-1).transpose(1, 0, 2)
    return np.concatenate([light, dark - light, first, second], axis=1).astype(np.float32)
