"""SciPy reads the same files, with code of its own."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.io import loadmat, savemat

from dkp_bench.datasets.mat_file import LARGEST, read_matrix

NUMBERS = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
TABLE = np.arange(6.0).reshape(2, 3)
HEADER = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x100) + b"IM"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.mat"


def saved(compressed: bool = False, **variables: object) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, variables, do_compression=compressed)
    return buffer.getvalue()


@given(
    kind=st.sampled_from(NUMBERS),
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    compressed=st.booleans(),
    name=st.sampled_from(["a", "four", "keypoints_2d"]),
)
def test_a_table_is_what_scipy_reads(
    tmp_path_factory: pytest.TempPathFactory, kind: str, shape: list[int], compressed: bool, name: str
) -> None:
    path = tmp_path_factory.mktemp("tables") / "a.mat"
    table = np.random.default_rng(len(shape)).uniform(0, 100, shape).astype(kind)
    path.write_bytes(saved(compressed, first="text", **{name: table}, last={"a": 1}))
    expected = loadmat(path)[name]
    found = read_matrix(path, name, (*shape[:-1], None))
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_the_real_annotation_is_what_scipy_reads(shared: Path) -> None:
    path = shared / "lspet" / "joints.mat"
    if not path.is_file():
        pytest.skip("Leeds Sports Pose Extended is not there")
    np.testing.assert_array_equal(read_matrix(path, "joints", (14, 3, None)), loadmat(path)["joints"])


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(order: str = "<", *, class_: int = 6, shape: tuple[int, ...] = (2, 3), stored: int = 9) -> bytes:
    parts = element(6, struct.pack(f"{order}II", class_, 0), order)
    parts += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    values: NDArray[np.float64] = TABLE.astype(np.dtype("f8").newbyteorder(order))
    return element(14, parts + element(1, b"a", order) + element(stored, values.tobytes("F"), order), order)


def test_big_endian_files_are_read(path: Path) -> None:
    path.write_bytes(b"MATLAB 5.0".ljust(124) + struct.pack(">H", 0x100) + b"MI" + matrix(">"))
    found = read_matrix(path, "a", (2, 3))
    np.testing.assert_array_equal(found, TABLE)
    np.testing.assert_array_equal(found, loadmat(path)["a"])


@pytest.mark.parametrize("stored", [0, 8, 10, 11, 14, 19, 20, 200, 2**16 - 1, 2**31])
def test_a_type_out_of_range_is_refused_where_scipy_ends_the_process(path: Path, stored: int) -> None:
    path.write_bytes(HEADER + matrix(stored=stored))
    with pytest.raises(ValueError, match="it is no MATLAB file that can be read"):
        read_matrix(path, "a", (2, 3))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER + matrix(class_=200), "no class 200"),
        (HEADER + matrix(class_=1), r"'a' is object \(2, 3\), not numbers of the shape \(2, 3\)"),
        (HEADER + matrix(class_=0x806), r"'a' is complex128 \(2, 3\), not numbers"),
        (HEADER + matrix(shape=(3, 2)), r"'a' is float64 \(3, 2\), not numbers of the shape \(2, 3\)"),
        (HEADER + matrix(shape=(2, -3)), "less than nothing"),
        (HEADER + matrix(shape=(2,) * 40), "40 dimensions"),
        (HEADER + matrix(stored=7), "48 bytes are too few or too many"),
        (HEADER + matrix()[:-8], "it ends too early"),
        (HEADER + element(15, zlib.compress(matrix())[:-6]), "ends too early, or has more"),
        (HEADER + element(15, zlib.compress(bytes(LARGEST + 100))), "ends too early, or has more"),
        (HEADER + element(15, b"no zlib"), "incorrect header check"),
        (HEADER + element(14, b""), "no size or no name"),
        (HEADER + element(3, b""), "no variable of the type 3"),
        (HEADER, "it has no variable 'a'"),
        (HEADER[:124] + struct.pack("<H", 0x200) + b"IM", "save it in MATLAB with the option -v7"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "save it in MATLAB with the option -v7"),
        (struct.pack("<IIIII", 0, 2, 3, 0, 2) + b"a\0" + TABLE.tobytes(), "of version 5 to 7"),
    ],
)
def test_what_is_damaged_is_refused(path: Path, content: bytes, told: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=told):
        read_matrix(path, "a", (2, 3))
