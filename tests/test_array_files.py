"""Hostile archives: whatever is in one, reading it raises what is known to come."""

import errno
import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.array_files import map_npy, new_npy
from dkp_bench.errors import DkpError
from dkp_bench.runs.predictions import read_predictions

HEAD = "{'descr': %s, 'fortran_order': False, 'shape': %s}"
WARNINGS = "ignore:Reading `.npy` or `.npz` file required additional header parsing:UserWarning"


def archive(head: str, method: int = zipfile.ZIP_STORED) -> bytes:
    """An ``.npz`` whose arrays have a head of their own and 480 bytes."""
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode("latin-1") + bytes(480)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name in ("fit.npy", "test.npy"):
            made.writestr(zipfile.ZipInfo(name), array, method)
    return buffer.getvalue()


SOUND = HEAD % ("'<f4'", "(20, 3, 2)")
SHAPES = (
    "(1000000000000, 3, 2)",
    f"({10**30},)",
    f"(0, {10**30})",
    "(-1, 3, 2)",
    "(4294967296, 4294967296, 2)",
    "(True,)",
)
TYPES = ("((),)", "('<f4',)", "[('a',)]", "'<U1000000000'", "None", "('<f4', (1000000, 1000000))", "'f4,f4'", "'O'")


@pytest.mark.filterwarnings(WARNINGS)
@pytest.mark.parametrize(
    "head",
    [
        *(HEAD % ("'<f4'", shape) for shape in SHAPES),
        *(HEAD % (kind, "(20, 3, 2)") for kind in TYPES),
        *("{'descr': (", "  {'a'\n   b\n  c", "(" * 9000, "-" * 9000 + "1", "{[]: 1}", "{1, 2}", " " * 60_000, "\0"),
    ],
)
def test_a_head_that_lies_is_refused(head: str, tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(archive(head))
    with pytest.raises(DkpError, match="is not a file of predictions"):
        read_predictions(tmp_path / "x.npz")


@given(
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=3),
)
@pytest.mark.filterwarnings("ignore")
def test_changed_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, method: int, changes: list[tuple[float, int]]
) -> None:
    content = bytearray(archive(SOUND, method))
    for place, byte in changes:
        content[int(place * len(content))] = byte
    path = tmp_path_factory.mktemp("changed") / "x.npz"
    path.write_bytes(content)
    with suppress(DkpError):
        assert read_predictions(path).regression.dtype == np.float32


def test_damaged_lzma_is_refused(tmp_path: Path) -> None:
    content = bytearray(archive(SOUND, zipfile.ZIP_LZMA))
    content[41] ^= 0xFF
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DkpError, match="is not a file of predictions"):
        read_predictions(tmp_path / "x.npz")


def test_a_new_array_has_all_of_its_room_and_can_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    array = new_npy(path, (300, 200), np.dtype(np.float32))
    assert path.stat().st_blocks * 512 >= 300 * 200 * 4, "a sparse file finds out that the disk is full when it is late"
    array[:] = 2
    np.testing.assert_array_equal(map_npy(path), np.full((300, 200), 2, np.float32))


def test_a_disk_without_room_for_a_new_array_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, start: int, length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(DkpError, match="the disk is full"):
        new_npy(tmp_path / "a.npy", (3, 2), np.dtype(np.float32))
