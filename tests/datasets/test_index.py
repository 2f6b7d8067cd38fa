import os
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets.index import Indexed, indexed, list_files, listing_key
from dkp_bench.errors import DkpError

NAMES = ["b/2.jpg", "a/10.JPG", "a/deep er/1.png", "c.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in [*NAMES, "a/notes.txt", ".hidden.jpg"]:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "data"


def key(folder: Path, *choices: object) -> str:
    return listing_key(list_files(folder, (".jpg", ".png")), *choices)


def test_files_are_listed_by_name_with_their_sizes(folder: Path) -> None:
    found = list_files(folder, (".jpg", ".png"))
    assert [file.name for file in found] == sorted(NAMES)
    assert [file.bytes for file in found] == [len(name) for name in sorted(NAMES)]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_files(tmp_path / "nowhere", (".jpg",))


def test_the_key_changes_with_every_file_and_choice(folder: Path) -> None:
    keys = [key(folder), key(folder, 64), key(folder, 128)]
    (folder / "b" / "2.jpg").write_bytes(b"other")
    keys.append(key(folder))
    os.utime(folder / "b" / "2.jpg", ns=(1, 1))
    keys.append(key(folder))
    (folder / "b" / "3.jpg").write_bytes(b"new")
    keys.append(key(folder))
    (folder / "c.jpg").unlink()
    keys.append(key(folder))
    assert len(set(keys)) == len(keys)
    assert key(folder) == keys[-1]
    (folder / "a" / "notes.txt").write_bytes(b"more notes")
    assert key(folder) == keys[-1], "files of another kind do not count"


def made(calls: list[int]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    calls.append(1)
    return {"joints": np.arange(6.0).reshape(2, 3), "none": np.empty((0, 4), dtype=bool)}, {"hash": "ab"}


def test_what_was_read_is_kept(tmp_path: Path) -> None:
    calls: list[int] = []
    for _ in range(2):
        found = indexed(tmp_path / "index", lambda: made(calls))
        assert isinstance(found, Indexed)
        assert found.facts == {"hash": "ab"}
        np.testing.assert_array_equal(found.arrays["joints"], np.arange(6.0).reshape(2, 3))
        assert found.arrays["none"].shape == (0, 4)
    assert len(calls) == 1


def test_an_index_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    calls: list[int] = []

    def cut_off() -> tuple[dict[str, np.ndarray], dict[str, str]]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        indexed(tmp_path / "index", cut_off)
    indexed(tmp_path / "index", lambda: made(calls))
    assert len(calls) == 1


@pytest.mark.parametrize("harm", ["missing", "truncated", "pickle", "shape", "facts"])
def test_a_damaged_index_is_named(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "index"
    indexed(folder, lambda: made([]))
    path = folder / "joints.npy"
    if harm == "missing":
        path.unlink()
    elif harm == "truncated":
        path.write_bytes(path.read_bytes()[:-8])
    elif harm == "pickle":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    elif harm == "shape":
        np.save(path, np.zeros(3))
    else:
        (folder / "content.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DkpError) as error:
        indexed(folder, lambda: made([]))
    assert error.value.problem.startswith(f"the cache {folder} is damaged: ")
    assert "Delete that folder" in error.value.hint
