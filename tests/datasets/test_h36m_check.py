import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.h36m.dataset import HumanWithBackground
from dkp_bench.errors import DkpError

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")


@pytest.fixture
def data(publish: Callable[[str, Path], Path], tmp_path: Path) -> Path:
    return publish("h36m", tmp_path / "data")


def check(data: Path) -> dict[str, Finding]:
    dataset = HumanWithBackground(64, cache=data.parent / "cache", data=data)
    found = dataset.check()
    assert not (data.parent / "cache").exists(), "to look leaves no trace"
    assert json.loads(json.dumps([finding.as_json() for finding in found]))[0]["what"] == found[0].what
    assert len({finding.what for finding in found}) == len(found)
    return {finding.what: finding for finding in found}


def test_a_clean_folder(data: Path) -> None:
    found = check(data)
    assert all(finding.ok and not finding.offenders for finding in found.values())
    for subject in SUBJECTS:
        assert found[f"{subject}: recordings"].found == "6"
        for title in ("images", "masks", "landmarks"):
            assert found[f"{subject}: {title}"].found == "12"
        assert found[f"{subject}: masks"].expected == "12, as many as images"
    for what in ("images of 128×128 pixels", "masks of 128×128 pixels", "landmarks of 32 joints"):
        assert found[what].found == "84 of 84 are ok"
    tables = np.stack([loadmat(path)["keypoints_2d"] for path in data.glob("S*/Landmarks/*/*")])
    assert found["range of the landmarks"].found == f"{tables.min():.3f} to {tables.max():.3f}"
    shares = [np.asarray(Image.open(path)).mean() for path in data.glob("S*/BackgroudMask/*/*")]
    assert found["share of an image that its figure covers"].found == f"{min(shares):.1%} to {max(shares):.1%}"


def test_it_reports_its_progress(data: Path) -> None:
    works = []
    HumanWithBackground(64, cache=data.parent, data=data).check(lambda *work: works.append(work))
    assert works == [("h36m: reading frames", 84, 84)]


def test_everything_that_is_wrong_is_named_at_once(data: Path) -> None:
    def file(pattern: str) -> Path:
        return sorted(data.glob(pattern))[0]

    truncated, empty = file("S1/WithBackground/Posing*/*"), file("S1/WithBackground/Waiting*/*")
    truncated.write_bytes(truncated.read_bytes()[:-200])
    empty.write_bytes(b"")
    small = file("S1/BackgroudMask/Walking*/*")
    Image.new("1", (64, 64)).save(small)
    nan = file("S5/Landmarks/Posing*/*")
    savemat(nan, {"keypoints_2d": np.full((32, 2), np.nan)})
    no_landmarks, no_image = file("S6/Landmarks/Walking*/*"), file("S7/WithBackground/Walking*/*")
    no_landmarks.unlink()
    no_image.unlink()
    stray = file("S8/BackgroudMask/Walking*/*").with_name("cover.png")
    Image.new("1", (128, 128)).save(stray)
    greeting = file("S9/Landmarks/Greeting*")
    shutil.rmtree(greeting)

    found = check(data)
    wrong = {what: finding.offenders for what, finding in found.items() if not finding.ok}

    def name(path: Path) -> str:
        return path.relative_to(data).as_posix()

    assert wrong.pop("S9: recordings") == ["S9/Landmarks has no files in a folder Greeting…"]
    lost = [f"S9/Landmarks/{path.parts[-2]}/{path.stem}.mat is missing" for path in data.glob("S9/*round/Greeting*/*")]
    assert sorted(wrong.pop("S9: landmarks")) == sorted(lost)
    assert wrong == {
        "S6: landmarks": [f"{name(no_landmarks)} is missing"],
        "S7: images": [f"{name(no_image)} is missing"],
        "S7: masks": [],
        "S7: landmarks": [],
        "S8: masks": [f"{name(stray)} is not <number>.png"],
        "images of 128×128 pixels": [f"{name(truncated)}: it ends too early", f"{name(empty)}: it is empty"],
        "masks of 128×128 pixels": [f"{name(small)}: it is 64×64 pixels, not 128×128"],
        "landmarks of 32 joints": [f"{name(nan)}: joint 0 has y = nan, and the image reaches from 0 to 1"],
    }
    assert found["images of 128×128 pixels"].found == "81 of 83 are ok"
    assert found["landmarks of 32 joints"].found == "80 of 81 are ok"


def test_a_subject_that_is_missing_does_not_hide_the_others(data: Path) -> None:
    shutil.rmtree(data / "S8")
    shutil.copytree(data / "S7", data / "S12")
    found = check(data)
    assert not found["subjects"].ok
    assert found["subjects"].offenders == [
        "S8 is missing",
        "S12 is none of this dataset's subjects; it is not read",
    ]
    assert not found["S8: images"].ok
    assert found["S9: images"].ok
    assert found["images of 128×128 pixels"].found == "72 of 72 are ok"


def test_recordings_of_other_actions_are_told(data: Path) -> None:
    for part in ("WithBackground", "BackgroudMask", "Landmarks"):
        shutil.copytree(data / "S1" / part / "Walking.55011271", data / "S1" / part / "WalkingDog.55011271")
        shutil.copytree(data / "S1" / part / "Walking.55011271", data / "S1" / part / "Eating.55011271")
    finding = check(data)["recordings of other actions"]
    assert finding.ok
    assert finding.offenders == [
        "S1/WalkingDog.55011271 is read: its name begins with one of the six actions",
        "S1/Eating.55011271 is not read",
    ]


def test_in_an_empty_folder_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=f"h36m: {tmp_path} lacks S1/WithBackground"):
        HumanWithBackground(64, cache=tmp_path, data=tmp_path).check()
