import os
import pickle
import runpy
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_bench.datasets.taichi import table_pickle
from dkp_bench.datasets.taichi.table_pickle import read_table
from dkp_bench.errors import DkpError

FIX = "Take it again."


@pytest.fixture(scope="session")
def write_table(repository: Path) -> Callable[..., None]:
    """Pickles a table in the published form."""
    function: Callable[..., None] = runpy.run_path(str(repository / "tests/fixtures/published/taichi.py"))[
        "write_table"
    ]
    return function


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.pkl"


class Reduced:
    """Pickles as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call[0], self.call[1:]


def test_the_columns_are_read(path: Path, write_table: Callable[..., None]) -> None:
    values = [np.arange(6.0).reshape(3, 2), np.asfortranarray(np.arange(6).reshape(3, 2)), np.zeros((0, 2))]
    write_table(path, {"name": ["a", "ä", ""], "value": values, "more": [1, None, True]})
    table = read_table(path, FIX)
    assert list(table) == ["name", "value", "more", "frame_number"]
    assert table["name"] == ["a", "ä", ""]
    assert table["more"] == [1, None, True]
    assert table["frame_number"] == [0, 0, 0]
    for read, written in zip(table["value"], values, strict=True):
        np.testing.assert_array_equal(read, written)
        assert read.dtype == written.dtype


def test_the_published_tables_are_read(shared: Path) -> None:
    for name, rows in (("train", 5000), ("test", 300)):
        table = read_table(shared / "taichi" / "landmark" / f"taichi_{name}_gt.pkl", FIX)
        assert sorted(table) == ["file_name", "frame_number", "value"]
        assert {len(column) for column in table.values()} == {rows}
        assert np.stack(table["value"]).shape == (rows, 18, 2)
        assert sorted(table["file_name"]) == [f"{number:05}.png" for number in range(rows)]


@pytest.mark.parametrize("place", ["cell", "column name", "array"])
def test_a_program_in_it_is_not_run(path: Path, write_table: Callable[..., None], tmp_path: Path, place: str) -> None:
    evil = Reduced(os.system, f"touch {tmp_path / 'marker'}")
    hidden = np.empty(1, dtype=object)
    hidden[0] = evil
    columns = {
        "cell": {"name": ["a", evil]},
        "column name": {evil: ["a"]},
        "array": {"name": ["a"], "value": [hidden]},
    }
    write_table(path, columns[place])
    with pytest.raises(DkpError) as error:
        read_table(path, FIX)
    refused = "is refused, for it holds the class 'posix.system', which a table of arrays as published does not need."
    assert error.value.problem == f"{path} {refused}"
    assert error.value.hint == f"A pickle can run any program. Nothing in this one was run.\n{FIX}"
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"value": [np.zeros(3, dtype=np.float32)]}, "of <f4, not of 64-bit numbers"),
        ({"value": [np.zeros(3, dtype=">f8")]}, "of >f8, not of 64-bit numbers"),
        ({"value": [np.array([None])]}, r"of \|O8, not of 64-bit numbers"),
        ({"value": [[1, 2]]}, "a cell is a list"),
        ({"value": [{"a": 1}]}, "a cell is a dict"),
        ({"value": [b"a"]}, "a cell is a bytes"),
        ({5: ["a"]}, "its columns do not have a name each"),
        ({"frame_number": ["a"]}, "its columns do not have a name each"),
        ({str(number): ["a"] for number in range(20)}, r"\(21,\), and no more than \(16,\)"),
    ],
)
def test_other_content_is_refused(
    path: Path, write_table: Callable[..., None], columns: dict[Any, Any], problem: str
) -> None:
    write_table(path, columns)
    with pytest.raises(DkpError, match=f"{path} holds no table as published: .*{problem}") as error:
        read_table(path, FIX)
    assert error.value.hint == FIX


def test_a_table_of_another_pandas_is_refused(path: Path) -> None:
    path.write_bytes(b"\x80\x05\x8c\x16pandas._libs.internals\x94\x8c\x0f_unpickle_block\x94\x93\x94.")
    with pytest.raises(DkpError, match=r"'pandas\._libs\.internals\._unpickle_block'"):
        read_table(path, FIX)


@pytest.mark.parametrize("value", [[1, 2], "text", None, {"a": 1}])
def test_what_is_no_table_is_refused(path: Path, value: object) -> None:
    path.write_bytes(pickle.dumps(value, protocol=4))
    with pytest.raises(DkpError, match="holds no table as published: it has no DataFrame where one belongs"):
        read_table(path, FIX)


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(DkpError, match=f"{path} cannot be read"):
        read_table(path, FIX)


def test_a_large_file_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(table_pickle.LARGEST + 1)
    with pytest.raises(DkpError, match="has 8,388,609 bytes, and no more than 8,388,608 are read"):
        read_table(path, FIX)


def test_a_truncated_file_is_refused(path: Path, write_table: Callable[..., None]) -> None:
    write_table(path, {"name": ["a", "b"], "value": [np.zeros(3), np.ones(3)]})
    whole = path.read_bytes()
    for kept in range(0, len(whole), 7):
        path.write_bytes(whole[:kept])
        with pytest.raises(DkpError, match="damaged, or no pickle"):
            read_table(path, FIX)


@pytest.mark.parametrize(
    ("original", "spoiled", "problem"),
    [
        (b"K\x02K\x03\x86", b"K\x02K\x04\x86", "an array of it is"),
        (b"K\x02K\x03\x86", b"K\x01K\x03\x86", "not have as many cells as its shape says"),
        (b"K\x03\x85", b"K\x02\x85", "not have as many"),
        (b"K\x02K\x03K\x01\x87", b"K\x02K\x03K\x00\x87", "must not be zero"),
        (b"K\x02K\x03K\x01\x87", b"K\x07K\x08K\x01\x87", "index out of range"),
        (b"K\x02K\x03K\x01\x87", b"K\x00K\x01K\x01\x87", "its columns do not have a name each"),
        (b"K\x02K\x03K\x01\x87", b"K\x01K\x03K\x01\x87", "a block of it is"),
        (b"stop\x94K\x03", b"stop\x94K\x04", "a block of it is"),
        (b"0.14.1", b"0.15.1", "0.14.1"),
        (b"\x8c\x05_data", b"\x8c\x05_date", "_data"),
    ],
)
def test_a_spoiled_table_is_refused(
    path: Path, write_table: Callable[..., None], original: bytes, spoiled: bytes, problem: str
) -> None:
    write_table(path, {"name": ["a", "b", "c"], "value": [np.zeros(3), np.ones(3), np.ones(3)]})
    whole = path.read_bytes()
    assert original in whole
    path.write_bytes(whole.replace(original, spoiled))
    with pytest.raises(DkpError, match=f"holds no table as published: .*{problem}"):
        read_table(path, FIX)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_damaged_byte_never_ends_in_another_error(
    path: Path, write_table: Callable[..., None], place: float, byte: int
) -> None:
    write_table(path, {"name": ["a", "b"], "value": [np.zeros(3), np.ones(3)]})
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = byte
    path.write_bytes(content)
    with suppress(DkpError):
        table = read_table(path, FIX)
        assert {len(column) for column in table.values()} == {2}
