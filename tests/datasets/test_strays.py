"""What lies among a dataset's files and is none of them is left out and named; what lies in a wrong place is found."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.datasets import datasets, find_dataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.datasets.layout import instead, missing_parts
from dkp_bench.errors import DkpError

DOWNLOADED = sorted(name for name, kind in datasets().items() if getattr(kind, "files", "") == name)
"""One name for each kind of files."""


def opened(name: str, data: Path) -> DownloadedDataset:
    made = find_dataset(name)(64, cache=data.parent / "cache", data=data)
    assert isinstance(made, DownloadedDataset)
    return made


def litter(data: Path) -> None:
    """Leave in every folder what file managers, notebooks, copies and synchronisers leave there."""
    for folder in [path for path in (data, *data.rglob("*")) if path.is_dir()]:
        pictures = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in (".jpg", ".png"))
        (folder / ".DS_Store").write_bytes(b"")
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / "round").symlink_to(folder)
        for picture in pictures[:1]:
            shutil.copy(picture, folder / ".ipynb_checkpoints" / picture.name)
            (folder / f"._{picture.name}").write_bytes(b"\0\5\x16\7")
            (folder / f"gone{picture.suffix}").symlink_to(folder / "nowhere")
            (folder / f"folder{picture.suffix}").mkdir()


@pytest.mark.parametrize("name", DOWNLOADED)
def test_strays_are_left_out_and_named(publish: Callable[[str, Path], Path], tmp_path: Path, name: str) -> None:
    data = publish(name, tmp_path / "data")
    clean = opened(name, data)
    clean.prepare()
    before = {finding.what: finding.ok for finding in clean.check()}
    assert "left out, for it is no file of the dataset" not in before
    litter(data)
    strewn = opened(name, data)
    strewn.prepare()
    assert strewn.content_hash() == clean.content_hash()
    assert list(strewn.photographs()) == list(clean.photographs())
    found = {finding.what: finding for finding in strewn.check()}
    left_out = found.pop("left out, for it is no file of the dataset")
    assert {what: finding.ok for what, finding in found.items()} == before
    for told in (".ipynb_checkpoints/: hidden", "._", "a link that leads nowhere", "a link to a folder above it"):
        assert any(told in offender for offender in left_out.offenders), told
    assert f"left out {len(left_out.offenders)}: " in strewn.notes()[-1]


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_folder_that_was_unpacked_too_deep_is_named(
    publish: Callable[[str, Path], Path], tmp_path: Path, name: str
) -> None:
    inner = publish(name, tmp_path / "data" / "one level" / "two levels")
    for outer in (inner.parents[0], inner.parents[1], next(path for path in inner.iterdir() if path.is_dir())):
        for look in (DownloadedDataset.prepare, DownloadedDataset.check):
            with pytest.raises(DkpError) as error:
                look(opened(name, outer))
            assert error.value.hint.startswith(f"all of it lies in another folder: --data '{inner}'\n")


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_part_of_another_kind_is_called_that(publish: Callable[[str, Path], Path], tmp_path: Path, name: str) -> None:
    data = publish(name, tmp_path / "data")
    part = data / opened(name, data).parts[-1]
    part.rename(tmp_path / "moved")
    if part.suffix:
        part.mkdir()
    else:
        part.write_bytes(b"")
    with pytest.raises(DkpError) as error:
        opened(name, data).prepare()
    kind = "a folder and no file" if part.suffix else "a file and no folder"
    assert f"{part.relative_to(data)} ({kind})" in error.value.problem
    assert not all(finding.ok for finding in opened(name, data).check())


def renamed(data: Path, pattern: str, name: Callable[[Path], Path]) -> list[str]:
    """Rename every file of a pattern; how the dataset calls them."""
    files = sorted(data.glob(pattern))
    for path in files:
        name(path).parent.mkdir(parents=True, exist_ok=True)
        path.rename(name(path))
    return [path.relative_to(data).as_posix() for path in files]


@pytest.mark.parametrize(
    ("rename", "advice"),
    [
        pytest.param(lambda path: path.with_suffix(path.suffix.upper()), "rename it", id="capitals"),
        pytest.param(lambda path: path.with_name(path.name.upper()), "rename it", id="all in capitals"),
        pytest.param(lambda path: path.with_suffix(".jpeg"), "rename it|convert it to .png", id="jpeg"),
        pytest.param(
            lambda path: path.with_suffix(".png" if path.suffix == ".jpg" else ".jpg"), "convert it to", id="format"
        ),
        pytest.param(lambda path: path.parent / "deeper" / path.name, "move it", id="a level too deep"),
    ],
)
@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("lsp", "images/*"),
        ("taichi", "eval_images/taichi-256/test/*"),
        ("deepfashion", "img/*/*/*/*"),
        ("h36m", "S1/WithBackground/Posing*/*"),
    ],
)
def test_images_under_another_name_are_found(
    publish: Callable[[str, Path], Path],
    tmp_path: Path,
    name: str,
    pattern: str,
    rename: Callable[[Path], Path],
    advice: str,
) -> None:
    data = publish(name, tmp_path / "data")
    there = [rename(data / path).relative_to(data).as_posix() for path in renamed(data, pattern, rename)]
    with pytest.raises(DkpError) as error:
        opened(name, data).prepare()
    checked = [text for finding in opened(name, data).check() for text in finding.offenders]
    for texts in ([error.value.problem], checked):
        told = [text for text in texts if re.search(rf"is there: ({advice})", text)]
        assert any(path.removeprefix("images/") in text for path in there for text in told), texts


def test_what_is_there_instead_is_looked_for_near_by(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert instead(tmp_path, ["a/gone.jpg", "a/2.jpg"], ["b/2.jpg", "a/22.jpg"]) == [" (a link that leads nowhere)", ""]
    (tmp_path / "Images").mkdir()
    assert missing_parts(tmp_path, ["images", "joints.mat"]) == ["images (Images is there: rename it)", "joints.mat"]
