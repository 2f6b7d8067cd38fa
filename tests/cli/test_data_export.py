"""``data export``: plain arrays, no joints, and a file that says what they are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.datasets import open_dataset, stored_name

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("size", [64, 128])
def test_every_image_is_there_in_its_order(
    size: int, call: Call, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dkp_bench.cli.data.export.BATCH", 5)
    assert call("data", "export", "squares", "--out", "plain", "--size", str(size)).exit_code == 0
    dataset = open_dataset("squares", size, cache=workplace)
    for split in ("train", "regression", "test"):
        images = dataset.images(split)
        every = np.arange(len(images))
        exported = np.load(workplace / "plain" / f"{stored_name(split)}.npy", mmap_mode="r")
        assert exported.dtype == np.uint8
        np.testing.assert_array_equal(exported, images.rgb(every))
        depth = np.load(workplace / "plain" / f"{stored_name(split)}-depth.npy", mmap_mode="r")
        np.testing.assert_array_equal(depth, images.depth(every))


def test_the_readme_says_what_they_are(call: Call, workplace: Path) -> None:
    call("data", "export", "squares", "--out", "plain")
    text = (workplace / "plain" / "README.txt").read_text(encoding="utf-8")
    for word in ("uint8", "(images, 64, 64, 3), RGB", "(40, K, 2) and (12, K, 2)", "pixel p is p / 63 * 2 - 1"):
        assert word in text
    assert "score predictions.npz --dataset squares --size 64" in text
    assert "(exact)" in text
    assert max(map(len, text.splitlines())) <= 80
    assert {path.suffix for path in (workplace / "plain").iterdir()} == {".npy", ".txt"}


def test_to_choose_settings_val_takes_the_place_of_test(call: Call, workplace: Path) -> None:
    answer = call("data", "export", "squares", "--out", "plain", "--split", "val")
    assert answer.stdout == "plain: train.npy, fit.npy, val.npy; README.txt says what they are\n"
    scored = open_dataset("squares", 64, cache=workplace, scored="val")
    scored.prepare()
    images = scored.images("test")
    np.testing.assert_array_equal(np.load("plain/val.npy"), images.rgb(np.arange(len(images))))
    text = Path("plain/README.txt").read_text(encoding="utf-8")
    assert "fit=fit, val=val)" in text
    assert "--name NAME --split val\n" in text
    assert not Path("plain/test.npy").exists()


def test_without_depth_there_is_none(call: Call, workplace: Path) -> None:
    answer = call("data", "export", "flat-squares", "--out", "plain")
    assert answer.exit_code == 0
    assert {path.name for path in (workplace / "plain").iterdir()} == {"train.npy", "fit.npy", "test.npy", "README.txt"}
    assert "depth" not in (workplace / "plain" / "README.txt").read_text(encoding="utf-8")
