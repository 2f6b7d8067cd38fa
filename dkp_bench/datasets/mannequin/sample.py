"""One sample on its own: image, depth, mask and joints."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.mannequin.body import SKELETON
from dkp_bench.datasets.mannequin.raycast import box_depth, cone_depth
from dkp_bench.datasets.mannequin.render import render
from dkp_bench.datasets.mannequin.scene import Scene, Setting, sample_scene
from dkp_bench.datasets.splits import AnySplit

_DEPTH = {"pelvis": 0.24, "hip": 0.24, "spine": 0.24, "thorax": 0.24, "shoulder": 0.16, "neck": 0.14, "head": 0.16}
_LIMB = 0.12

JOINT_DEPTH = np.array([_DEPTH.get(name.split()[-1], _LIMB) for name in SKELETON.names])
"""How far behind the visible surface each joint may lie, in metres, and still count as seen rather than occluded."""


@dataclass(frozen=True)
class Sample:
    """One sample at one image size.

    Attributes:
        rgb: ``(H, H, 3)`` uint8.
        depth: ``(H, H)`` float32, inverse depth 1/z in 1/m, z along the optical axis; near is large.
        mask: ``(H, H)`` bool, true on the figure.
        joints: ``(17, 2)`` float32, (x, y) in [−1, 1]; the same at every image size.
        joints3d: ``(17, 3)`` float32, camera coordinates (x right, y down, z forward) in metres.
        occluded: ``(17,)`` bool, true where something, be it the figure's own body, hides the joint.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    mask: NDArray[np.bool_]
    joints: NDArray[np.float32]
    joints3d: NDArray[np.float32]
    occluded: NDArray[np.bool_]


def render_sample(name: Setting, size: int, split: AnySplit, index: int) -> Sample:
    """Render the sample of that name: a pure function of its arguments.

    Args:
        name: ``mannequin``, ``mannequin-studio`` or ``mannequin-plain``.
        size: side of the image in pixels.
        split: the split it belongs to.
        index: its place in the split; any number, also past the end of the split.
    """
    scene = sample_scene(name, split, index)
    image = render(scene.packed, size)
    return Sample(
        image.rgb,
        image.depth,
        image.mask,
        scene.joints.astype(np.float32),
        scene.joints3d.astype(np.float32),
        occluded(scene),
    )


def occluded(scene: Scene) -> NDArray[np.bool_]:
    """Return whether the first surface before each joint is too near to be the joint's own part, ``(17,)``."""
    u, v = (scene.joints3d[:, :2] / scene.joints3d[:, 2:]).T
    squared = u * u + v * v + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.fmin.reduce(cone_depth(scene.packed.cones[..., None], u, v, squared), axis=0)
        boxes = scene.packed.boxes[~scene.packed.inside]
        if len(boxes):
            first = np.fmin(first, box_depth(boxes.transpose(1, 2, 0)[..., None], u, v)[0].min(axis=0))
    hidden: NDArray[np.bool_] = scene.joints3d[:, 2] - first > JOINT_DEPTH
    return hidden
