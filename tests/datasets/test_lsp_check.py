from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.lsp.check import photograph_findings
from dkp_bench.datasets.lsp.dataset import Lsp
from dkp_bench.datasets.lsp.files import photograph_name, read_joints
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_rgb


@pytest.fixture
def published(tmp_path: Path, publish: Callable[[str, Path], Path]) -> Path:
    """15 photographs, 140 pixels wide and 150 high, with 14 visible joints each."""
    return publish("lsp", tmp_path / "lspet")


def checked(folder: Path) -> dict[str, Finding]:
    dataset = Lsp(64, cache=folder.parent / "cache", data=folder)
    return {finding.what: finding for finding in dataset.check()}


def test_it_finds_nothing_wrong_with_whole_files(published: Path) -> None:
    found = checked(published)
    assert all(finding.ok for finding in found.values())
    assert found["photographs"].found == found["annotated images"].found == "15"
    assert found["pixels of a photograph"].found == "140 to 140 wide, 150 to 150 high"
    assert found["visible joints"].found == "100.0% of 210"
    assert found["visible joints outside their photograph"].found == "0 of 210"
    assert not (published.parent / "cache").exists(), "nothing is kept"


def test_it_finds_everything_that_is_wrong(published: Path) -> None:
    images, table = published / "images", loadmat(published / "joints.mat")["joints"]
    table[4, 0, 9], table[3, 1, 9], table[2, 0, 9] = 141, -1, 140
    savemat(published / "joints.mat", {"joints": table})
    (images / "im00005.jpg").write_bytes((images / "im00005.jpg").read_bytes()[:900])
    (images / "im00007.jpg").write_bytes(b"")
    (images / "im00004.jpg").rename(images / "im00044.jpg")
    found = checked(published)
    unreadable = ["im00005.jpg: it ends too early", "im00007.jpg: it is empty"]
    assert found["photographs that can be read"].offenders == unreadable
    mismatched = ["im00004.jpg is annotated and absent", "im00044.jpg is not annotated"]
    assert found["annotated images"].offenders == mismatched
    assert found["visible joints outside their photograph"].found == "2 of 210"
    wrong = {what for what, finding in found.items() if not finding.ok}
    assert wrong == {"photographs that can be read", "annotated images"}


@pytest.mark.parametrize(
    ("part", "wrong"), [("joints.mat", {"joints.mat"}), ("images", {"photographs", "annotated images"})]
)
def test_it_goes_on_without_a_part(published: Path, part: str, wrong: set[str]) -> None:
    (published / part).rename(published.parent / "moved")
    assert {what for what, finding in checked(published).items() if not finding.ok} == wrong


def test_it_reports_its_progress(published: Path) -> None:
    reports: list[tuple[int, int]] = []
    dataset = Lsp(64, cache=published.parent / "cache", data=published)
    dataset.check(lambda what, done, total, note="": reports.append((done, total)))
    assert reports == [(done, 15) for done in range(1, 16)]


def shrink(published: Path) -> None:
    for path in (published / "images").iterdir():
        cv2.imwrite(str(path), cv2.resize(cv2.imread(str(path)), None, fx=0.5, fy=0.5))


def change(published: Path, flags: np.ndarray) -> None:
    """Write other flags of visibility, (14, 15)."""
    table = loadmat(published / "joints.mat")["joints"]
    table[:, 2] = flags
    savemat(published / "joints.mat", {"joints": table})


JOINT, IMAGE = np.indices((14, 15))
SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "half size": (shrink, "visible joints outside their photograph: "),
    "inverted flags": (lambda folder: change(folder, (JOINT == 3) & (IMAGE % 2 == 0)), "the flags look inverted"),
    "no joints": (lambda folder: change(folder, JOINT < 0), "visible joints: 0.0% of 210"),
    "no test image": (
        lambda folder: change(folder, (IMAGE < 12) | (JOINT < 7)),
        "test: images: 0, expected at least 1: of the last 20 % of the annotated images those with 8 visible joints",
    ),
    "a joint in no test image": (
        lambda folder: change(folder, (IMAGE < 12) | (JOINT != 5)),
        "left ankle is visible",
    ),
    "a joint in no fit image": (lambda folder: change(folder, (IMAGE > 11) | (JOINT != 5)), "left ankle is visible"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_a_run_would_stumble_over_is_found_by_check_and_prepare(published: Path, spoilt: str) -> None:
    spoil, told = SPOILT[spoilt]
    spoil(published)
    assert told in "\n".join(str(finding) for finding in checked(published).values() if not finding.ok)
    with pytest.raises(DkpError) as error:
        Lsp(64, cache=published.parent / "cache", data=published).prepare()
    assert told in error.value.problem
    assert f"dkp-bench data check lsp --data {published}" in error.value.hint


def test_the_real_joints_are_told_from_nonsense(shared: Path) -> None:
    if not (shared / "lspet").is_dir():
        pytest.skip("Leeds Sports Pose Extended is not there")
    joints, visible = (table[:300] for table in read_joints(shared / "lspet" / "joints.mat"))
    names = [shared / "lspet" / "images" / photograph_name(index) for index in range(300)]
    sizes = np.array([read_rgb(name).shape[1::-1] for name in names], dtype=np.float64)

    def wrong(*arguments: np.ndarray) -> set[str]:
        return {finding.what for finding in photograph_findings(*arguments) if not finding.ok}

    outside = "visible joints outside their photograph"
    assert not wrong(joints, visible, sizes)
    assert outside in wrong(joints, visible, sizes * 0.9)
    assert wrong(joints, visible, sizes * 2) == {"photographs: mean place"}
    assert wrong(joints[..., ::-1], visible, sizes) == {outside, "photographs: from head to feet"}
    assert {outside, "visible joints"} <= wrong(joints, ~visible, sizes)
    assert wrong(joints / 150, visible, sizes) == {"photographs: mean place", "photographs: span of an image's joints"}


def test_nothing_is_wrong_with_the_real_files(shared: Path) -> None:
    if not (shared / "lspet").is_dir():
        pytest.skip("Leeds Sports Pose Extended is not there")
    assert all(finding.ok for finding in checked(shared / "lspet").values())
