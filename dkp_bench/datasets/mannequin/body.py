"""The body: proportions, the tree of joints, and where a pose puts them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Skeleton
from dkp_bench.datasets.mannequin.pose import Pose

_NAMES = (
    "pelvis",
    *("right hip", "right knee", "right ankle"),
    *("left hip", "left knee", "left ankle"),
    *("spine", "thorax", "neck", "head"),
    *("left shoulder", "left elbow", "left wrist"),
    *("right shoulder", "right elbow", "right wrist"),
)

SKELETON = Skeleton(
    names=_NAMES,
    pairs=((1, 4), (2, 5), (3, 6), (14, 11), (15, 12), (16, 13)),
    bones=(
        *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6)),
        *((0, 7), (7, 8), (8, 9), (9, 10)),
        *((8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)),
    ),
)
"""Seventeen joints in the order of the usual 17-joint form of Human3.6M."""


@dataclass(frozen=True)
class Proportions:
    """Lengths of a body in metres; widths are from the middle to one side."""

    stature: float
    girth: float
    """Factor on the thickness of every part; 1 is average."""
    thigh: float
    shank: float
    hip_width: float
    trunk: float
    shoulder_width: float
    upper_arm: float
    forearm: float
    neck: float
    foot: float


_SHARES = {
    "thigh": 0.245,
    "shank": 0.240,
    "hip_width": 0.053,
    "trunk": 0.285,
    "shoulder_width": 0.108,
    "upper_arm": 0.178,
    "forearm": 0.148,
    "neck": 0.055,
    "foot": 0.105,
}
"""Lengths as shares of the stature, after Drillis and Contini (1966)."""


def sample_proportions(rng: np.random.Generator) -> Proportions:
    """Draw proportions: 1.50 to 1.95 m tall, slender to stout, each length up to 7 % off the average."""
    stature = float(rng.uniform(1.50, 1.95))
    lengths = {name: share * stature * float(rng.uniform(0.93, 1.07)) for name, share in _SHARES.items()}
    return Proportions(stature=stature, girth=float(rng.uniform(0.95, 1.35)) * stature / 1.75, **lengths)


@dataclass(frozen=True)
class Body:
    """A posed body standing on the floor plane y = 0, pelvis above the origin.

    The frame is x to the person's left, y up, z to where the pelvis faces; the columns of ``trunk_axes`` and
    ``head_axes`` are the same three directions of those parts.

    Attributes:
        joints: ``(17, 3)`` in metres, in the order of :data:`SKELETON`.
        toes: ``(2, 3)``, left then right.
        fingers: ``(2, 3)``, left then right.
        trunk_axes: ``(3, 3)``.
        head_axes: ``(3, 3)``.
    """

    joints: NDArray[np.float64]
    toes: NDArray[np.float64]
    fingers: NDArray[np.float64]
    trunk_axes: NDArray[np.float64]
    head_axes: NDArray[np.float64]


SOLE = 0.05
"""Height of an ankle above the floor when the foot is flat, in metres."""


def posed(body: Proportions, pose: Pose) -> Body:
    """Return the body in a pose, its lowest foot on the floor."""
    trunk = turn_y(pose["torso_twist"]) @ turn_x(pose["torso_pitch"]) @ turn_z(pose["torso_roll"])
    # Half of the bend and twist sits below the spine joint, so the back is curved rather than hinged at the pelvis.
    loin = turn_y(pose["torso_twist"] / 2) @ turn_x(pose["torso_pitch"] / 2) @ turn_z(pose["torso_roll"] / 2)
    head = trunk @ turn_y(pose["neck_yaw"]) @ turn_x(pose["neck_pitch"]) @ turn_z(pose["neck_roll"])
    spine = loin @ _up(0.45 * body.trunk)
    thorax = spine + trunk @ _up(0.55 * body.trunk)
    neck = thorax + trunk @ _up(body.neck)
    crown = neck + head @ np.array([0.0, 0.075, 0.02]) * (body.stature / 1.75)
    left_leg, right_leg = _leg(body, pose, "left", 1.0), _leg(body, pose, "right", -1.0)
    left_arm, right_arm = _arm(body, pose, trunk, "left", 1.0), _arm(body, pose, trunk, "right", -1.0)
    joints = np.stack(
        [np.zeros(3), *right_leg[:3], *left_leg[:3], spine, thorax, neck, crown]
        + [thorax + point for point in (*left_arm[:3], *right_arm[:3])]
    )
    toes = np.stack([left_leg[3], right_leg[3]])
    fingers = thorax + np.stack([left_arm[3], right_arm[3]])
    lift = _up(SOLE - min(float(joints[[3, 6], 1].min()), float(toes[:, 1].min())))
    return Body(joints + lift, toes + lift, fingers + lift, trunk, head)


def _leg(body: Proportions, pose: Pose, side: str, sign: float) -> list[NDArray[np.float64]]:
    """Return hip, knee, ankle and toe of one leg, from the pelvis."""
    turned = turn_z(sign * pose[f"{side}_hip_abduction"]) @ turn_x(-pose[f"{side}_hip_flexion"])
    thigh = turned @ turn_y(sign * pose[f"{side}_hip_rotation"])
    shank = thigh @ turn_x(pose[f"{side}_knee_flexion"])
    hip = np.array([sign * body.hip_width, -0.02, 0.0])
    knee = hip - thigh @ _up(body.thigh)
    ankle = knee - shank @ _up(body.shank)
    toe = ankle + shank @ np.array([0.0, -0.15, 0.99]) * body.foot
    return [hip, knee, ankle, toe]


def _arm(
    body: Proportions, pose: Pose, trunk: NDArray[np.float64], side: str, sign: float
) -> list[NDArray[np.float64]]:
    """Return shoulder, elbow, wrist and fingertips of one arm, from the thorax."""
    turned = turn_z(sign * pose[f"{side}_shoulder_abduction"]) @ turn_x(-pose[f"{side}_shoulder_flexion"])
    upper = trunk @ turned @ turn_y(-sign * pose[f"{side}_shoulder_rotation"])
    fore = upper @ turn_x(-pose[f"{side}_elbow_flexion"])
    shoulder = trunk @ np.array([sign * body.shoulder_width, -0.03, 0.0])
    elbow = shoulder - upper @ _up(body.upper_arm)
    wrist = elbow - fore @ _up(body.forearm)
    return [shoulder, elbow, wrist, wrist - fore @ _up(0.38 * body.forearm)]


def _up(length: float) -> NDArray[np.float64]:
    return np.array([0.0, length, 0.0])


def turn_x(degrees: float) -> NDArray[np.float64]:
    """Return the rotation about the x axis, ``(3, 3)``."""
    c, s = _cos_sin(degrees)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def turn_y(degrees: float) -> NDArray[np.float64]:
    """Return the rotation about the y axis, ``(3, 3)``."""
    c, s = _cos_sin(degrees)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def turn_z(degrees: float) -> NDArray[np.float64]:
    """Return the rotation about the z axis, ``(3, 3)``."""
    c, s = _cos_sin(degrees)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _cos_sin(degrees: float) -> tuple[float, float]:
    radians = np.deg2rad(degrees)
    return float(np.cos(radians)), float(np.sin(radians))
