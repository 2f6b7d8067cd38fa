"""Everything that is random about one image, drawn only from its name and independent of the image size."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.body import Body, posed, sample_proportions, turn_y
from dkp_bench.datasets.mannequin.camera import Camera, crop_view, look_at
from dkp_bench.datasets.mannequin.figure import figure, sample_outfit
from dkp_bench.datasets.mannequin.pack import PackedScene, pack, rounded
from dkp_bench.datasets.mannequin.pose import sample_pose
from dkp_bench.datasets.mannequin.room import clutter_behind, room_around, studio, studio_cameras
from dkp_bench.datasets.mannequin.solids import Box, RoundCone
from dkp_bench.datasets.splits import AnySplit, stored_name

Setting = Literal["mannequin", "mannequin-studio", "mannequin-plain"]

SEED = 0
"""Seed of the dataset; a constant, whatever seed a training run has."""

REACH, STUDIO_REACH = 0.1, 0.08
"""How far the figure may be off the middle of the image, in half image sides; the crops of the studio follow it."""


@dataclass(frozen=True)
class Scene:
    """One scene before it is an image.

    Attributes:
        packed: what the renderer needs.
        joints: ``(17, 2)`` image coordinates in [−1, 1].
        joints3d: ``(17, 3)`` camera coordinates in metres.
    """

    packed: PackedScene
    joints: NDArray[np.float64]
    joints3d: NDArray[np.float64]


def generator(setting: Setting, split: AnySplit, index: int, seed: int = SEED) -> np.random.Generator:
    """Return the random numbers of one sample: a Philox generator keyed by a hash of the sample's name."""
    digest = hashlib.sha256(f"{setting}/{seed}/{stored_name(split)}/{index}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def sample_scene(setting: Setting, split: AnySplit, index: int, seed: int = SEED) -> Scene:
    """Draw the scene of one sample."""
    rng = generator(setting, split, index, seed)
    proportions = sample_proportions(rng)
    body = posed(proportions, sample_pose(rng))
    outfit = sample_outfit(rng)
    light, ambient = _light(rng), float(rng.uniform(0.5, 0.75))
    place, camera = _studio_view(rng) if setting == "mannequin-studio" else _free_view(rng)
    turn = _turn_towards(rng, camera, place)
    solids = [_placed(solid, turn, place) for solid in figure(body, proportions, outfit)]
    joints, outline = body.joints @ turn.T + place, _outline(body) @ turn.T + place
    reach = STUDIO_REACH if setting == "mannequin-studio" else REACH
    camera = _crop(rng, camera, outline, proportions.stature, reach)
    clutter, boxes = _background(rng, setting, camera, place, solids)
    packed = pack(camera, solids, clutter, boxes, light, ambient)
    seen = rounded(camera.view(joints))
    flat = seen[:, :2] / seen[:, 2:] * packed.focal + np.array(packed.centre)
    return Scene(packed, flat, seen)


def _light(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw a direction towards a lamp that is above the horizon."""
    azimuth, height = float(rng.uniform(0.0, 2.0 * np.pi)), float(rng.uniform(0.35, 0.95))
    level = np.sqrt(1.0 - height**2)
    return np.array([np.cos(azimuth) * level, height, np.sin(azimuth) * level])


def _free_view(rng: np.random.Generator) -> tuple[NDArray[np.float64], Camera]:
    """Draw a person at the origin and a camera three to five metres away, at about eye height."""
    position = np.array([0.0, float(rng.uniform(0.7, 1.6)), float(rng.uniform(3.0, 5.0))])
    target = np.array([0.0, float(rng.uniform(0.7, 1.1)), 0.0])
    return np.zeros(3), look_at(position, target, roll=float(rng.uniform(-0.06, 0.06)))


def _studio_view(rng: np.random.Generator) -> tuple[NDArray[np.float64], Camera]:
    """Draw a person somewhere in the middle of the studio, seen by one of its cameras."""
    cameras = studio_cameras()
    place = rng.uniform([-0.9, 0.0, -0.8], [0.9, 0.0, 0.8])
    return place, cameras[int(rng.integers(len(cameras)))]


def _turn_towards(rng: np.random.Generator, camera: Camera, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a turn about the vertical to any side; in every second image towards the camera, give or take 40°."""
    to_camera = camera.position - place
    facing = float(np.rad2deg(np.arctan2(to_camera[0], to_camera[2])))
    offset = float(rng.normal(0.0, 40.0)) if rng.uniform() < 0.5 else float(rng.uniform(-180.0, 180.0))
    return turn_y(facing + offset)


def _placed(solid: RoundCone, turn: NDArray[np.float64], place: NDArray[np.float64]) -> RoundCone:
    facing = None if solid.facing is None else turn @ solid.facing
    return RoundCone(
        turn @ solid.start + place,
        turn @ solid.end + place,
        solid.start_radius,
        solid.end_radius,
        solid.material,
        solid.front,
        facing,
        solid.threshold,
    )


def _outline(body: Body) -> NDArray[np.float64]:
    """Return points whose bounding box is about the person's: joints, extremities and the crown."""
    crown = body.joints[10] + body.head_axes[:, 1] * 0.12
    return np.concatenate([body.joints, body.toes, body.fingers, crown[None]])


def _crop(
    rng: np.random.Generator, camera: Camera, outline: NDArray[np.float64], stature: float, reach: float
) -> Camera:
    """Draw a crop in which a standing person fills 74 to 94 % of the image, a crouching one less, off its middle."""
    side = float((outline.max(axis=0) - outline.min(axis=0)).max())
    extent = float(rng.uniform(0.74, 0.94)) * min(max(side / stature, 0.8), 1.0)
    x, y = rng.uniform(-reach, reach, 2).tolist()
    return crop_view(camera, outline, extent, (x, y), margin=0.03)


def _background(
    rng: np.random.Generator,
    setting: Setting,
    camera: Camera,
    place: NDArray[np.float64],
    solids: list[RoundCone],
) -> tuple[list[RoundCone], list[Box]]:
    if setting == "mannequin-plain":
        return [], []
    if setting == "mannequin-studio":
        return studio()
    away = camera.rotation[2] * np.array([1.0, 0.0, 1.0])
    room = room_around(rng, place, away / np.sqrt((away * away).sum()))
    ends = np.stack([point for solid in solids for point in (solid.start, solid.end)])
    radii = np.array([radius for solid in solids for radius in (solid.start_radius, solid.end_radius)])
    clutter, boxes = clutter_behind(rng, camera, float((camera.view(ends)[:, 2] + radii).max()))
    return clutter, [room, *boxes]
