"""``predict``: a folder of images and a run make JSON and pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import Result


@pytest.fixture
def run(call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(call("train", "mean_pose", "squares").stdout.rpartition("run: ")[2].strip())


def test_it_prints_where_the_keypoints_are(call: Callable[..., Result], run: Path) -> None:
    Path("images").mkdir()
    cv2.imwrite("images/PHOTO.JPG", np.full((40, 60, 3), 90, dtype=np.uint8))
    Path("images/readme.md").write_text("no image", encoding="utf-8")
    answer = call("predict", run, "images")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == "results/predict/keypoints.json\n"
    content = json.loads(Path("results/predict/keypoints.json").read_text(encoding="utf-8"))
    assert content == {
        "run": str(run),
        "unit": "pixels (x, y) of the file",
        "keypoints": {"PHOTO.JPG": [[29.5, 19.5]]},
    }
    assert cv2.imread("results/predict/PHOTO.JPG.png").shape == (256, 256, 3)


def test_a_damaged_image_is_named(call: Callable[..., Result], run: Path) -> None:
    Path("images").mkdir()
    Path("images/cut.png").write_bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].tobytes()[:-20])
    answer = call("predict", run, "images", "--out", "out")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: images/cut.png cannot be read as an image: it ends too early\n")


def test_a_folder_without_images_is_named(call: Callable[..., Result], run: Path) -> None:
    answer = call("predict", run, ".")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: there is no JPEG or PNG image in .\n")
