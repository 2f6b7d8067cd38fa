"""Keypoints of a person's own images: where they lie in the image, what is drawn, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dkp_bench.drawing import MIDDLE
from dkp_bench.errors import DkpError
from dkp_bench.files import write_json
from dkp_bench.runs import predict as predicting
from dkp_bench.runs.execute import complete
from dkp_bench.runs.predict import LONGEST_DRAWN, KeypointsFile, Predicted, predict_images
from dkp_bench.runs.run import Run
from dkp_bench.runs.spec import BoundRun

MakeJob = Callable[..., BoundRun]
SIZES = {
    "even.png": (96, 96),
    "wide.jpg": (120, 80),
    "tall.JPEG": (50, 90),
    "odd.PNG": (31, 64),
    "sub/a.webp": (40, 70),
}
"""Width and height."""
SMALL = {"keypoints": 3, "detector_width": 2, "decoder_width": 2}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    for name, (width, height) in SIZES.items():
        rows = np.linspace(0, 255, height * width * 3).reshape(height, width, 3).astype(np.uint8)
        Image.fromarray(rows).save(folder / name)
    return folder


@pytest.fixture
def run(make_job: MakeJob) -> Run:
    """Its one keypoint is the middle of what it sees."""
    return complete(make_job("mean_pose"))


@pytest.fixture
def predict(images: Path, tmp_path: Path) -> Callable[..., Predicted]:
    def call(run: Run, **options: Any) -> Predicted:
        return predict_images(run, [images], tmp_path / "out", **options)

    return call


def test_the_middle_is_the_middle_of_each_image(run: Run, predict: Callable[..., Predicted]) -> None:
    content = predict(run).content
    assert sorted(content.keypoints) == sorted(SIZES)
    for name, (width, height) in SIZES.items():
        ((x, y),) = content.keypoints[name]
        # A square cannot sit in the middle of a rectangle whose sides differ by an odd number.
        assert abs(x - (width - 1) / 2) <= (0.5 if (width - height) % 2 else 0)
        assert abs(y - (height - 1) / 2) <= (0.5 if (width - height) % 2 else 0)
        assert (content.images[name].width, content.images[name].height) == (width, height)


def test_corners_are_those_of_the_square_that_was_seen(make_job: MakeJob, predict: Callable[..., Predicted]) -> None:
    content = predict(complete(make_job(overrides={"x": -1.0, "y": 1.0}))).content
    # 64 pixels share 80 of the image: the first one's centre lies half of 80/64 pixels from the border.
    x, y = content.keypoints["wide.jpg"][0]
    assert x == pytest.approx(20 + 80 / 64 / 2 - 0.5, abs=0.01)
    assert y == pytest.approx(80 - 80 / 64 / 2 - 0.5, abs=0.01)
    x, y = content.keypoints["tall.JPEG"][0]
    assert x == pytest.approx(50 / 64 / 2 - 0.5, abs=0.01)
    assert y == pytest.approx(20 + 50 - 50 / 64 / 2 - 0.5, abs=0.01)
    square = content.images["tall.JPEG"].square
    assert (square.left, square.top, square.side) == (0, 20, 50)


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_the_whole_image_is_drawn_with_the_square(run: Run, images: Path, predict: Callable[..., Predicted]) -> None:
    predicted = predict(run)
    for name, (width, height) in SIZES.items():
        image = predicted.content.images[name]
        drawn = cv2.imread(str(predicted.file.parent / image.drawing))[..., ::-1]
        assert drawn.shape == (height, width, 3)
        assert image.drawing == f"{name}.png"
        assert image.drawing_scale == 1
        side = drawn[image.square.top + image.square.side // 4, image.square.left]
        assert (side.astype(int) > MIDDLE[0] - 60).all(), "the square is not shown"
    drawn = pixels(predicted.file.parent / "tall.JPEG.png")
    shown = pixels(images / "tall.JPEG")
    np.testing.assert_allclose(drawn[:15], shown[:15], atol=6)  # what lies outside of the square is there as it was
    assert (drawn[42:48, 22:28].astype(int).max(axis=2) > 200).any(), "the point is not drawn in the middle"


def test_a_large_image_is_drawn_smaller_and_its_pixels_stay(
    run: Run, images: Path, predict: Callable[..., Predicted], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LONGEST_DRAWN == 2048
    monkeypatch.setattr(predicting, "LONGEST_DRAWN", 60)
    predicted = predict(run)
    assert predicted.content.images["wide.jpg"].drawing_scale == 0.5
    assert pixels(predicted.file.parent / "wide.jpg.png").shape == (40, 60, 3)
    assert predicted.content.keypoints["wide.jpg"] == [(59.5, 39.5)]
    assert predicted.reduced == 5
    marked = pixels(predicted.file.parent / "wide.jpg.png")[17:23, 27:33].astype(int)
    assert (np.ptp(marked, axis=2) > 150).any(), "the point is not drawn in the middle"


def test_many_images_are_told_of_in_batches(
    make_job: MakeJob, predict: Callable[..., Predicted], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = complete(make_job("untrained", overrides=SMALL))
    whole = predict(run).content.keypoints
    monkeypatch.setattr(predicting, "BATCH", 2)
    told: list[tuple[str, int, int]] = []
    again = predict(run, progress=lambda what, done, total, note="": told.append((what, done, total)), device="cpu")
    assert told == [("predicting", 2, 5), ("predicting", 4, 5), ("predicting", 5, 5)]
    assert {len(points) for points in whole.values()} == {3}
    for name, points in whole.items():
        np.testing.assert_allclose(again.content.keypoints[name], points, atol=0.02)


def test_what_cannot_be_read_is_left_out_and_said(
    run: Run, images: Path, predict: Callable[..., Predicted], tmp_path: Path
) -> None:
    whole = (images / "wide.jpg").read_bytes()
    (images / "cut.jpg").write_bytes(whole[:-50])
    (images / "sub" / "text.png").write_text("no picture", encoding="utf-8")
    predicted = predict(run)
    assert sorted(predicted.content.keypoints) == sorted(SIZES)
    assert dict(predicted.found.failed) == {"cut.jpg": "it ends too early", "sub/text.png": "it is no image"}
    assert {each.file for each in predicted.content.skipped} == {"cut.jpg", "sub/text.png"}
    for name in SIZES:
        (images / name).unlink()
    with pytest.raises(DkpError, match="none of the 2 images can be read") as caught:
        predict_images(run, [images], tmp_path / "other")
    assert "cut.jpg: it ends too early\nsub/text.png: it is no image" in caught.value.hint
    assert not (tmp_path / "other").exists()


def test_a_thumbnails_end_is_not_the_images(run: Run, images: Path, predict: Callable[..., Predicted]) -> None:
    whole = (images / "wide.jpg").read_bytes()
    thumbnail = b"Exif\0\0" + whole[:200] + b"\xff\xd9"
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    (images / "wide.jpg").write_bytes(whole[:2] + segment + whole[2:] + b"bytes that a phone appends")
    (images / "cut.jpg").write_bytes(whole[:2] + segment + whole[2:-400])
    assert dict(predict(run).found.failed) == {"cut.jpg": "it ends too early"}


def test_the_file_keeps_its_schema(run: Run, predict: Callable[..., Predicted]) -> None:
    predicted = predict(run)
    assert KeypointsFile.model_validate_json(predicted.file.read_bytes()) == predicted.content
    assert predicted.content.run == str(run.path)
    assert predicted.content.signature == run.signature("no-swap+intercept")
    assert "mean_pose is a control that learns nothing" in predicted.content.note
    assert "squares (" in predicted.content.note


def test_no_two_inputs_share_an_output(run: Run, images: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.jpg.png", "sub/a.jpg"):
        Image.new("RGB", (8, 8)).save(images / name)
    predicted = predict_images(run, [images], tmp_path / "out")
    drawings = [image.drawing for image in predicted.content.images.values()]
    assert len(set(drawings)) == len(drawings) == len(SIZES) + 4
    assert sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png")
    ) == sorted(drawings)


@pytest.mark.parametrize("out", ["out", "."])
def test_results_among_the_images_are_not_looked_at(out: str, run: Run, images: Path) -> None:
    first = predict_images(run, [images], images / out)
    again = predict_images(run, [images], images / out)
    assert again.content.keypoints == first.content.keypoints
    assert {why for _, why in again.found.left_out} <= {"results are written there", "drawn by dkp-bench predict"}
    assert again.found.left_out


def test_a_run_on_depth_is_refused(run: Run, predict: Callable[..., Predicted]) -> None:
    depth = Run(run.path, run.record.model_copy(update={"inputs": "depth"}))
    with pytest.raises(DkpError, match="mean_pose sees depth maps, not photographs"):
        predict(depth)


def test_folders_without_images_are_refused(run: Run, images: Path, tmp_path: Path) -> None:
    for name in SIZES:
        (images / name).unlink()
    (images / "notes.txt").write_text("no image", encoding="utf-8")
    with pytest.raises(DkpError, match=r"there is no image in .*images") as caught:
        predict_images(run, [images], tmp_path / "out")
    assert "other files are there: 1 .txt; names of images end in .jpg, " in caught.value.hint


def test_settings_of_another_version_are_named(make_job: MakeJob, predict: Callable[..., Predicted]) -> None:
    run = complete(make_job())
    other = Run(run.path, run.record.model_copy(update={"settings": {"z": 1.0}}))
    with pytest.raises(DkpError, match="settings that own_method:Corner does not have"):
        predict(other)


def test_weights_that_are_lost_damaged_or_others_are_named(
    make_job: MakeJob, predict: Callable[..., Predicted]
) -> None:
    run = complete(make_job("untrained", overrides=SMALL))
    weights = run.path / "weights.safetensors"
    others = complete(make_job("untrained", overrides=SMALL, seed=1)).path / weights.name
    train = "dkp-bench train untrained squares --profile tiny --seeds 0 --set keypoints=3 --set detector_width=2"
    weights.write_bytes(others.read_bytes())
    with pytest.raises(DkpError, match=r"weights\.safetensors is not the file its record describes"):
        predict(run)
    weights.unlink()
    with pytest.raises(DkpError, match=r"weights\.safetensors: the file is not there") as caught:
        predict(run)
    assert f"mv {run.path} {run.path}.replaced-1\n{train}" in caught.value.hint


def test_an_output_that_cannot_be_written_is_named(run: Run, images: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DkpError, match=r"cannot write .*file"):
        predict_images(run, [images], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b""
    write_json(tmp_path / "kept.json", 1)
