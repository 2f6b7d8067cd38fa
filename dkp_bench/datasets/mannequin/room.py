"""Backgrounds: a new cluttered room for each image, and the one studio that all images share."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.appearance import surface
from dkp_bench.datasets.mannequin.body import turn_y
from dkp_bench.datasets.mannequin.camera import Camera, look_at
from dkp_bench.datasets.mannequin.solids import Box, Material, RoundCone, sphere

GAP = 0.3
"""Least distance of clutter behind the figure, along the optical axis, in metres."""

_BAR_TILT, _BAR_RADIUS = 0.1, 0.15
"""How far a bar may reach towards the camera from its middle, and its greatest radius, in metres."""


def room_around(rng: np.random.Generator, place: NDArray[np.float64], away: NDArray[np.float64]) -> Box:
    """Draw a room of random size, angle and decoration whose back wall is behind a person.

    Args:
        rng: source of randomness.
        place: ``(3,)`` where the person stands on the floor.
        away: ``(3,)`` level direction in which the camera looks.
    """
    height = float(rng.uniform(2.4, 3.6))
    back, front, left, right = rng.uniform([1.3, 6.0, 1.6, 1.6], [3.2, 8.0, 4.0, 4.0]).tolist()
    forward = turn_y(float(rng.uniform(-30.0, 30.0))) @ away
    up = np.array([0.0, 1.0, 0.0])
    sideways = forward[[2, 1, 0]] * [-1.0, 0.0, 1.0]
    centre = place + forward * (back - front) / 2 + sideways * (right - left) / 2 + up * height / 2
    wall, floor, ceiling = surface(rng), surface(rng), surface(rng)
    back_wall = surface(rng) if rng.uniform() < 0.6 else wall
    return Box(
        centre,
        np.stack([sideways, up, forward]),
        np.array([(left + right) / 2, height / 2, (back + front) / 2]),
        (wall, wall, floor, ceiling, wall, back_wall),
        inside=True,
    )


def clutter_behind(rng: np.random.Generator, camera: Camera, depth: float) -> tuple[list[RoundCone], list[Box]]:
    """Draw bars, spheres and boxes strewn over the image, all of them farther than a depth.

    Args:
        rng: source of randomness.
        camera: with its crop, so that the things fall into the image.
        depth: the farthest point of the figure along the optical axis, in metres.

    Returns:
        Round cones and boxes in the world.
    """
    cones, boxes = [], []
    for _ in range(int(rng.integers(9, 16))):
        x, y = rng.uniform(-1.05, 1.05, 2).tolist()
        room = _BAR_TILT + _BAR_RADIUS + float(rng.uniform(0.0, 1.5))
        z = depth + GAP + room
        scale = z / camera.focal
        radius = min(float(rng.uniform(0.1, 0.32)) * scale, room)
        centre = np.array([(x - camera.centre[0]) * scale, (y - camera.centre[1]) * scale, z])
        kind = rng.uniform()
        if kind < 0.55:
            cones.append(_bar(rng, camera, centre, scale))
        elif kind < 0.70:
            cones.append(sphere(_world(camera, centre), radius, _thing(rng)))
        else:
            boxes.append(_block(rng, camera, centre, radius))
    return cones, boxes


def _bar(rng: np.random.Generator, camera: Camera, centre: NDArray[np.float64], scale: float) -> RoundCone:
    """Draw a bar of a limb's size at any angle in the image, nearly level with it."""
    angle, tilt = float(rng.uniform(0.0, np.pi)), float(rng.uniform(-_BAR_TILT, _BAR_TILT))
    reach = float(rng.uniform(0.12, 0.55)) * scale
    direction = np.array([np.cos(angle) * reach, np.sin(angle) * reach, tilt])
    first, second = np.minimum(rng.uniform(0.022, 0.065, 2) * scale, _BAR_RADIUS).tolist()
    material = _thing(rng)
    return RoundCone(_world(camera, centre - direction), _world(camera, centre + direction), first, second, material)


def _block(rng: np.random.Generator, camera: Camera, centre: NDArray[np.float64], radius: float) -> Box:
    """Draw a box that fits into a sphere, upright, turned at random; each face has its own decoration."""
    half = rng.uniform(0.4, 1.0, 3)
    half *= radius / float(np.sqrt((half * half).sum()))
    sides = [_thing(rng) for _ in range(3)]
    axes = turn_y(float(rng.uniform(0.0, 90.0))).T
    return Box(_world(camera, centre), axes, half, (sides[0], sides[0], sides[1], sides[1], sides[2], sides[2]))


def _thing(rng: np.random.Generator) -> Material:
    return surface(rng, tile=(0.3, 1.2))


def _world(camera: Camera, point: NDArray[np.float64]) -> NDArray[np.float64]:
    placed: NDArray[np.float64] = camera.rotation.T @ point + camera.position
    return placed


@cache
def studio() -> tuple[list[RoundCone], list[Box]]:
    """Return the studio, 8 m × 7 m with the origin in the middle of its floor, and what stands along its walls."""
    rng = np.random.Generator(np.random.Philox(key=0x57D10))
    wall, side, floor, ceiling = surface(rng), surface(rng), surface(rng), surface(rng)
    half = np.array([4.0, 1.5, 3.5])
    room = Box(np.array([0.0, half[1], 0.0]), np.eye(3), half, (side, side, floor, ceiling, wall, wall), inside=True)
    cones, boxes = [], [room]
    for index in range(28):
        wall_axis, sign = (0 if index % 2 else 2), (1.0 if index % 4 < 2 else -1.0)
        along = 2 - wall_axis
        place = np.zeros(3)
        place[wall_axis] = sign * (half[wall_axis] - 0.35)
        place[along] = float(rng.uniform(-0.8, 0.8)) * half[along]
        if index % 3 == 0:
            size = rng.uniform([0.2, 0.25, 0.2], [0.35, 0.75, 0.35])
            place[1] = size[1]
            materials = tuple(_thing(rng) for _ in range(3))
            x, y, z = materials
            boxes.append(Box(place, np.eye(3), size, (x, x, y, y, z, z)))
        else:
            place[1] = float(rng.uniform(0.5, 1.9))
            direction = rng.uniform(-1.0, 1.0, 3) * np.array([0.7, 0.8, 0.7])
            direction[wall_axis] *= 0.2
            first, second = rng.uniform(0.03, 0.12, 2).tolist()
            cones.append(RoundCone(place - direction, place + direction, first, second, _thing(rng)))
    return cones, boxes


@cache
def studio_cameras() -> tuple[Camera, Camera, Camera, Camera]:
    """Return four cameras near the corners of the studio, each turned to its middle."""
    middle = np.array([0.0, 0.95, 0.0])
    first, second, third, fourth = (
        look_at(np.array(place), middle)
        for place in ((3.3, 1.6, 2.9), (-3.4, 1.45, 2.8), (-3.2, 1.7, -2.9), (3.3, 1.5, -2.8))
    )
    return first, second, third, fourth
