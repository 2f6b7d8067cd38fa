"""Reading image files strictly (what is damaged is refused, never filled up), and resizing as the field does."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dkp_bench.picture_headers import check_picture

SUFFIXES = (".jpg", ".jpeg", ".png")

Pixels = TypeVar("Pixels", np.uint8, np.float32)


def read_rgb(path: Path, *, upright: bool = False) -> NDArray[np.uint8]:
    """Read a photograph as ``(H, W, 3)`` RGB.

    Args:
        path: a JPEG or PNG file.
        upright: turn it as its EXIF orientation says; datasets annotate the pixels as they are stored.

    Raises:
        ValueError: if it is damaged; the message says how.
        OSError: if there is no such file.
    """
    return _decode(path.read_bytes(), cv2.IMREAD_COLOR_RGB | (0 if upright else cv2.IMREAD_IGNORE_ORIENTATION))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read a mask as ``(H, W)`` in 0 … 255, of any bit depth.

    Raises:
        ValueError: if it is damaged; the message says how.
        OSError: if there is no such file.
    """
    return _decode(path.read_bytes(), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)


def resize(picture: NDArray[Pixels], size: int) -> NDArray[Pixels]:
    """Resize to ``size`` × ``size`` with Pillow's bilinear filter, which averages where it shrinks.

    AutoLink's loaders resize so (torchvision on Pillow images). A picture that has the size already is returned as is.

    Args:
        picture: ``(H, W, 3)`` uint8, or ``(H, W)`` uint8 or float32.
        size: side of the result in pixels.
    """
    if picture.shape[:2] == (size, size):
        return picture
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR), dtype=picture.dtype)


def area_mean(pictures: NDArray[Pixels], size: int) -> NDArray[Pixels]:
    """Return pictures whose pixels are the means of whole blocks of pixels.

    Args:
        pictures: ``(N, H, H, 3)`` or ``(N, H, H)``, uint8 or float32; ``H`` is a multiple of ``size``.
        size: side of the results in pixels.

    Returns:
        ``(N, size, size, 3)`` or ``(N, size, size)`` of the same type; of whole numbers the nearest, half rounded up.

    >>> area_mean(np.array([[[0, 1], [1, 0]]], dtype=np.uint8), 1).tolist()
    [[[1]]]
    """
    count, side, _, *channels = pictures.shape
    block = side // size
    blocks = pictures.reshape(count, size, block, size, block, *channels)
    # In float64 the sum of the few half-precision or 8-bit numbers of a block is exact in any order they are
    # added in, so the result does not depend on the processor.
    mean = blocks.sum(axis=(2, 4), dtype=np.float64) / block**2
    return np.asarray(np.floor(mean + 0.5) if pictures.dtype == np.uint8 else mean, dtype=pictures.dtype)


def points_at(points: NDArray[np.floating], size: int, smaller: int) -> NDArray[np.float32]:
    """Return points of an image as points of its :func:`area_mean`.

    They lie at the same place of the picture. Its numbers change because ±1 are the centres of the corner pixels, and
    the centre of a large pixel lies further inside than that of a small one.

    Args:
        points: ``(..., 2)`` (x, y) in [−1, 1].
        size: side of the image in pixels.
        smaller: side of its area mean.

    >>> points_at(np.array([1.0, 0.0]), 64, 32).tolist()  # beyond the last pixel's centre by a quarter of a pixel
    [1.0161290168762207, 0.0]
    """
    return np.asarray(points * ((1 - 1 / size) / (1 - 1 / smaller)), dtype=np.float32)


def _decode(content: bytes, flags: int) -> NDArray[np.uint8]:
    """Decode a picture; OpenCV would fill up what is missing in a truncated one."""
    check_picture(content)
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise ValueError("it is damaged") from error  # what OpenCV says of it is about its own source
    if pixels is None:
        raise ValueError("it is damaged")
    return np.asarray(pixels, dtype=np.uint8)


@dataclass(frozen=True)
class Square:
    """A square of whole pixels of a photograph, which may reach beyond its borders."""

    left: int
    top: int
    side: int


def square_around(points: NDArray[np.floating], enlarge: float, least_side: int) -> Square:
    """Return the square about the middle of the points' bounding box.

    Args:
        points: ``(P, 2)`` (x, y), at least one.
        enlarge: the side of the square over the longer side of the box.
        least_side: the side is not less than this, in pixels.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(int(np.ceil((high - low).max() * enlarge)), least_side)
    left, top = np.round((low + high - side) / 2).astype(int)
    return Square(int(left), int(top), side)


def central_square(width: int, height: int) -> Square:
    """Return the largest square in the middle of a photograph."""
    side = min(width, height)
    return Square((width - side) // 2, (height - side) // 2, side)


def crop(photograph: NDArray[Pixels], square: Square, size: int) -> NDArray[Pixels]:
    """Cut the square out of the photograph, or of its depth map, and resize it.

    Beyond the border its outermost pixels are repeated: a flat padding would put the strongest edge of the image there.

    Args:
        photograph: ``(H, W, 3)`` uint8, or ``(H, W)`` float32.
        square: which part.
        size: side of the result in pixels; shrinking averages areas, enlarging is bilinear.

    Returns:
        ``(size, size, 3)`` uint8, or ``(size, size)`` float32.
    """
    height, width = photograph.shape[:2]
    rows = np.clip(np.arange(square.top, square.top + square.side), 0, height - 1)
    columns = np.clip(np.arange(square.left, square.left + square.side), 0, width - 1)
    patch = np.ascontiguousarray(photograph[rows[:, None], columns])
    interpolation = cv2.INTER_AREA if square.side >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(patch, (size, size), interpolation=interpolation), dtype=photograph.dtype)


def normalise(points: NDArray[np.floating], square: Square, size: int) -> NDArray[np.float32]:
    """Convert points of the photograph to (x, y) in the crop, ±1 being the centres of its corner pixels.

    Args:
        points: ``(..., 2)``.
        square: the part that was cropped.
        size: side of the crop in pixels.
    """
    corner = np.array([square.left, square.top], dtype=np.float64)
    pixels = (points - corner) / square.side * size - 0.5
    return np.asarray(pixels / (size - 1) * 2 - 1, dtype=np.float32)
