import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.datasets.deepfashion.dataset import DeepFashion
from dkp_bench.datasets.finding import Finding
from dkp_bench.errors import DkpError

FIRST = "WOMEN/Blouses_Shirts/id_00000001/01_1_front.jpg"


@pytest.fixture
def published(publish: Callable[[str, Path], Path], tmp_path: Path) -> Path:
    """A copy of the published files for a test to spoil."""
    return publish("deepfashion", tmp_path / "deepfashion")


def check(data: Path, tmp_path: Path) -> dict[str, Finding]:
    findings = DeepFashion(64, cache=tmp_path / "cache", data=data).check()
    assert len({finding.what for finding in findings}) == len(findings)
    return {finding.what: finding for finding in findings}


def wrong(findings: dict[str, Finding]) -> dict[str, list[str]]:
    """Offenders by what was looked at, but for what sets a miniature apart from the published files."""
    apart = (", rows", "git's id of its content")
    return {what: found.offenders for what, found in findings.items() if not found.ok and not what.endswith(apart)}


def test_a_miniature_is_well_but_for_its_size(published: Path, tmp_path: Path) -> None:
    findings = check(published, tmp_path)
    assert wrong(findings) == {}
    rows = findings["data_train.json, rows"]
    assert (rows.ok, rows.found, rows.expected) == (False, "40", "10,604")
    assert findings["images that data_train.csv names, decoded"].found == "40 of 40 are ok"
    assert findings["garments"].found == "1 of 5 garments to test on (2 of 14 images) are also trained on"
    assert not (tmp_path / "cache").exists(), "a check leaves nothing behind"


def test_everything_that_is_wrong_is_found_at_once(published: Path, tmp_path: Path) -> None:
    second = FIRST.replace("1_front", "4_full")
    (published / "img" / FIRST).unlink()
    (published / "img" / second).write_bytes((published / "img" / second).read_bytes()[:200])
    shutil.copy(published / "img" / FIRST.replace("1_front", "7_additional"), published / "img" / "another.jpg")
    rows = json.loads((published / "data_train.json").read_text())
    fourth, rows[3]["image_path"] = rows[3]["image_path"], "elsewhere.jpg"
    rows[5]["keypoints"][1] = [float("nan"), 0]
    (published / "data_train.json").write_text(json.dumps(rows))
    with (published / "data_test.csv").open("a") as file:
        file.write(f"1000,../img/a.jpg\n\n1001,{second}\n")
    findings = check(published, tmp_path)
    assert wrong(findings) == {
        "data_train.json, form of the rows, and whether the CSV agrees": [
            f"row 3: it belongs to 'elsewhere.jpg', but the CSV has {fourth} there",
            "row 5: joint 1 lies at (nan, 0), and the image reaches from 0 to 255",
        ],
        "data_test.csv, form of the rows": [
            "line 16: the name '../img/a.jpg' leads out of the folder",
            "line 17: it is empty",
        ],
        "images of the test split, not in the training split": [second],
        "images that data_train.csv names": [f"img/{FIRST} is missing"],
        "images that data_train.csv names, decoded": [f"img/{second}: it ends too early"],
        "images that data_test.csv names, decoded": [f"img/{second}: it ends too early"],
    }
    assert findings["data_test.json, form of the rows"].ok, "the CSV is wrong, and it is looked at alone"
    assert findings["images in img that no CSV names, and that are not used"].found == "1"


@pytest.mark.parametrize("name", ["data_train.csv", "data_test.json"])
def test_a_file_that_cannot_be_read_is_a_finding(published: Path, tmp_path: Path, name: str) -> None:
    (published / name).write_bytes(b"\xff")
    found = wrong(check(published, tmp_path))
    assert list(found) == [name]
    assert found[name][0].startswith(f"{published / name}: cannot be read as ")


@pytest.mark.parametrize(
    "change", [lambda text: f"\ufeff{text}", lambda text: f"{text}\n \r\n\n"], ids=["mark", "blank lines"]
)
def test_what_editors_add_to_a_list_is_no_row(published: Path, tmp_path: Path, change: Callable[[str], str]) -> None:
    before = wrong(check(published, tmp_path))
    for path in [*published.glob("*.csv"), *published.glob("*.json")]:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert wrong(check(published, tmp_path)) == before == {}
    DeepFashion(64, cache=tmp_path / "cache", data=published).prepare()


def test_lists_alone_can_be_checked(published: Path, tmp_path: Path) -> None:
    shutil.rmtree(published / "img")
    (published / "data_train.json").unlink()
    findings = check(published, tmp_path)
    assert wrong(findings) == {"parts of the layout": ["data_train.json is missing", "img is missing"]}
    assert "garments" in findings


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DkpError, match=r"deepfashion: .*/empty lacks data_train\.csv"):
        check(tmp_path / "empty", tmp_path)


def test_the_published_lists(shared: Path, tmp_path: Path) -> None:
    findings = check(shared / "deepfashion", tmp_path)
    assert wrong(findings) == {"parts of the layout": ["data_train.json is missing", "img is missing"]}
    for what, found in {
        "data_train.csv, rows": "10,604",
        "data_test.csv, rows": "1,179",
        "data_test.json, rows": "1,179",
        "data_train.csv, git's id of its content": "d58c554116f7",
        "data_test.json, joints, range": "x 54.25 … 201.75, y -5.75 … 251.75 (0 … 255 is the image)",
        "data_test.json, joints outside the image": "53, in 17 images",
        "garments": "633 of 1,056 garments to test on (742 of 1,179 images) are also trained on",
    }.items():
        assert findings[what].ok
        assert findings[what].found == found
