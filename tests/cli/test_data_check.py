"""``data check``: every file looked at, every offender named, and an exit code for machines."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from typer.testing import Result

from dkp_bench.depth.store import open_for_writing
from dkp_bench.imaging import read_rgb

Call = Callable[..., Result]


@pytest.fixture
def data(publish: Callable[[str, Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A miniature of Human3.6M."""
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    return publish("h36m", tmp_path / "data")


def damage(data: Path) -> None:
    """Seven kinds of harm; the first images of subject 6 lose their masks, more of them than are printed."""
    (first, second, third, *_) = sorted(data.glob("S1/WithBackground/*/*.jpg"))
    first.write_bytes(first.read_bytes()[:-200])
    second.write_bytes(b"")
    third.write_text("no image", encoding="utf-8")
    (landmarks, other, *_) = sorted(data.glob("S5/Landmarks/*/*.mat"))
    savemat(landmarks, {"keypoints_2d": np.zeros((17, 2))})
    savemat(other, {"keypoints_2d": np.full((32, 2), np.nan)})
    for mask in sorted(data.glob("S6/BackgroudMask/*/*.png"))[:7]:
        mask.unlink()
    for path in data.glob("S7/Landmarks/Posing*/*.mat"):
        path.unlink()


@pytest.mark.usefixtures("small_datasets")
def test_any_size_can_be_checked(call: Call) -> None:
    assert call("data", "check", "squares", "--size", 16).exit_code == 0
    refused = call("data", "check", "squares", "--size", 48)
    assert refused.exit_code == 2
    assert "squares has images of 16, 32, 64, 128 or 256 px, not 48 px" in refused.stderr


def test_a_whole_dataset_is_well(data: Path, call: Call) -> None:
    answer = call("data", "check", "h36m", "--data", data)
    assert answer.exit_code == 0, answer.output
    assert "\nok     S5: recordings: 6; images: 12; masks: 12; landmarks: 12\n" in answer.stdout
    assert answer.stdout.endswith("\nh36m: none of 64 checks failed\n")
    assert "WRONG" not in answer.stdout


def test_all_that_is_wrong_is_told_at_once(data: Path, call: Call, golden: Callable[[str, str], None]) -> None:
    damage(data)
    answer = call("data", "check", "h36m", "--data", data)
    assert answer.exit_code == 1
    golden("data-check.txt", answer.stdout)
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_machines_get_every_offender(data: Path, call: Call) -> None:
    damage(data)
    answer = call("data", "check", "h36m", "--data", data, "--json")
    assert answer.exit_code == 1
    content = json.loads(answer.stdout)
    assert content["dataset"] == "h36m"
    wrong = {finding["what"]: finding["offenders"] for finding in content["findings"] if not finding["ok"]}
    assert len(wrong["S6: masks"]) == 7
    assert all(name.startswith("S6/BackgroudMask/") for name in wrong["S6: masks"])
    assert len(wrong["images of 128×128 pixels"]) == 3


def test_depth_stores_are_verified(data: Path, call: Call) -> None:
    names = [path.relative_to(data).as_posix() for path in sorted(data.glob("S*/WithBackground/*/*.jpg"))]
    store = open_for_writing(data / "depth", "made-up", {"model": "brightness"})
    store.add({name: read_rgb(data / name).mean(axis=2) for name in names[1:]})
    file = store.file(names[5])
    file.write_bytes(file.read_bytes() + b"\0")
    answer = call("data", "check", "h36m-nobg", "--data", data)
    assert answer.exit_code == 1
    told = " ".join(answer.stdout.split())
    assert "WRONG depth store made-up: 82 of 84 are ok" in told
    assert f"{names[0]} has no map" in told
    assert f"{names[5]}: is not the map that was written" in told


def test_a_cache_that_cannot_be_written_fails_check_and_prepare(
    data: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").touch()
    told = f"{tmp_path / 'cache'} cannot be written: set DKP_BENCH_CACHE"
    for name in ("h36m", "mannequin-plain"):
        answer = call("data", "check", name, "--data", data)
        assert answer.exit_code == 1
        assert f"WRONG cache for what is made of the files: {told}" in " ".join(answer.stdout.split())
        answer = call("data", "prepare", name, "--data", data)
        assert answer.exit_code == 2
        assert answer.stderr.startswith(f"error: {name} cannot be made ready: {told}\n")


def test_depth_stores_of_a_part_of_what_was_published_are_verified(
    publish: Callable[[str, Path], Path], tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    data = publish("deepfashion", tmp_path / "data")
    open_for_writing(data / "depth", "empty", {"model": "none"})
    told = " ".join(call("data", "check", "deepfashion", "--data", data).stdout.split())
    assert "WRONG data_train.csv, rows: 40, expected 10,604" in told
    assert "WRONG depth store empty: 0 of 54 are ok" in told


def test_where_there_is_nothing_to_check_it_says_how_to_get_it(call: Call, tmp_path: Path) -> None:
    answer = call("data", "check", "taichi", "--data", tmp_path / "nowhere")
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: taichi: there is no folder {tmp_path / 'nowhere'}.")


def test_a_dataset_that_makes_its_images_has_them(
    call: Call, tmp_path: Path, small_datasets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path))
    answer = call("data", "check", "squares")
    assert answer.exit_code == 0
    assert "ok     train images: 24\n" in answer.stdout
    assert "AbsRel" not in answer.stdout
    of_network = ("squares", "--size", "16", "--depth", "unet-1")
    found = call("data", "check", *of_network)
    assert found.exit_code == 0
    told = r"ok +test: depth maps unet-1-\w{8} against exact: AbsRel \d\.\d{3}, δ1 \d+\.\d% after scale and shift"
    assert re.search(told, " ".join(found.stdout.split()))
    assert "training unet-1" in found.stderr
    ready = call("data", "prepare", *of_network)
    assert ready.exit_code == 0
    assert "training" not in ready.stderr, "check has made its maps"
