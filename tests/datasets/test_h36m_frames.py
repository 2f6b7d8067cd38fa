from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat

from dkp_bench.datasets.h36m.files import IMAGES, LANDMARKS, MASKS, PARTS, Frame
from dkp_bench.datasets.h36m.frames import (
    far_background,
    read_frame,
    read_image,
    read_landmarks,
    read_mask,
    without_background,
)

seeds = st.integers(0, 2**32 - 1)


def write_landmarks(path: Path, table: object, name: str = "keypoints_2d") -> Path:
    savemat(path, {name: table})
    return path


def test_landmarks_are_turned_from_y_x_in_the_unit_square_to_x_y(tmp_path: Path) -> None:
    table = np.full((32, 2), 0.5)
    table[3] = 0.75, 0.125
    joints = read_landmarks(write_landmarks(tmp_path / "1.mat", table))
    assert joints.dtype == np.float32
    assert joints.shape == (32, 2)
    assert joints[3].tolist() == [-0.75, 0.5]
    assert not np.delete(joints, 3, axis=0).any()


@given(seed=seeds, compressed=st.booleans(), dtype=st.sampled_from([np.float64, np.float32]))
def test_landmarks_are_what_autolink_compares_with(
    tmp_path_factory: pytest.TempPathFactory, seed: int, compressed: bool, dtype: type
) -> None:
    table = np.random.default_rng(seed).uniform(-0.2, 1.2, (32, 2)).astype(dtype)
    path = tmp_path_factory.mktemp("landmarks") / "1.mat"
    savemat(path, {"keypoints_2d": table}, do_compression=compressed)
    compared = read_landmarks(path) * np.float32(0.5) + np.float32(0.5)
    np.testing.assert_allclose(compared[:, ::-1], table.astype(np.float32), rtol=0, atol=6e-8)


def good() -> np.ndarray:
    return np.full((32, 2), 0.5)


def with_value(value: float) -> np.ndarray:
    table = good()
    table[7, 1] = value
    return table


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (np.zeros((32, 3)), "'keypoints_2d' is float64 (32, 3), not numbers of the shape (32, 2)"),
        (np.zeros((2, 32)), "'keypoints_2d' is float64 (2, 32), not numbers of the shape (32, 2)"),
        (np.zeros((32, 2), dtype=complex), "'keypoints_2d' is complex128 (32, 2), not numbers of the shape (32, 2)"),
        (np.full((32, 2), "a", dtype=object), "'keypoints_2d' is object (32, 2), not numbers of the shape (32, 2)"),
        (with_value(np.nan), "joint 7 has x = nan, and the image reaches from 0 to 1"),
        (with_value(np.inf), "joint 7 has x = inf, and the image reaches from 0 to 1"),
        (with_value(64.0), "joint 7 has x = 64.0, and the image reaches from 0 to 1"),
    ],
)
def test_other_landmarks_are_refused(tmp_path: Path, table: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        read_landmarks(write_landmarks(tmp_path / "1.mat", table))
    assert str(error.value) == told


def test_another_variable_is_refused(tmp_path: Path) -> None:
    path = write_landmarks(tmp_path / "1.mat", good(), name="keypoints_3d")
    with pytest.raises(ValueError, match="it has no variable 'keypoints_2d'"):
        read_landmarks(path)


@pytest.mark.parametrize("content", [b"", b"MATLAB", b"x" * 400, b"\x89HDF\r\n\x1a\n" + bytes(600)])
def test_what_is_no_matlab_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.mat").write_bytes(content)
    with pytest.raises(ValueError, match="it is no MATLAB file that can be read"):
        read_landmarks(tmp_path / "1.mat")


@given(cut=st.integers(1, 600))
def test_cut_off_landmarks_never_pass(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = write_landmarks(tmp_path_factory.mktemp("cut") / "1.mat", good())
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ValueError, match=r"it is no MATLAB file that can be read|it has no variable"):
        read_landmarks(path)


def test_masks_of_any_depth_are_read(tmp_path: Path) -> None:
    figure = np.zeros((128, 128), dtype=bool)
    figure[20:100, 50:80] = True
    Image.fromarray(figure).save(tmp_path / "one_bit.png")
    Image.fromarray(figure.astype(np.uint8) * 255).save(tmp_path / "grey.png")
    for name in ("one_bit.png", "grey.png"):
        np.testing.assert_array_equal(read_mask(tmp_path / name), figure * np.uint8(255))


def test_another_size_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (128, 100)).save(tmp_path / "1.jpg")
    Image.new("1", (64, 64)).save(tmp_path / "1.png")
    with pytest.raises(ValueError, match="it is 128×100 pixels, not 128×128"):
        read_image(tmp_path / "1.jpg")
    with pytest.raises(ValueError, match="it is 64×64 pixels, not 128×128"):
        read_mask(tmp_path / "1.png")


@given(seed=seeds)
def test_the_background_becomes_mid_grey_as_autolink_makes_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    mask = rng.choice(np.array([0, 255, 0, 255, *rng.integers(0, 256, 6)], dtype=np.uint8), (9, 7))
    made = without_background(rgb, mask)
    assert made.dtype == np.uint8
    scaled = (rgb / 255 - 0.5) / 0.5 * (mask / 255)[..., None]
    assert np.abs(made - (scaled * 0.5 + 0.5) * 255).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(made[mask == 255], rgb[mask == 255])
    assert (made[mask == 0] == 128).all()


@given(seed=seeds)
def test_the_background_becomes_as_far_as_anything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth = rng.uniform(-3, 900, (8, 6)).astype(np.float32)
    mask = rng.choice(np.array([0, 255, 100], dtype=np.uint8), (8, 6))
    made = far_background(depth, mask)
    assert made.dtype == np.float32
    low = depth.min().astype(np.float64)
    np.testing.assert_allclose(made, low + (depth - low) * (mask / 255), rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(made[mask == 255], depth[mask == 255])
    assert (made[mask == 0] == depth.min()).all()


def test_what_is_wrong_with_a_part_does_not_hide_the_others(tmp_path: Path) -> None:
    frame = Frame("S5", "Walking 1.54138969", "7")
    for part in PARTS:
        (tmp_path / frame.file(part)).parent.mkdir(parents=True)
    (tmp_path / frame.file(IMAGES)).write_bytes(b"")
    write_landmarks(tmp_path / frame.file(LANDMARKS), good())
    content = read_frame(tmp_path, frame, PARTS)
    assert content.joints is not None
    assert np.isnan(content.figure)
    assert list(content.problems) == [IMAGES, MASKS]
    assert content.problems[IMAGES] == "S5/WithBackground/Walking 1.54138969/7.jpg: it is empty"
    assert "No such file" in content.problems[MASKS]
    assert not read_frame(tmp_path, frame, [LANDMARKS]).problems
