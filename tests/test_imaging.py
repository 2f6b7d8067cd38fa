import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

from dkp_bench.imaging import area_mean, points_at, read_grey, read_rgb, resize

SEEDS = st.integers(0, 2**32 - 1)
ORIENTATION = 0x0112


def noise(seed: int = 0, height: int = 40, width: int = 30) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(picture: NDArray[np.uint8], kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def with_thumbnail(jpeg: bytes) -> bytes:
    """A JPEG with a whole small JPEG in an application segment, as cameras write it."""
    thumbnail = encoded(noise(1, 8, 8), "jpeg")
    return jpeg[:2] + b"\xff\xe9" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + jpeg[2:]


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_colours_are_in_the_order_red_green_blue(tmp_path: Path, kind: str) -> None:
    picture = np.zeros((16, 24, 3), dtype=np.uint8)
    picture[..., 0], picture[..., 1] = 200, 90
    (tmp_path / "picture").write_bytes(encoded(picture, kind))
    assert np.abs(read_rgb(tmp_path / "picture").astype(int) - picture).max() <= 2


def test_a_jpeg_is_what_pillow_makes_of_it(tmp_path: Path) -> None:
    content = encoded(noise(), "jpeg", quality=80, subsampling=0)
    (tmp_path / "picture.jpg").write_bytes(content)
    expected = np.asarray(Image.open(io.BytesIO(content)))
    assert np.abs(read_rgb(tmp_path / "picture.jpg").astype(int) - expected).max() <= 3


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95, "optimize": True}])
@pytest.mark.parametrize("thumbnail", [False, True])
def test_a_jpeg_cut_anywhere_is_refused(tmp_path: Path, options: dict[str, object], thumbnail: bool) -> None:
    content = encoded(noise(), "jpeg", **options)
    content = with_thumbnail(content) if thumbnail else content
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert read_rgb(path).shape == (40, 30, 3)
    for kept in {*range(2, len(content), 97), len(content) - 2, len(content) - 1}:
        path.write_bytes(content[:kept])
        with pytest.raises(ValueError, match="it ends too early"):
            read_rgb(path)


def test_a_jpeg_may_have_something_after_its_end(tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(encoded(noise(), "jpeg") + bytes(1000))
    assert read_rgb(tmp_path / "picture.jpg").shape == (40, 30, 3)


def test_a_png_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content, path = encoded(noise(), "png"), tmp_path / "picture.png"
    for kept in {*range(8, len(content), 97), len(content) - 13}:
        path.write_bytes(content[:kept])
        for read in (read_rgb, read_grey):
            with pytest.raises(ValueError, match="it ends too early"):
                read(path)


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", "it is empty"), (b"no image", "it is no image"), (b"\x89PNG IEND", "it is no image")]
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "picture.jpg").write_bytes(content)
    for read in (read_rgb, read_grey):
        with pytest.raises(ValueError, match=problem):
            read(tmp_path / "picture.jpg")


def test_an_absent_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_rgb(tmp_path / "absent.jpg")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_a_mask_is_0_to_255_whatever_its_depth(tmp_path: Path, mode: str) -> None:
    mask = np.random.default_rng(0).random((20, 31)) > 0.5
    high = 65535 if mode == "I;16" else 255
    grey = Image.fromarray((mask * high).astype(np.uint16 if mode == "I;16" else np.uint8))
    (grey if mode == "I;16" else grey.convert(mode)).save(tmp_path / "mask.png")
    read = read_grey(tmp_path / "mask.png")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, mask * np.uint8(255))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_only_on_request(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = cv2.resize(noise(2, 3, 4), (64, 48), interpolation=cv2.INTER_NEAREST)
    path = tmp_path / "picture.jpg"
    path.write_bytes(encoded(picture, "jpeg", quality=95, subsampling=0, exif=exif))
    assert np.abs(read_rgb(path).astype(int) - picture).mean() < 3
    quarter_turned = orientation > 4
    upright = read_rgb(path, upright=True)
    assert upright.shape == ((64, 48, 3) if quarter_turned else (48, 64, 3))
    steps = {1: "", 2: "m", 3: "rr", 4: "rrm", 5: "rrrm", 6: "rrr", 7: "rm", 8: "r"}[orientation]
    expected = picture
    for step in steps:
        expected = np.rot90(expected) if step == "r" else expected[:, ::-1]
    assert np.abs(upright.astype(int) - expected).mean() < 3


def test_a_mask_is_not_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new("L", (20, 10)).save(tmp_path / "mask.jpg", exif=exif)
    assert read_grey(tmp_path / "mask.jpg").shape == (10, 20)


@given(SEEDS)
def test_resizing_averages_as_an_antialiased_bilinear_filter_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width, size = (int(side) for side in rng.integers(1, 70, 3))
    colour, depth = noise(seed, height, width), rng.normal(0, 50, (height, width)).astype(np.float32)
    resized = resize(colour, size)
    assert resized.dtype == np.uint8
    assert np.abs(resized - interpolated(colour, size)).max() < 1.01, "both of its passes round"
    map_ = resize(depth, size)
    assert map_.dtype == np.float32
    np.testing.assert_allclose(map_, interpolated(depth[..., None], size)[..., 0], atol=1e-3)


def interpolated(picture: NDArray[np.generic], size: int) -> NDArray[np.float64]:
    batch = torch.from_numpy(picture.astype(np.float64)).permute(2, 0, 1)[None]
    resized = F.interpolate(batch, (size, size), mode="bilinear", align_corners=False, antialias=True)
    return np.asarray(resized[0].permute(1, 2, 0))


def test_what_has_the_size_is_left_alone() -> None:
    picture = noise(0, 16, 16)
    assert resize(picture, 16) is picture


@pytest.mark.parametrize("channels", [(), (3,)])
@given(SEEDS, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2, 4]))
def test_an_area_mean_is_the_mean_of_each_block(channels: tuple[int, ...], seed: int, size: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 256, (2, size * block, size * block, *channels), dtype=np.uint8)
    depth = rng.uniform(0, 5, levels.shape).astype(np.float16).astype(np.float32)
    means, depths = area_mean(levels, size), area_mean(depth, size)
    assert (means.dtype, depths.dtype) == (np.uint8, np.float32)
    for image, row, column in np.ndindex(2, size, size):
        place = (image, slice(row * block, (row + 1) * block), slice(column * block, (column + 1) * block))
        for values, found in ((levels, means), (depth, depths)):
            pixels = values[place].reshape(block * block, *channels).astype(float)
            wanted = np.array([float(sum(each)) / len(each) for each in pixels.reshape(block * block, -1).T])
            nearest = np.floor(wanted + 0.5) if found.dtype == np.uint8 else wanted.astype(np.float32)
            np.testing.assert_array_equal(found[image, row, column].reshape(-1), nearest)


@given(SEEDS, st.sampled_from([16, 32, 128]), st.sampled_from([2, 4]))
def test_a_point_stays_at_its_place_of_the_picture(seed: int, smaller: int, block: int) -> None:
    size, points = smaller * block, np.random.default_rng(seed).uniform(-1, 1, (5, 2))
    from_the_edge = (points + 1) / 2 * (size - 1) + 0.5
    moved = (points_at(points, size, smaller) + 1) / 2 * (smaller - 1) + 0.5
    np.testing.assert_allclose(moved * block, from_the_edge, atol=1e-4)
