"""A perspective camera whose square image is a crop of what its lens sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Camera:
    """A camera: its place, its orientation, and the window of its view that is the image.

    World axes are right-handed with y up; camera axes are x right, y down, z forward.

    Attributes:
        position: ``(3,)`` in the world, metres.
        rotation: ``(3, 3)``, the rows are the camera's axes in the world.
        focal: focal length in half image sides.
        centre: where the optical axis meets the image, in [−1, 1] coordinates; a crop moves it off the middle.
    """

    position: NDArray[np.float64]
    rotation: NDArray[np.float64]
    focal: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)

    def view(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert world points ``(..., 3)`` to camera coordinates."""
        seen: NDArray[np.float64] = (points - self.position) @ self.rotation.T
        return seen

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert world points ``(..., 3)`` in front of the camera to (x, y) in [−1, 1], ``(..., 2)``."""
        seen = self.view(points)
        flat: NDArray[np.float64] = seen[..., :2] / seen[..., 2:] * self.focal + np.array(self.centre)
        return flat


def look_at(position: NDArray[np.float64], target: NDArray[np.float64], roll: float = 0.0) -> Camera:
    """Return a camera at ``position`` that looks at ``target``, turned about its axis by ``roll`` radians."""
    forward = _unit(target - position)
    level = _unit(np.cross(forward, [0.0, 1.0, 0.0]))
    below = np.cross(forward, level)
    c, s = np.cos(roll), np.sin(roll)
    return Camera(position, np.stack([c * level + s * below, c * below - s * level, forward]))


def crop_view(
    camera: Camera, points: NDArray[np.float64], extent: float, shift: tuple[float, float], margin: float
) -> Camera:
    """Return the camera with the crop in which the points fill a given share of the image.

    Args:
        camera: only its place and orientation count.
        points: ``(N, 3)`` in the world, in front of the camera.
        extent: the larger side of the points' bounding box, as a share of the image side.
        shift: where the middle of the box lies, in [−1, 1] coordinates; less far out where the margin requires it.
        margin: kept free on each side, as a share of the image side.
    """
    seen = camera.view(points)
    flat = seen[:, :2] / seen[:, 2:]
    low, high = flat.min(axis=0), flat.max(axis=0)
    focal = 2.0 * extent / float((high - low).max())
    slack = np.maximum(1.0 - 2.0 * margin - (high - low) * focal / 2.0, 0.0)
    middle = np.clip(shift, -slack, slack) - (low + high) / 2.0 * focal
    return Camera(camera.position, camera.rotation, focal, (float(middle[0]), float(middle[1])))


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit
