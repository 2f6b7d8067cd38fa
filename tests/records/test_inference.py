"""Keypoints of a user's own images: where they lie in the file, what is drawn, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.files import write_json
from dkp_bench.records.inference import predict_folder
from dkp_bench.records.job import Job
from dkp_bench.records.run import complete

MakeJob = Callable[..., Job]
SIZES = {"even.png": (96, 96), "wide.jpg": (120, 80), "tall.JPEG": (50, 90), "odd.PNG": (31, 64)}
"""Width and height."""
SHOWN = 64 * 4


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name, (width, height) in SIZES.items():
        rows = np.linspace(0, 255, height * width * 3).reshape(height, width, 3).astype(np.uint8)
        assert cv2.imwrite(str(folder / name), rows)
    (folder / "notes.txt").write_text("no image", encoding="utf-8")
    return folder


def found(file: Path) -> dict[str, list[list[float]]]:
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["unit"] == "pixels (x, y) of the file"
    keypoints: dict[str, list[list[float]]] = content["keypoints"]
    return keypoints


def test_the_middle_is_the_middle_of_each_file(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    file = predict_folder(complete(make_job("mean_pose")).path, images, tmp_path / "out")
    keypoints = found(file)
    assert sorted(keypoints) == sorted(SIZES)
    for name, (width, height) in SIZES.items():
        ((x, y),) = keypoints[name]
        # A square cannot sit in the middle of a rectangle whose sides differ by an odd number.
        assert abs(x - (width - 1) / 2) <= (0.5 if (width - height) % 2 else 0)
        assert abs(y - (height - 1) / 2) <= (0.5 if (width - height) % 2 else 0)


def test_corners_are_those_of_the_square_in_the_middle(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job(overrides={"x": -1.0, "y": 1.0}))
    keypoints = found(predict_folder(run.path, images, tmp_path / "out"))
    # 64 pixels share 80 of the file: the first one's centre lies half of 80/64 pixels from the border.
    x, y = keypoints["wide.jpg"][0]
    assert x == pytest.approx(20 + 80 / 64 / 2 - 0.5, abs=0.01)
    assert y == pytest.approx(80 - 80 / 64 / 2 - 0.5, abs=0.01)
    x, y = keypoints["tall.JPEG"][0]
    assert x == pytest.approx(50 / 64 / 2 - 0.5, abs=0.01)
    assert y == pytest.approx(20 + 50 - 50 / 64 / 2 - 0.5, abs=0.01)


def test_each_image_is_drawn(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    predict_folder(complete(make_job("mean_pose")).path, images, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        ["keypoints.json", *(f"{name}.png" for name in SIZES)]
    )
    for name in SIZES:
        drawn = cv2.imread(str(tmp_path / "out" / f"{name}.png"))
        assert drawn.shape == (SHOWN, SHOWN, 3)
        grey = np.ptp(drawn.astype(int), axis=2)
        ys, xs = np.nonzero(grey > 100)
        assert abs(xs.mean() - SHOWN / 2) < 4, "the point is not drawn in the middle"
        assert abs(ys.mean() - SHOWN / 2) < 4


def test_a_trained_detector_is_loaded(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    overrides = {"keypoints": 3, "detector_width": 2, "decoder_width": 2}
    run = complete(make_job("untrained", overrides=overrides))
    keypoints = found(predict_folder(run.path, images, tmp_path / "out"))
    assert {len(points) for points in keypoints.values()} == {3}


@pytest.mark.parametrize("name", ["even.png", "wide.jpg"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.98])
def test_a_truncated_image_is_named(name: str, keep: float, images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    content = (images / name).read_bytes()
    (images / name).write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DkpError, match=f"{name} cannot be read as an image"):
        predict_folder(complete(make_job("mean_pose")).path, images, tmp_path / "out")
    assert not (tmp_path / "out" / "keypoints.json").exists()


def test_a_thumbnails_end_is_not_the_images(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job("mean_pose")).path
    whole = (images / "wide.jpg").read_bytes()
    thumbnail = b"Exif\0\0" + whole[:200] + b"\xff\xd9"
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    (images / "wide.jpg").write_bytes(whole[:2] + segment + whole[2:] + b"bytes that a phone appends")
    predict_folder(run, images, tmp_path / "out")
    (images / "wide.jpg").write_bytes(whole[:2] + segment + whole[2:-400])
    with pytest.raises(DkpError, match=r"wide\.jpg cannot be read"):
        predict_folder(run, images, tmp_path / "out")


def test_what_is_no_image_is_named(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    for content in (b"", b"text IEND", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9"):
        (images / "even.png").write_bytes(content)
        with pytest.raises(DkpError, match=r"even\.png cannot be read as an image"):
            predict_folder(complete(make_job("mean_pose")).path, images, tmp_path / "out")


def test_a_run_on_depth_is_refused(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job("mean_pose"))
    depth = run.record.model_copy(update={"inputs": "depth"})
    write_json(run.path / "record.json", depth.model_dump(mode="json"))
    with pytest.raises(DkpError, match="mean_pose sees depth maps, not photographs"):
        predict_folder(run.path, images, tmp_path / "out")


def test_folders_without_images_are_refused(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job("mean_pose")).path
    with pytest.raises(DkpError, match="there is no folder"):
        predict_folder(run, images / "nowhere", tmp_path / "out")
    for name in SIZES:
        (images / name).unlink()
    with pytest.raises(DkpError, match="there is no JPEG or PNG image in"):
        predict_folder(run, images, tmp_path / "out")
    with pytest.raises(DkpError, match="is not the folder of a finished run"):
        predict_folder(images, images, tmp_path / "out")


def test_settings_of_another_version_are_named(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job())
    other = run.record.model_copy(update={"settings": {"z": 1.0}})
    write_json(run.path / "record.json", other.model_dump(mode="json"))
    with pytest.raises(DkpError, match="settings that own_method:Corner does not have"):
        predict_folder(run.path, images, tmp_path / "out")


def test_damaged_weights_are_named(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job("untrained", overrides={"keypoints": 3, "detector_width": 2, "decoder_width": 2}))
    (run.path / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(DkpError, match=r"weights\.safetensors is not the file its record describes"):
        predict_folder(run.path, images, tmp_path / "out")


def test_pixels_are_those_of_the_image_as_it_is_shown(images: Path, make_job: MakeJob, tmp_path: Path) -> None:
    whole = (images / "wide.jpg").read_bytes()
    turned = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6: a quarter turn
    segment = b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned
    (images / "wide.jpg").write_bytes(whole[:2] + segment + whole[2:])
    keypoints = found(predict_folder(complete(make_job("mean_pose")).path, images, tmp_path / "out"))
    assert keypoints["wide.jpg"] == [[39.5, 59.5]]
