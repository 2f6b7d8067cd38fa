"""Poses: which way each joint of the figure may turn, how far, and a way to draw them at random."""

from collections.abc import Mapping

import numpy as np

Pose = Mapping[str, float]
"""Angles in degrees by the names of :data:`LIMITS`."""

_SIDES = ("left", "right")

LIMITS: dict[str, tuple[float, float]] = {
    "torso_pitch": (-20.0, 80.0),
    "torso_roll": (-25.0, 25.0),
    "torso_twist": (-40.0, 40.0),
    "neck_pitch": (-35.0, 40.0),
    "neck_roll": (-25.0, 25.0),
    "neck_yaw": (-65.0, 65.0),
    **{f"{side}_hip_flexion": (-25.0, 110.0) for side in _SIDES},
    **{f"{side}_hip_abduction": (-5.0, 50.0) for side in _SIDES},
    **{f"{side}_hip_rotation": (-20.0, 40.0) for side in _SIDES},
    **{f"{side}_knee_flexion": (0.0, 130.0) for side in _SIDES},
    **{f"{side}_shoulder_flexion": (-45.0, 170.0) for side in _SIDES},
    **{f"{side}_shoulder_abduction": (4.0, 165.0) for side in _SIDES},
    **{f"{side}_shoulder_rotation": (-70.0, 70.0) for side in _SIDES},
    **{f"{side}_elbow_flexion": (0.0, 140.0) for side in _SIDES},
}
"""Least and greatest angle of each degree of freedom. Zero is standing upright with straight limbs and hanging arms;
flexion is forwards (of a knee: backwards), abduction away from the body, rotation outwards, pitch forwards."""

_REST: dict[str, tuple[float, float]] = {
    "torso_pitch": (4.0, 6.0),
    "torso_roll": (0.0, 4.0),
    "torso_twist": (0.0, 9.0),
    "neck_pitch": (5.0, 10.0),
    "neck_roll": (0.0, 6.0),
    "neck_yaw": (0.0, 22.0),
    "hip_flexion": (2.0, 6.0),
    "hip_abduction": (6.0, 5.0),
    "hip_rotation": (8.0, 8.0),
    "knee_flexion": (5.0, 6.0),
    "shoulder_flexion": (5.0, 18.0),
    "shoulder_abduction": (16.0, 12.0),
    "shoulder_rotation": (0.0, 20.0),
    "elbow_flexion": (25.0, 22.0),
}
_FAMILIES: dict[str, tuple[float, dict[str, tuple[float, float]]]] = {
    "stand": (0.24, {}),
    "walk": (0.22, {}),
    "gesture": (
        0.24,
        {"shoulder_flexion": (45.0, 40.0), "shoulder_abduction": (50.0, 38.0), "elbow_flexion": (60.0, 40.0)},
    ),
    "sit": (
        0.12,
        {
            "torso_pitch": (6.0, 10.0),
            "hip_flexion": (78.0, 14.0),
            "hip_abduction": (12.0, 8.0),
            "knee_flexion": (82.0, 15.0),
            "shoulder_flexion": (30.0, 25.0),
            "elbow_flexion": (50.0, 30.0),
        },
    ),
    "bend": (0.08, {"torso_pitch": (42.0, 16.0), "hip_flexion": (18.0, 16.0), "knee_flexion": (25.0, 18.0)}),
    "free": (
        0.10,
        {
            "torso_roll": (0.0, 10.0),
            "torso_twist": (0.0, 20.0),
            "hip_flexion": (25.0, 28.0),
            "hip_abduction": (18.0, 14.0),
            "knee_flexion": (35.0, 28.0),
            "shoulder_flexion": (50.0, 60.0),
            "shoulder_abduction": (60.0, 45.0),
            "shoulder_rotation": (0.0, 40.0),
            "elbow_flexion": (60.0, 40.0),
        },
    ),
}
"""Kinds of pose: how often each is drawn, and the (mean, standard deviation) in which it departs from rest."""


def sample_pose(rng: np.random.Generator) -> Pose:
    """Draw a pose within :data:`LIMITS`: standing, walking, gesturing, sitting, bending or free."""
    names = tuple(_FAMILIES)
    family = names[int(rng.choice(len(names), p=[share for share, _ in _FAMILIES.values()]))]
    spread = _REST | _FAMILIES[family][1]
    means, deviations = np.array([spread[_symmetric(name)] for name in LIMITS]).T
    drawn = means + deviations * rng.standard_normal(len(LIMITS))
    pose = dict(zip(LIMITS, map(float, drawn), strict=True))
    if family == "walk":
        _stride(pose, rng)
    return {name: min(max(pose[name], least), greatest) for name, (least, greatest) in LIMITS.items()}


def _symmetric(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def _stride(pose: dict[str, float], rng: np.random.Generator) -> None:
    """Swing the legs and, against them, the arms, by a random phase of the gait."""
    swing = float(rng.uniform(12.0, 34.0)) * (1.0 if rng.uniform() < 0.5 else -1.0)
    for side, direction in (("left", swing), ("right", -swing)):
        pose[f"{side}_hip_flexion"] += direction
        pose[f"{side}_knee_flexion"] += max(-direction, 0.0) * float(rng.uniform(0.3, 1.6))
        pose[f"{side}_shoulder_flexion"] -= direction
