"""What a picture file says of itself, read before it is decoded: whether it is whole, and what decoding it would take.

OpenCV fills up what is missing in a truncated file, and takes the memory and the time that any header asks for.
"""

import io
import re
import warnings
import zlib
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 2**27
"""Width times height of a picture; the largest cameras have 2**27.2. ``dkp_bench/__init__.py`` tells OpenCV."""
MOST_SCANNED = 2**30
"""Pixels of a progressive JPEG, times the scans it is sent in: each of them passes over the whole picture."""
OTHER_FORMATS = ("BMP", "GIF", "JPEG2000", "PPM", "TIFF", "WEBP")
"""Formats besides JPEG and PNG, as Pillow calls them: such a picture under a name in .jpg is read all the same."""

JPEG_START, PNG_START = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_IN_SCAN = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
"""A marker that ends a scan's data, in which FF is followed by 00 or by a restart marker."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that no segment follows."""
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a segment with the size of the picture."""
_SCAN, _END = 0xDA, 0xD9

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # as Pillow's documentation recommends


class Header(NamedTuple):
    """What decoding a picture takes: its size in pixels, and how often a decoder passes over it."""

    width: int
    height: int
    scans: int = 1


def check_picture(content: bytes) -> None:
    """Check that a picture file is whole, as far as its format tells, and that decoding it is cheap.

    Raises:
        ValueError: if it is empty, ends too early, is damaged or no picture, or is too large; the message says which.

    >>> check_picture(b"GIF")
    Traceback (most recent call last):
    ValueError: it is no image
    """
    if not content:
        raise ValueError("it is empty")
    if content.startswith(PNG_START):
        header = _png(content)
    elif content.startswith(JPEG_START):
        header = _jpeg(content)
    else:
        header = _other(content)
    width, height, scans = header
    if width * height > MOST_PIXELS:
        raise ValueError(f"it says that it is {width:,}×{height:,} pixels, more than {MOST_PIXELS:,} in all")
    if width * height * scans > MOST_SCANNED:
        raise ValueError(f"it sends {width:,}×{height:,} pixels in {scans:,} scans, which would take too long")


def _jpeg(content: bytes) -> Header:
    """Follow the segments of a JPEG (ITU T.81, annex B) from the start to the end marker.

    Any marker may be preceded by fill bytes FF. A file without the end marker is refused: nothing tells it from one
    that was cut off.
    """
    width = height = scans = 0
    at, marker = len(JPEG_START), _MARKER
    while True:
        found = marker.search(content, at)
        if found is None:
            raise ValueError("it ends too early")
        if marker is _MARKER and found.start() != at:
            raise ValueError(f"it is damaged: no marker is where one should be, at byte {at:,}")
        code, at, marker = found[1][0], found.end(), _MARKER
        if code == _END:
            return Header(width, height, scans)
        if code in _ALONE:
            continue
        length = int.from_bytes(content[at : at + 2], "big")
        if code in _FRAMES:
            height = max(height, int.from_bytes(content[at + 3 : at + 5], "big"))
            width = max(width, int.from_bytes(content[at + 5 : at + 7], "big"))
        if at + max(length, 2) > len(content):
            raise ValueError("it ends too early")
        if length < 2:
            raise ValueError(f"it is damaged: a segment has no length, at byte {at:,}")
        at += length
        if code == _SCAN:
            scans, marker = scans + 1, _IN_SCAN


def _png(content: bytes) -> Header:
    """Follow the chunks of a PNG to ``IEND``, with a look at their checksums."""
    header: Header | None = None
    at, whole = len(PNG_START), memoryview(content)
    while True:
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content):
            raise ValueError("it ends too early")
        if zlib.crc32(whole[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end], "big"):
            raise ValueError(f"it is damaged: a checksum does not fit, at byte {at:,}")
        if header is None:
            if kind != b"IHDR" or length != 13:
                raise ValueError("it is damaged: it does not begin with its size")
            header = Header(*(int.from_bytes(content[at + 8 + i : at + 12 + i], "big") for i in (0, 4)))
        if kind == b"IEND":
            return header
        at = end


def _other(content: bytes) -> Header:
    try:
        with Image.open(io.BytesIO(content), formats=OTHER_FORMATS) as picture:
            return Header(*picture.size)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"it says that it has more than {MOST_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise ValueError("it is no image") from error
    except Exception as error:  # each of Pillow's readers raises types of its own on a damaged header
        raise ValueError(f"it is damaged: {error}") from error
