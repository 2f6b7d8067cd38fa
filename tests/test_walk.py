"""One safe walk over folders that somebody else made."""

import os
from pathlib import Path

import pytest

from dkp_bench.walk import Skipped, folders_in, walk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "images"
    for name in ("b/2.JPG", "a/1.jpg", "a/._1.jpg", "a/notes.txt", ".ipynb_checkpoints/1.jpg", "c.jpg/inner.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (root / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (root / "round.jpg").symlink_to("round.jpg")
    (root / "a" / "up").symlink_to(root)
    (root / "linked").symlink_to(root / "b")
    os.mkfifo(root / "pipe.jpg")
    return root


def test_data_is_listed_and_what_only_looks_like_it_is_named(folder: Path) -> None:
    found = walk(folder, (".jpg", ".png"))
    assert [file.name for file in found.files] == ["a/1.jpg", "b/2.JPG", "c.jpg/inner.png", "linked/2.JPG"]
    assert all(file.bytes == 1 for file in found.files)
    assert found.skipped == (
        Skipped(".ipynb_checkpoints/", "hidden"),
        Skipped("a/._1.jpg", "hidden"),
        Skipped("a/up/", "a link to a folder above it"),
        Skipped("gone.jpg", "a link that leads nowhere"),
        Skipped("pipe.jpg", "no regular file"),
        Skipped("round.jpg", "a link that leads nowhere"),
    )
    assert found.skipped_in_words(1) == "left out 6: .ipynb_checkpoints/ (hidden), …"
    assert walk(folder / "b").skipped_in_words() == ""


def test_a_folder_that_results_go_to_is_not_entered(folder: Path) -> None:
    found = walk(folder, (".jpg",), without=[folder / "b"])
    assert [file.name for file in found.files] == ["a/1.jpg"]
    assert Skipped("b/", "results are written there") in found.skipped
    assert Skipped("linked/", "results are written there") in found.skipped


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        walk(tmp_path / "nowhere")


def test_folders_are_listed_without_hidden_ones(folder: Path) -> None:
    assert [path.name for path in folders_in(folder)] == ["a", "b", "c.jpg", "linked"]
