"""Writing a bag: the library of the Library of Congress takes it for one, and the same payload gives the same bytes."""

from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.bundle.bag import oxum, read_info, write_bag
from dkp_bench.errors import DkpError

NAMES = st.text("abcäé .-", min_size=1, max_size=8).filter(lambda name: name.strip(". ") == name)


@given(payload=st.dictionaries(NAMES, st.binary(max_size=50), min_size=1, max_size=4), text=st.text("ab :ä\n\t"))
def test_it_is_a_bag(tmp_path_factory: pytest.TempPathFactory, payload: dict[str, bytes], text: str) -> None:
    folder = tmp_path_factory.mktemp("bag")
    for number, (name, content) in enumerate(payload.items()):
        path = folder / "data" / str(number % 2) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_bag(folder, {"External-Description": f"it: {text}"})
    read = bagit.Bag(str(folder))
    assert read.validate()
    size = sum(map(len, payload.values()))
    assert read.info["Payload-Oxum"] == oxum({name: len(content) for name, content in payload.items()})
    assert (
        read_info(folder)
        == dict(read.info)
        == {
            "External-Description": " ".join(f"it: {text}".split()),
            "Payload-Oxum": f"{size}.{len(payload)}",
        }
    )


def test_a_folded_line_is_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "bag-info.txt").write_text("A: one\n  two\n\tthree\nB: x: y\n", encoding="utf-8")
    assert read_info(tmp_path) == {"A": "one two three", "B": "x: y"}


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"A: \xff\n", "is not UTF-8"), (b" A: b\n", "line 1"), (b"A: b\nA: c\n", "line 2"), (b"AB", "line 1")],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "bag-info.txt").write_bytes(content)
    with pytest.raises(DkpError, match=says):
        read_info(tmp_path)
