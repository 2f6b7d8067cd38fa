"""Draw keypoints, skeletons, depth maps and masks on pictures, and write these as PNG.

A drawing function returns a new picture, ``(H, W, 3)`` uint8 RGB. Points are in pixels of the picture that is drawn on;
:func:`to_pixels` makes them from normalised coordinates.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
Picture = NDArray[np.uint8]

# Orange and sky blue of Okabe and Ito's palette: told apart by colour-blind readers too.
LEFT: Colour = (230, 159, 0)
RIGHT: Colour = (86, 180, 233)
MIDDLE: Colour = (245, 245, 245)
OUTLINE: Colour = (25, 25, 25)

_FRACTION_BITS = 4
_FARTHEST = 20_000.0


def to_pixels(points: NDArray[np.floating], size: int, scale: int = 1) -> NDArray[np.float64]:
    """Convert normalised points to pixels of an image that was enlarged.

    Args:
        points: ``(..., 2)``, (x, y) in [−1, 1], ±1 being the centres of the corner pixels.
        size: side of the image before it was enlarged, in pixels.
        scale: factor of :func:`enlarge`.

    Returns:
        ``(..., 2)`` (x, y); the centre of the top left pixel is (0, 0).
    """
    pixels = (np.asarray(points, dtype=np.float64) + 1) / 2 * (size - 1)
    return np.asarray((pixels + 0.5) * scale - 0.5)


def enlarge(image: Picture, scale: int) -> Picture:
    """Repeat each pixel to ``scale`` × ``scale``: crisp, nothing is interpolated."""
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def side_colours(names: Sequence[str]) -> list[Colour]:
    """Return a colour for each joint by its name: the person's left, right or middle."""
    return [LEFT if "left" in name else RIGHT if "right" in name else MIDDLE for name in names]


def palette(count: int) -> list[Colour]:
    """Return ``count`` colours that differ in hue, for keypoints that have no names."""
    hues = np.arange(count) * 180 // max(count, 1)
    hsv = np.stack([hues, np.full(count, 200), np.full(count, 255)], axis=-1).astype(np.uint8)
    return [(int(r), int(g), int(b)) for r, g, b in cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0]]


def draw_points(
    image: Picture, points: NDArray[np.floating], colours: Sequence[Colour], radius: float = 3.0
) -> Picture:
    """Draw a dot at each point, outlined so that it shows on any background.

    Args:
        image: ``(H, W, 3)``.
        points: ``(P, 2)`` pixels (x, y); a point that is not finite is left out.
        colours: one for each point.
        radius: of the dots, in pixels.
    """
    picture = np.ascontiguousarray(image).copy()
    for point, colour in zip(points, colours, strict=True):
        if np.isfinite(point).all():
            for r, c in ((radius + 1, OUTLINE), (radius, colour)):
                cv2.circle(picture, _fixed(point), round(r * 2**_FRACTION_BITS), c, -1, cv2.LINE_AA, _FRACTION_BITS)
    return picture


def draw_segments(
    image: Picture, segments: NDArray[np.floating], colours: Sequence[Colour], thickness: int = 2
) -> Picture:
    """Draw a line for each segment.

    Args:
        image: ``(H, W, 3)``.
        segments: ``(E, 2, 2)``: both ends of each segment as pixels (x, y); one that is not finite is left out.
        colours: one for each segment.
        thickness: of the lines, in pixels.
    """
    picture = np.ascontiguousarray(image).copy()
    for (start, end), colour in zip(segments, colours, strict=True):
        if np.isfinite(start).all() and np.isfinite(end).all():
            cv2.line(picture, _fixed(start), _fixed(end), colour, thickness, cv2.LINE_AA, _FRACTION_BITS)
    return picture


def draw_skeleton(
    image: Picture,
    points: NDArray[np.floating],
    visible: NDArray[np.bool_],
    bones: Sequence[tuple[int, int]],
    colours: Sequence[Colour],
) -> Picture:
    """Draw the visible joints and the bones between them.

    Args:
        image: ``(H, W, 3)``.
        points: ``(J, 2)`` pixels (x, y).
        visible: ``(J,)``.
        bones: pairs of joint indices; a bone takes the colour of its second joint.
        colours: one for each joint, such as :func:`side_colours`.
    """
    drawn = [(a, b) for a, b in bones if visible[a] and visible[b]]
    segments = np.asarray([(points[a], points[b]) for a, b in drawn], dtype=np.float64).reshape(-1, 2, 2)
    picture = draw_segments(image, segments, [colours[b] for _, b in drawn])
    shown = [joint for joint, is_visible in enumerate(visible) if is_visible]
    return draw_points(picture, points[shown], [colours[joint] for joint in shown], radius=2.5)


def depth_picture(depth: NDArray[np.floating]) -> Picture:
    """Colour a depth map ``(H, W)``, scaled to its own range: near is bright, far is dark."""
    low, high = float(depth.min()), float(depth.max())
    scaled = (depth - low) / (high - low) if high > low else np.zeros(depth.shape)
    coloured = cv2.applyColorMap(np.round(scaled * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.asarray(coloured[..., ::-1], dtype=np.uint8)


def mask_picture(mask: NDArray[np.bool_]) -> Picture:
    """Return a mask ``(H, W)`` as white on black."""
    return np.repeat(np.where(mask, 255, 0).astype(np.uint8)[..., None], 3, axis=2)


def draw_text(image: Picture, text: str, left: float, baseline: float, colour: Colour = OUTLINE) -> Picture:
    """Write a small line of ASCII text, its baseline's start at the given pixel."""
    picture = np.ascontiguousarray(image).copy()
    cv2.putText(picture, text, (round(left), round(baseline)), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
    return picture


def png_bytes(picture: Picture, *, compression: int | None = None) -> bytes:
    """Return the content of a PNG file; equal pictures give equal bytes.

    Args:
        picture: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA.
        compression: from 0, none, to 9, the smallest file; OpenCV's own choice, a fast one, if None.
    """
    order = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    options = [] if compression is None else [cv2.IMWRITE_PNG_COMPRESSION, compression]
    return bytes(cv2.imencode(".png", cv2.cvtColor(picture, order), options)[1].tobytes())


def _fixed(point: NDArray[np.floating]) -> tuple[int, int]:
    """Return a point in OpenCV's fixed-point coordinates, kept within what they can hold."""
    x, y = np.round(np.clip(point, -_FARTHEST, _FARTHEST) * 2**_FRACTION_BITS).astype(int)
    return int(x), int(y)
