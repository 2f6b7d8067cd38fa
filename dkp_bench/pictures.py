"""Reading image files strictly (what is damaged is refused, never filled up), and resizing as the field does."""

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
    """Read a mask as ``(H, W)`` in 0 … 255, whatever its bit depth.

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


def _decode(content: bytes, flags: int) -> NDArray[np.uint8]:
    """Decode a picture; OpenCV would fill up what a truncated one lacks."""
    check_picture(content)
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise ValueError("it is damaged") from error  # what OpenCV says of it is about its own source
    if pixels is None:
        raise ValueError("it is damaged")
    return np.asarray(pixels, dtype=np.uint8)
