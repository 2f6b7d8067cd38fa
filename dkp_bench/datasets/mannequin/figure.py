"""The figure: a posed body dressed and fleshed out with round cones."""

from dataclasses import dataclass

import numpy as np

from dkp_bench.datasets.mannequin.appearance import PLAIN, fabric, hair_colour, plain, shade, skin_colour
from dkp_bench.datasets.mannequin.body import SKELETON, Body, Proportions
from dkp_bench.datasets.mannequin.solids import Material, RoundCone, Vector, sphere

_INDEX = {name: index for index, name in enumerate(SKELETON.names)}


@dataclass(frozen=True)
class Outfit:
    """The materials of the parts of a figure."""

    skin: Material
    hair: Material
    shirt: Material
    chest: Material
    """The front of the shirt."""
    trousers: Material
    shoes: Material
    long_sleeves: bool
    long_trousers: bool


def sample_outfit(rng: np.random.Generator) -> Outfit:
    """Draw clothes, skin and hair; the chest always differs from the back of the shirt."""
    shirt = fabric(rng)
    return Outfit(
        skin=plain(skin_colour(rng)),
        hair=plain(hair_colour(rng)),
        shirt=shirt,
        chest=Material(shade(shirt.light, float(rng.choice([0.55, 1.5]))), shirt.dark, PLAIN),
        trousers=fabric(rng),
        shoes=fabric(rng),
        long_sleeves=bool(rng.uniform() < 0.5),
        long_trousers=bool(rng.uniform() < 0.7),
    )


def figure(body: Body, size: Proportions, outfit: Outfit) -> list[RoundCone]:
    """Return the solids of a body in its own frame; the caller turns and places them."""
    solids = _trunk(body, size, outfit) + _head(body, size, outfit)
    for side, name in enumerate(("left", "right")):
        solids += _arm(body, size, outfit, name, side) + _leg(body, size, outfit, name, side)
    return solids


def _trunk(body: Body, size: Proportions, outfit: Outfit) -> list[RoundCone]:
    pelvis, spine, thorax, neck = (_joint(body, name) for name in ("pelvis", "spine", "thorax", "neck"))
    left, up, front = body.trunk_axes.T
    facing = front
    girth, solids = size.girth, []
    for sign, name in ((1.0, "left"), (-1.0, "right")):
        side = sign * left
        chest = thorax + side * 0.48 * size.shoulder_width - up * 0.10
        waist = spine + side * 0.055 * girth + front * 0.01
        hip = _joint(body, f"{name} hip") * 0.6 + pelvis * 0.4 + up * 0.03
        dressed = (outfit.shirt, outfit.chest, facing, 0.35)
        solids.append(RoundCone(chest, waist, 0.116 * girth, 0.096 * girth, *dressed))
        solids.append(RoundCone(waist, hip, 0.096 * girth, 0.098 * girth, *dressed))
    shoulders = (_joint(body, "left shoulder") - left * 0.02, _joint(body, "right shoulder") + left * 0.02)
    hips = (_joint(body, "left hip"), _joint(body, "right hip"))
    solids.append(RoundCone(*shoulders, 0.058 * girth, 0.058 * girth, outfit.shirt))
    solids.append(RoundCone(*hips, 0.105 * girth, 0.105 * girth, outfit.trousers))
    solids.append(RoundCone(thorax, neck, 0.055 * girth, 0.05 * girth, outfit.skin))
    return solids


def _head(body: Body, size: Proportions, outfit: Outfit) -> list[RoundCone]:
    scale = size.stature / 1.75
    centre = _joint(body, "head")
    left, up, front = body.head_axes.T
    face = front * 0.85 - up * 0.53
    skull = RoundCone(
        centre + (up * 0.045 - front * 0.01) * scale,
        centre + (-up * 0.035 + front * 0.012) * scale,
        0.098 * scale,
        0.082 * scale,
        outfit.hair,
        outfit.skin,
        face,
        0.05,
    )
    nose = RoundCone(
        centre + front * 0.095 * scale,
        centre + (front * 0.108 - up * 0.03) * scale,
        0.012 * scale,
        0.017 * scale,
        outfit.skin,
    )
    dark = plain((25.0, 20.0, 20.0))
    eyes = [
        sphere(centre + (front * 0.082 + up * 0.022 + sign * left * 0.034) * scale, 0.019 * scale, dark)
        for sign in (1.0, -1.0)
    ]
    return [skull, nose, *eyes]


def _arm(body: Body, size: Proportions, outfit: Outfit, name: str, side: int) -> list[RoundCone]:
    shoulder, elbow, wrist = (_joint(body, f"{name} {part}") for part in ("shoulder", "elbow", "wrist"))
    sleeve = outfit.shirt if outfit.long_sleeves else outfit.skin
    girth = size.girth
    return [
        RoundCone(shoulder, elbow, 0.058 * girth, 0.045 * girth, outfit.shirt),
        RoundCone(elbow, wrist, 0.045 * girth, 0.034 * girth, sleeve),
        RoundCone(wrist, body.fingers[side], 0.038 * girth, 0.032 * girth, outfit.skin),
    ]


def _leg(body: Body, size: Proportions, outfit: Outfit, name: str, side: int) -> list[RoundCone]:
    hip, knee, ankle = (_joint(body, f"{name} {part}") for part in ("hip", "knee", "ankle"))
    girth = size.girth
    return [
        RoundCone(hip, knee, 0.092 * girth, 0.065 * girth, outfit.trousers),
        RoundCone(knee, ankle, 0.062 * girth, 0.044 * girth, outfit.trousers if outfit.long_trousers else outfit.skin),
        RoundCone(ankle, body.toes[side], 0.05 * girth, 0.042 * girth, outfit.shoes),
    ]


def _joint(body: Body, name: str) -> Vector:
    point: Vector = body.joints[_INDEX[name]]
    return point
