from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.io import loadmat, savemat

from dkp_bench.datasets.check import Finding
from dkp_bench.datasets.lsp.dataset import Lsp


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


def test_nothing_is_wrong_with_the_real_files(shared: Path) -> None:
    if not (shared / "lspet").is_dir():
        pytest.skip("Leeds Sports Pose Extended is not there")
    assert all(finding.ok for finding in checked(shared / "lspet").values())
