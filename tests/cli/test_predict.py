"""``predict``: images and a run make JSON and pictures, and what was left out is told."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.runs.predict import KeypointsFile, SeenImage

Call = Callable[..., Result]
DOCS = Path(__file__).parents[2] / "docs" / "predict.md"
SMALL_DATASETS = str(Path(__file__).parents[1] / "fixtures" / "small_datasets")
BASELINE = Path(__file__).parents[2] / "results" / "baselines" / "mannequin" / "tiny" / "autolink"


@pytest.fixture(scope="module")
def made(call: Call, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs and two photographs; not to be changed."""
    import dkp_bench.datasets

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, SMALL_DATASETS])
        patch.chdir(folder)
        assert call("train", "mean_pose", "squares", "--seeds", "0,1").exit_code == 0
        Path("images/sub").mkdir(parents=True)
        for name in ("images/PHOTO.JPG", "images/sub/a.bmp"):
            cv2.imwrite(name, np.full((40, 60, 3), 90, dtype=np.uint8))
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    """The first of the runs, in the current folder, which is a copy of what was made."""
    monkeypatch.chdir(shutil.copytree(made, tmp_path, dirs_exist_ok=True))
    return next(Path("results/runs/squares/tiny/mean_pose").glob("seed0-*"))


def test_it_prints_where_the_keypoints_are(call: Call, run: Path) -> None:
    Path("images/readme.md").write_text("no image", encoding="utf-8")
    answer = call("predict", run, "images")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == "results/predict/keypoints.json\n"
    content = json.loads(Path("results/predict/keypoints.json").read_text(encoding="utf-8"))
    assert content["run"] == str(run)
    assert content["keypoints"] == {"PHOTO.JPG": [[29.5, 19.5]], "sub/a.bmp": [[29.5, 19.5]]}
    assert content["images"]["sub/a.bmp"] == {
        "width": 60,
        "height": 40,
        "orientation": 1,
        "square": {"left": 10, "top": 0, "side": 40},
        "drawing": "sub/a.bmp.png",
        "drawing_scale": 1.0,
    }
    assert cv2.imread("results/predict/PHOTO.JPG.png").shape == (40, 60, 3)
    said = " ".join(answer.stderr.split())
    assert "such as kitchens or animals, it finds nothing" in said
    assert "no images by their names: 1 .md" in said
    assert said.endswith("2 images with keypoints, drawn in results/predict")


def test_a_methods_folder_means_its_first_seed(call: Call, run: Path) -> None:
    answer = call("predict", run.parent, "images/PHOTO.JPG", "images/sub", "--device", "cpu")
    assert answer.exit_code == 0, answer.output
    assert answer.stderr.startswith(f"taken is {run}, the first seed of mean_pose with 2 seeds (0, 1)\n")
    assert json.loads(Path("results/predict/keypoints.json").read_text(encoding="utf-8"))["run"] == str(run)


def test_what_is_damaged_is_listed_and_the_others_are_done(call: Call, run: Path) -> None:
    Path("images/cut.png").write_bytes(cv2.imencode(".png", np.zeros((40, 60, 3), np.uint8))[1].tobytes()[:-20])
    Path("images/._PHOTO.JPG").write_bytes(b"\0")
    answer = call("predict", run, "images", "--out", "images/found")
    assert answer.exit_code == 1
    assert "could not be read: 1\n  cut.png: it ends too early\nleft out: 1\n  ._PHOTO.JPG: hidden\n" in answer.stderr
    again = call("predict", run, "images", "--out", "images/found")
    assert "  found/: results are written there\n" in again.stderr
    assert again.stderr.endswith("2 images with keypoints, drawn in images/found\n")
    worst = call("predict", run, "images/cut.png")
    assert worst.exit_code == 2
    assert "error: cut.png cannot be read as an image: it ends too early\n" in worst.stderr


def test_mistakes_say_what_is_there(call: Call, run: Path) -> None:
    Path("empty").mkdir()
    for what, message in {
        "nothing": "there is no file or folder nothing\n",
        "empty": "there is no image in empty",
    }.items():
        answer = call("predict", run, what)
        assert answer.exit_code == 2
        assert f"error: {message}" in answer.stderr
    for wrong in ("results/runs/squares/tiny/mean", "images"):
        answer = call("predict", wrong, "images")
        assert answer.exit_code == 2
        assert answer.stderr.startswith(f"error: {wrong} holds no finished run\n")
        assert ("there are finished runs in\n    results/runs/squares/tiny/mean_pose\n" in answer.stderr) == (
            wrong != "images"
        )


def test_a_stored_baseline_has_no_weights_and_is_never_to_be_deleted(call: Call, run: Path) -> None:
    answer = call("predict", BASELINE, "images")
    assert answer.exit_code == 2
    assert "dkp-bench train autolink mannequin --profile tiny --seeds 0\n" in answer.stderr
    assert not re.search(r"\b(rm|delete)\b", answer.stderr)


def test_the_page_names_every_field() -> None:
    page = DOCS.read_text(encoding="utf-8")
    fields = [*KeypointsFile.model_fields, *SeenImage.model_fields]
    assert [field for field in fields if f"`{field}`" not in page] == []
