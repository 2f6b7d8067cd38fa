import io
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dkp_bench.imaging import read_grey, read_rgb
from dkp_bench.picture_headers import MOST_PIXELS, check_picture

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))


def encoded(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    NOISE.save(buffer, kind, **options)
    return buffer.getvalue()


def with_size(jpeg: bytes, height: int, width: int) -> bytes:
    at = next(jpeg.find(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in jpeg) + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def with_fill_bytes(jpeg: bytes) -> bytes:
    """Fill bytes before the second marker, before the scan's and before the end's."""
    scan = jpeg.rfind(b"\xff\xda")
    return jpeg[:2] + b"\xff\xff" + jpeg[2:scan] + b"\xff" + jpeg[scan:-2] + b"\xff\xff\xff" + jpeg[-2:]


def with_thumbnail_in_a_later_segment(jpeg: bytes) -> bytes:
    """An end marker inside of a segment is none."""
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", 6) + b"\xff\xd9\xff\xd9" + jpeg[2:]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
@pytest.mark.parametrize("change", [with_fill_bytes, with_thumbnail_in_a_later_segment])
def test_what_the_format_allows_is_read(
    tmp_path: Path, options: dict[str, object], change: Callable[[bytes], bytes]
) -> None:
    plain, path = encoded("jpeg", quality=95, **options), tmp_path / "a.jpg"
    path.write_bytes(plain)
    expected = read_rgb(path)
    path.write_bytes(change(plain))
    np.testing.assert_array_equal(read_rgb(path), expected)
    path.write_bytes(change(plain)[:-2])
    with pytest.raises(ValueError, match=r"^it ends too early$"):
        read_rgb(path)


def test_a_png_may_have_something_after_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded("png") + bytes(1000))
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), np.asarray(NOISE))


def test_a_png_whose_checksum_does_not_fit_is_refused(tmp_path: Path) -> None:
    content = bytearray(encoded("png"))
    content[content.find(b"IDAT") + 40] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match="a checksum does not fit"):
        read_rgb(tmp_path / "a.png")


def large_bitmap() -> bytes:
    content = bytearray(encoded("bmp"))
    content[18:26] = struct.pack("<ii", 65_535, 65_535)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (png(2**31 - 1, 2**31 - 1), "pixels"),
        (png(65_535, 65_535), "it says that it is 65,535×65,535 pixels, more than 134,217,728 in all"),
        (png(2**27, 2, depth=1), "pixels"),
        (with_size(encoded("jpeg"), 65_500, 65_500), "it says that it is 65,500×65,500 pixels"),
        (with_size(encoded("jpeg", progressive=True), 11_000, 11_000), "11,000×11,000 pixels in 10 scans"),
        (large_bitmap(), "it says that it has more than 134,217,728 pixels"),
    ],
)
def test_a_header_that_asks_for_too_much_is_refused_before_anything_is_decoded(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    started = time.process_time()
    for read in (read_rgb, read_grey):
        with pytest.raises(ValueError, match=told):
            read(tmp_path / "a.jpg")
    assert time.process_time() - started < 0.5, "decoding any of them takes seconds"


def test_opencv_has_the_same_limit() -> None:
    assert int(os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"]) == MOST_PIXELS == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "gif", "webp", "tiff", "ppm", "jpeg2000"])
def test_pictures_of_other_formats_pass(kind: str) -> None:
    check_picture(encoded(kind))
