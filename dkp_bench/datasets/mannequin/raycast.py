"""Intersections of rays from the camera with round cones and boxes.

A ray is the multiples of (u, v, 1), so the factor at which it meets something is that thing's depth z. The formula for
round cones is Inigo Quilez's (https://iquilezles.org/articles/intersectors), for rays of any length through the origin.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rays = NDArray[Any]
"""Floating; whatever the coefficients and the rays broadcast to."""


def cone_depth(coefficients: Sequence[Any] | Rays, u: Rays, v: Rays, squared: Rays) -> Rays:
    """Return the depth at which rays enter a round cone.

    Args:
        coefficients: column(s) of :func:`~dkp_bench.datasets.mannequin.pack.cone_coefficients`.
        u: first component of the rays.
        v: second component of the rays.
        squared: u² + v² + 1.

    Returns:
        Depth; NaN or infinite where a ray misses.
    """
    sx, sy, sz, ex, ey, ez, slant2, offset, constant, start_power, end_power = coefficients[:11]
    to_start = (u * sx + sz) + v * sy
    to_end = (u * ex + ez) + v * ey
    along = to_end - to_start
    k2 = slant2 * squared - along * along
    k1 = slant2 * to_start - offset * along
    z = (k1 - np.sqrt(k1 * k1 - constant * k2)) / k2
    height = z * along - offset
    body = np.where((height > 0) & (height < slant2), z, np.inf)
    start_cap = (to_start - np.sqrt(to_start * to_start - start_power * squared)) / squared
    end_cap = (to_end - np.sqrt(to_end * to_end - end_power * squared)) / squared
    nearest: Rays = np.fmin(np.fmin(body, start_cap), end_cap)
    return nearest


def box_depth(box: Sequence[Any] | Rays, u: Rays, v: Rays) -> tuple[Rays, Rays]:
    """Return the depth at which rays from outside enter a box, and the axis across which they do.

    Args:
        box: ``(3, 5, ...)``, see :class:`~dkp_bench.datasets.mannequin.pack.PackedScene`.
        u: first component of the rays.
        v: second component of the rays.

    Returns:
        Depth, infinite where a ray misses, and the axis (0, 1, 2), which means nothing there.
    """
    low, high = _faces(box[0], u, v)
    enter, leave = np.minimum(low, high), np.maximum(low, high)
    axis: Rays = np.zeros(1, np.int8)
    for index in (1, 2):
        low, high = _faces(box[index], u, v)
        near = np.minimum(low, high)
        axis = np.where(near > enter, np.int8(index), axis)
        enter, leave = np.maximum(enter, near), np.minimum(leave, np.maximum(low, high))
    return np.where((enter < leave) & (enter > 0), enter, np.inf), axis


def room_depth(box: Sequence[Any] | Rays, u: Rays, v: Rays) -> tuple[Rays, Rays]:
    """Return the depth at which rays leave a box, and the face (0 to 5) through which they do.

    Args:
        box: ``(3, 5)``, see :class:`~dkp_bench.datasets.mannequin.pack.PackedScene`.
        u: first component of the rays.
        v: second component of the rays.
    """
    low, high = _faces(box[0], u, v)
    leave, face = np.maximum(low, high), (high > low).view(np.int8)
    for index in (1, 2):
        low, high = _faces(box[index], u, v)
        far = np.maximum(low, high)
        face = np.where(far < leave, (high > low).view(np.int8) + np.int8(2 * index), face)
        leave = np.minimum(leave, far)
    return leave, face


def _faces(axis: Sequence[Any] | Rays, u: Rays, v: Rays) -> tuple[Rays, Rays]:
    """Return the depths at which rays meet the two faces across one axis; infinite where they run along them."""
    ax, ay, az, centre, half = axis
    inverse = 1 / ((u * ax + az) + v * ay)
    return (centre - half) * inverse, (centre + half) * inverse
