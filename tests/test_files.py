"""Writing files whole or not at all."""

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.files import WriteError, atomic_path, make_folder, sha256, write_json, write_text, writing


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "down" / "a.txt"
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == target.suffix
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("ha")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with target.open() as reader:
        write_text(target, "new and longer")
        assert reader.read() == "old"
    assert target.read_text() == "new and longer"


def test_a_disk_that_fails_to_sync_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def broken(descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(WriteError, match="the disk is full"):
        write_text(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_everyone_may_read_what_was_written(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "x")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "γ − σ²\n")
    assert (tmp_path / "a.txt").read_bytes() == "γ − σ²\n".encode()


def test_json_reads_back_and_ends_with_a_newline(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None], "b": {"c": "γ"}}
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert text.endswith("}\n")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_refuses_what_json_cannot_say(tmp_path: Path, number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": number})
    assert list(tmp_path.iterdir()) == []


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"dkp" * 100_000)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"dkp" * 100_000).hexdigest()


def test_a_full_disk_is_called_that(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught, atomic_path(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.problem == f"cannot write {tmp_path / 'a.txt'}: the disk is full"
    assert "free some space" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file/below/a.txt", "file/a.txt", "folder"])
def test_what_is_in_the_way_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(WriteError) as caught:
        write_text(tmp_path / name, "x")
    blocker, kind = ("folder", "a folder") if name == "folder" else ("file", "a file")
    assert f"{tmp_path / blocker} is {kind}, and a" in caught.value.problem


def test_a_folder_where_a_file_is_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WriteError, match="is a file, and a folder should be there"):
        make_folder(tmp_path / "file")
    assert make_folder(tmp_path / "a" / "b").is_dir()


def test_an_error_of_a_file_that_is_read_is_not_one_of_writing(tmp_path: Path) -> None:
    source = tmp_path / "elsewhere" / "source"
    with pytest.raises(FileNotFoundError), writing(tmp_path / "out" / "a.txt"):
        source.read_bytes()


HOLDS = """
import sys, time
from pathlib import Path
from dkp_bench.files import atomic_path, temporary_folder
target = Path(sys.argv[1])
with atomic_path(target) as one, temporary_folder(target.with_name("split")) as other:
    one.write_text("half")
    (other / "half").touch()
    print("held", flush=True)
    time.sleep(600)
"""


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for own in (".config-settings.json", ".bash-profile1", "a-abcd1234.dkp-part.txt", ".a.dkp-part.txt"):
        (tmp_path / own).touch()
    own = set(tmp_path.iterdir())
    with subprocess.Popen([sys.executable, "-c", HOLDS, tmp_path / "a.txt"], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"held\n"
            parts = set(tmp_path.iterdir()) - own
            assert len(parts) == 2
            write_text(tmp_path / "b.txt", "whole")
            assert parts < set(tmp_path.iterdir())
        finally:
            process.kill()
    monkeypatch.setattr("dkp_bench.files._swept", set())
    write_text(tmp_path / "b.txt", "whole")
    assert set(tmp_path.iterdir()) == {*own, tmp_path / "b.txt"}


def test_a_part_that_is_swept_before_it_is_held_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = tempfile.mkstemp, []

    def swept(**arguments: Any) -> tuple[int, str]:
        handle, name = make(**arguments)
        made.append(name)
        if len(made) == 1:
            Path(name).unlink()
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", swept)
    write_text(tmp_path / "a.txt", "whole")
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_part_that_a_sweep_took_for_left_over_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    make, swept = tempfile.mkstemp, []

    def make_and_sweep(**names: Any) -> tuple[int, str]:
        handle, name = make(**names)
        if not swept:
            swept.append((os.open(name, os.O_RDWR), Path(name)))
            fcntl.flock(swept[0][0], fcntl.LOCK_EX)
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", make_and_sweep)
    with atomic_path(tmp_path / "a.txt") as part:
        part.write_text("whole")
        (held, first), *_ = swept
        first.unlink()
        os.close(held)
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_threads_that_write_into_a_new_folder_take_nothing_from_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(40):
            names = [tmp_path / str(number) / f"{name}.txt" for name in range(8)]
            list(threads.map(lambda name: write_text(name, name.stem), names))
            assert [name.read_text() for name in names] == [name.stem for name in names]
