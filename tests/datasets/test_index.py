import json
import os
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets.index import Indexed, indexed, listing_key
from dkp_bench.progress import heard_by
from dkp_bench.walk import walk

NAMES = ["b/2.jpg", "a/10.JPG", "a/deep er/1.png", "c.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in [*NAMES, "a/notes.txt", ".hidden.jpg"]:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "data"


def key(folder: Path, *choices: object) -> str:
    return listing_key(walk(folder, (".jpg", ".png")).files, *choices)


def test_files_are_listed_by_name_with_their_sizes(folder: Path) -> None:
    found = walk(folder, (".jpg", ".png")).files
    assert [file.name for file in found] == sorted(NAMES)
    assert [file.bytes for file in found] == [len(name) for name in sorted(NAMES)]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        walk(tmp_path / "nowhere", (".jpg",))


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


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("missing", "joints.npy is not what was written"),
        ("truncated", "joints.npy is not what was written"),
        ("value", "joints.npy is not what was written"),
        ("pickle", "joints.npy is not what was written"),
        ("facts", "content.json does not say what was read"),
        ("digest", "content.json is not what was written"),
        ("nested", "it is nested deeper than 100 levels"),
        ("encoding", "line 1 is not UTF-8"),
    ],
)
def test_a_damaged_index_is_made_again_and_that_is_said(tmp_path: Path, harm: str, why: str) -> None:
    folder = tmp_path / "index"
    indexed(folder, lambda: made([]))
    path, content = folder / "joints.npy", folder / "content.json"
    whole = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "truncated":
        path.write_bytes(whole[:-8])
    elif harm == "value":
        path.write_bytes(whole[:-1] + b"?")
    elif harm == "pickle":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    elif harm == "digest":
        content.write_text(content.read_text("utf-8").replace('"ab"', '"ac"'), encoding="utf-8")
    else:
        content.write_bytes({"facts": b"[]", "nested": b"[" * 10_000, "encoding": b"\xff"}[harm])
    calls: list[int] = []
    said: list[str] = []
    with heard_by(said.append):
        for _ in range(2):
            found = indexed(folder, lambda: made(calls))
    np.testing.assert_array_equal(found.arrays["joints"], np.arange(6.0).reshape(2, 3))
    assert found.facts == {"hash": "ab"}
    assert calls == [1]
    assert said == [f"the cache {folder} is damaged and made again: {why}"]


def test_an_index_from_before_there_were_digests_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    indexed(folder, lambda: made([]))
    content = json.loads((folder / "content.json").read_text("utf-8"))
    del content["sha256"]
    (folder / "content.json").write_text(json.dumps(content), encoding="utf-8")
    calls: list[int] = []
    with heard_by(lambda line: None):
        indexed(folder, lambda: made(calls))
    assert len(calls) == 1
