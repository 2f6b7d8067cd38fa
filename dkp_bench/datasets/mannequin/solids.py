"""The solids of a scene: round cones and boxes, each with a material, before a camera looks at them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
"""A point or direction, ``(3,)``; metres."""

Colour = tuple[float, float, float]
"""Red, green and blue in 0 to 255."""


@dataclass(frozen=True)
class Material:
    """Two colours laid out by a pattern.

    Attributes:
        light: colour where the pattern is 0.
        dark: colour where the pattern is 1.
        pattern: index into :data:`~dkp_bench.datasets.mannequin.appearance.PATTERNS`.
        tile: side of one tile of the pattern in metres.
    """

    light: Colour
    dark: Colour
    pattern: int = 0
    tile: float = 1.0


@dataclass(frozen=True)
class RoundCone:
    """The convex hull of two spheres; neither may contain the other. A capsule where the radii are equal.

    Attributes:
        start: centre of the first sphere.
        end: centre of the second sphere.
        start_radius: metres.
        end_radius: metres.
        material: all over, or on the back if there is a front.
        front: the material where the surface faces along ``facing``, if it has one.
        facing: direction of the front.
        threshold: cosine above which the surface counts as facing the front.
    """

    start: Vector
    end: Vector
    start_radius: float
    end_radius: float
    material: Material
    front: Material | None = None
    facing: Vector | None = None
    threshold: float = 0.0


@dataclass(frozen=True)
class Box:
    """A cuboid, or a room when it is seen from inside.

    Attributes:
        centre: its middle.
        axes: ``(3, 3)``, the rows are the unit directions of its edges.
        half: ``(3,)``, half of its extent along each axis.
        materials: of the faces −x, +x, −y, +y, −z, +z in the box's own axes.
        inside: whether its far faces are drawn, as walls, instead of its near ones.
    """

    centre: Vector
    axes: NDArray[np.float64]
    half: Vector
    materials: tuple[Material, Material, Material, Material, Material, Material]
    inside: bool = False


def sphere(centre: Vector, radius: float, material: Material) -> RoundCone:
    """Return a sphere, as the shortest of capsules."""
    reach = np.array([0.0, 0.01, 0.0])
    return RoundCone(centre - reach, centre + reach, radius - 0.01, radius - 0.01, material)
