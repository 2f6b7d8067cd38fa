"""The file of one depth map: a 16-bit grey PNG that says itself which values it stands for.

    round((value − low) / (high − low) · 65535), and in a text chunk right after the header: ``low high``

The SHA-256 that a store keeps of the file thereby holds the range, too: a list of ranges that was altered or damaged
is found out when a map is read. Files of earlier versions have no such chunk; of them only the list knows.
"""

import struct
import zlib
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.picture_headers import check_picture

LEVELS = 65535
KEY = b"depth range"
"""Names the text chunk."""
_HEADER = 33
"""Bytes of a PNG up to the end of its header, where the text chunk starts."""


class Range(NamedTuple):
    """The lowest and the highest value of a map."""

    low: float
    high: float

    @property
    def is_sound(self) -> bool:
        """True if a float32 map can have this range."""
        most = float(np.finfo(np.float32).max)
        return -most <= self.low <= self.high <= most


def encode_map(depth: NDArray[np.float32]) -> tuple[bytes, Range]:
    """Return the file of a map ``(H, W)`` of finite values, and its range.

    >>> content, found = encode_map(np.array([[1.0, 3.0]], dtype=np.float32))
    >>> found
    Range(low=1.0, high=3.0)
    >>> decode_map(content, found)
    array([[1., 3.]], dtype=float32)
    """
    found = Range(float(depth.min()), float(depth.max()))
    scaled = (depth.astype(np.float64) - found.low) / ((found.high - found.low) or 1.0)
    picture = cv2.imencode(".png", np.round(scaled * LEVELS).astype(np.uint16))[1].tobytes()
    text = b"tEXt" + KEY + f"\0{found.low!r} {found.high!r}".encode("ascii")
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return picture[:_HEADER] + chunk + picture[_HEADER:], found


def decode_map(content: bytes, said: Range) -> NDArray[np.float32]:
    """Return the map in a file, ``(H, W)``, at most half of (high − low) / 65535 off.

    Args:
        content: of the file, whose SHA-256 is the one that was written.
        said: the range that the store's list has for it.

    Raises:
        ValueError: if the file is no such map.
    """
    try:
        check_picture(content)
        levels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except (ValueError, cv2.error) as error:
        raise ValueError(f"is no image: {error}") from error
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 2:
        raise ValueError("is not a 16-bit grey PNG")
    return np.asarray(said.low + levels * ((said.high - said.low) / LEVELS), dtype=np.float32)


def check_range(content: bytes, said: Range) -> None:
    """Check that the file of a map says no other range than the store's list.

    Raises:
        ValueError: if it does.
    """
    start = _HEADER + 4
    if not content.startswith(b"tEXt" + KEY + b"\0", start):
        return
    end = start + 4 + int.from_bytes(content[_HEADER:start], "big")
    low, high = map(float, content[start + 5 + len(KEY) : end].split())
    if (low, high) != said:
        raise ValueError(f"has values from {low} to {high}; the list says {said.low} to {said.high}")
