"""Manifests: paths that stay inside, and files that are not taken for one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.bundle import bag
from dkp_bench.bundle.bag import PAYLOAD, TAGS, decode_path, encode_path, manifest_text, read_manifest, why_unsafe

A, B = "a" * 64, "b" * 64


def write(folder: Path, text: str | bytes, name: str = PAYLOAD) -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_path_is_read_as_it_was_written(path: str) -> None:
    written = encode_path(path)
    assert decode_path(written) == path
    assert not set(written) & {"\n", "\r"}


@pytest.mark.parametrize(("path", "written"), [("a\nb", "a%0Ab"), ("a\rb", "a%0Db"), ("1%", "1%25"), ("ä b", "ä b")])
def test_line_ends_and_percent_signs_alone_are_encoded(path: str, written: str) -> None:
    assert encode_path(path) == written
    assert decode_path(written.lower()) == path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    digests = {"data/b": A, "data/a ä%": B}
    text = manifest_text(digests)
    assert text == f"{B}  data/a ä%25\n{A}  data/b\n"
    read = read_manifest(write(tmp_path, text), PAYLOAD)
    assert (read.digests, read.problems) == (digests, ())


@pytest.mark.parametrize(
    "path",
    [
        *("../etc/passwd", "data/../../x", "data/..", "/etc/passwd", "//x", "~/x", "~root", "C:/x", "data/C:x"),
        *("data\\..\\x", "\\\\server\\x", "data/a\nb", "data/\x1b[2J", "data//x", "data/./x", "data/", ""),
    ],
)
def test_a_path_that_leads_elsewhere_is_unsafe(path: str) -> None:
    assert why_unsafe(path)


@pytest.mark.parametrize("path", ["data/a", "data/a..b/c", "data/...", "data/%2e%2e/ä", "bagit.txt", "data/a b~"])
def test_a_path_inside_is_safe(path: str) -> None:
    assert why_unsafe(path) == ""


@pytest.mark.parametrize(
    ("text", "file", "says"),
    [
        (f"{A}  ../x\n", "../x", "line 1: the path climbs out of the bundle"),
        (f"{A}  data/a%0Ab\n", "data/a\nb", "line 1: the path has a control character"),
        (f"{A}  bagit.txt\n", "bagit.txt", "line 1: the path is not in data/"),
        (f"{A}  data/a\n{B}  data/a\n", "data/a", "line 2: the path is there twice"),
        (f"{A}  data/a\n{B}  data/A\n", "data/A", "line 2: the path differs from data/a in case alone"),
        (f"{A}  data/é\n{B}  data/e\u0301\n", "data/e\u0301", "line 2: the path differs from data/é in case alone"),
        (f"{A} data/a\n", PAYLOAD, "line 1 is not a SHA-256, two spaces and a path"),
        (f"{A.upper()}  data/a\n", PAYLOAD, "line 1 is not"),
        (f"{A[:40]}  data/a\n", PAYLOAD, "line 1 is not"),
        (f"{A}  data/a\n\n", PAYLOAD, "line 2 is not"),
        (f"{A}  data/{'a' * 5000}\n", PAYLOAD, "line 1 is not"),
        (f"{A}  data/a\r\n{B}  data/b\r\n", PAYLOAD, "has carriage returns"),
        (f"\ufeff{A}  data/a\n", PAYLOAD, "line 1 is not"),
        (f"{A}  data/a", PAYLOAD, "does not end with the end of a line"),
        (f"{A}  data/a\n".encode("utf-16"), PAYLOAD, "is not UTF-8"),
        (b"", PAYLOAD, "is empty"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str | bytes, file: str, says: str) -> None:
    found = [problem for problem in read_manifest(write(tmp_path, text), PAYLOAD).problems if problem.file == file]
    assert any(says in problem.what for problem in found)


@pytest.mark.parametrize("path", ["data/a", TAGS])
def test_the_manifest_of_tag_files_lists_those_alone(tmp_path: Path, path: str) -> None:
    (problem,) = read_manifest(write(tmp_path, f"{A}  {path}\n", TAGS), TAGS).problems
    assert problem.file == path


def test_one_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag, "LARGEST", 100)
    read = read_manifest(write(tmp_path, f"{A}  data/{'a' * 100}\n"), PAYLOAD)
    assert [problem.what for problem in read.problems] == ["has more than 100 bytes"]
    assert not read.digests


def test_one_that_is_absent_is_named(tmp_path: Path) -> None:
    assert [problem.what for problem in read_manifest(tmp_path, PAYLOAD).problems] == ["is missing"]


def test_a_byte_that_is_no_text_hides_no_other_line(tmp_path: Path) -> None:
    lines = [f"{'a' * 64}  data/a", f"{'b' * 64}  data/b"]
    for damage in (b"\xff", b"\xed\xa0\x80", b"\xc3"):
        (tmp_path / PAYLOAD).write_bytes("\n".join([*lines, ""]).encode().replace(b"data/b", b"data/b" + damage))
        found = read_manifest(tmp_path, PAYLOAD)
        assert found.digests["data/a"] == "a" * 64
        assert "is not UTF-8" in [problem.what for problem in found.problems if problem.file == PAYLOAD]
