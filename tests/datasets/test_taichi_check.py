import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.taichi.dataset import Taichi
from dkp_bench.errors import DkpError


@pytest.fixture
def published(publish: Callable[[str, Path], Path], tmp_path: Path) -> Path:
    """A copy of the published files for a test to spoil."""
    return publish("taichi", tmp_path / "taichi")


def check(data: Path, tmp_path: Path) -> dict[str, Finding]:
    findings = Taichi(64, cache=tmp_path / "cache", data=data).check()
    assert len({finding.what for finding in findings}) == len(findings)
    return {finding.what: finding for finding in findings}


def wrong(findings: dict[str, Finding]) -> dict[str, list[str]]:
    """Offenders by what was looked at, but for what sets a miniature apart from the published files."""
    apart = (", rows", "git's id of its content")
    return {what: found.offenders for what, found in findings.items() if not found.ok and not what.endswith(apart)}


def test_a_miniature_is_well_but_for_its_size(published: Path, tmp_path: Path) -> None:
    findings = check(published, tmp_path)
    assert wrong(findings) == {}
    rows = findings["landmark/taichi_test_gt.pkl, rows"]
    assert (rows.ok, rows.found, rows.expected) == (False, "14", "300")
    assert findings["frames in train"].found == "24 of 3 videos"
    assert findings["taichi-test-masks, one for each test image"].found == "14 of 14 are ok"
    assert findings["images that landmark/taichi_train_gt.pkl names, decoded"].found == "40 of 40 are ok"
    assert not (tmp_path / "cache").exists(), "a check leaves nothing behind"


def test_progress_is_reported(published: Path, tmp_path: Path) -> None:
    reports: list[tuple[str, int, int]] = []
    dataset = Taichi(64, cache=tmp_path / "cache", data=published)
    dataset.check(lambda what, done, total, note="": reports.append((what, done, total)))
    assert ("frames in train, decoded", 24, 24) in reports


def test_everything_that_is_wrong_is_found_at_once(published: Path, tmp_path: Path, repository: Path) -> None:
    images, frames = (
        published / "eval_images" / "taichi-256" / "test",
        published / "train" / "mndSqTrxpts#002234#002406",
    )
    (images / "00001.png").unlink()
    (images / "00002.png").write_bytes((images / "00002.png").read_bytes()[:-9])
    cv2.imwrite(str(images / "00003.png"), np.zeros((8, 9, 3), dtype=np.uint8))
    shutil.copy(images / "00000.png", images / "99999.png")
    (frames / "0000004.png").write_bytes(b"no image")
    shutil.copy(images / "00000.png", published / "train" / "loose.png")
    (published / "taichi-test-masks" / "00005.png").unlink()
    write_landmarks = runpy.run_path(str(repository / "tests/fixtures/published/taichi.py"))["write_landmarks"]
    nowhere, mixed = np.full((18, 2), np.nan), np.zeros((18, 2))
    mixed[4] = -1, 0
    names = ["00000.png", "00001.png", "../00002.png"]
    write_landmarks(published / "landmark" / "taichi_train_gt.pkl", names, [nowhere, mixed, mixed])
    eval_test = "eval_images/taichi-256/test"
    assert wrong(check(published, tmp_path)) == {
        "landmark/taichi_train_gt.pkl, form of the rows": [
            "row 0 (00000.png): joint 0 lies at (nan, nan), and the image reaches from 0 to 255",
            "row 1 (00001.png): joint 4 lies at (-1, 0), which is neither a place nor (-1, -1)",
            "row 2: the name '../00002.png' leads out of the folder",
        ],
        "images in eval_images/taichi-256/train": [
            f"eval_images/taichi-256/train/{number:05}.png is in no row" for number in range(40)
        ],
        "images that landmark/taichi_test_gt.pkl names": [f"{eval_test}/00001.png is missing"],
        "images that landmark/taichi_test_gt.pkl names, decoded": [
            f"{eval_test}/00003.png: it is 9×8 pixels, not square",
            f"{eval_test}/00002.png: it ends too early",
        ],
        f"images in {eval_test}": [f"{eval_test}/99999.png is in no row"],
        "taichi-test-masks, one for each test image": ["taichi-test-masks/00005.png is missing"],
        "frames in train, place": ["train/loose.png lies in no folder of a video"],
        "frames in train, decoded": ["train/mndSqTrxpts#002234#002406/0000004.png: it is no image"],
    }


def test_a_refused_pickle_is_a_finding(published: Path, tmp_path: Path) -> None:
    path = published / "landmark" / "taichi_test_gt.pkl"
    path.write_bytes(b"cposix\nsystem\n.")
    found = wrong(check(published, tmp_path))
    assert list(found) == ["landmark/taichi_test_gt.pkl"]
    assert found["landmark/taichi_test_gt.pkl"][0].startswith(
        f"{path} is refused, for it holds the class 'posix.system'"
    )


def test_landmarks_alone_can_be_checked(published: Path, tmp_path: Path) -> None:
    for part in ("train", "eval_images", "taichi-test-masks"):
        shutil.rmtree(published / part)
    findings = check(published, tmp_path)
    lacking = ("train", "eval_images/taichi-256/train", "eval_images/taichi-256/test")
    assert wrong(findings) == {"parts of the layout": [f"{part} is missing" for part in lacking]}
    assert findings["taichi-test-masks"].found == "not there; only the share of keypoints on the figure needs it"


def test_frames_that_are_no_images_are_a_finding(published: Path, tmp_path: Path) -> None:
    shutil.rmtree(published / "train")
    (published / "train").mkdir()
    assert wrong(check(published, tmp_path)) == {"frames in train": []}


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DkpError, match=f"taichi: {tmp_path / 'empty'} lacks train, eval_images"):
        check(tmp_path / "empty", tmp_path)


def test_the_published_landmarks(shared: Path, tmp_path: Path) -> None:
    findings = check(shared / "taichi", tmp_path)
    assert set(wrong(findings)) == {"parts of the layout"}
    for what, found in {
        "landmark/taichi_train_gt.pkl, rows": "5,000",
        "landmark/taichi_test_gt.pkl, rows": "300",
        "landmark/taichi_train_gt.pkl, git's id of its content": "8442a6e54a5e",
        "landmark/taichi_test_gt.pkl, git's id of its content": "9b69896e2e88",
        "landmark/taichi_train_gt.pkl, missing joints": "7.21% (6,487 of 90,000), in 3,132 images",
        "landmark/taichi_train_gt.pkl, joints that are never missing": "1, 2, 5, 11",
        "landmark/taichi_train_gt.pkl, joints at x = 0 or y = 0": "56, in 30 images",
        "landmark/taichi_test_gt.pkl, joints at x = 0 or y = 0": "3, in 3 images",
    }.items():
        assert findings[what].ok
        assert findings[what].found == found
