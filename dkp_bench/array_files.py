"""Opening arrays that NumPy stored, ``.npy`` and ``.npz``, which may be damaged or hostile: nothing is unpickled."""

import lzma
import os
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from dkp_bench.files import writing

DAMAGE = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
"""What reading a damaged or hostile file of arrays raises: NumPy reads the head of an array as Python source."""

LARGEST = 2**29
"""Bytes that the arrays of an ``.npz`` may take in memory together; the largest published dataset needs a tenth."""

_ODD_HEAD = "Reading `.npy` or `.npz` file required additional header parsing"
"""NumPy warns of a head that it had to guess at; whether the array is right is checked by whoever reads it."""


@contextmanager
def open_npz(source: Path | BinaryIO) -> Iterator[NpzFile]:
    """Return the arrays of a file: nothing is unpickled, and one that would unpack to more than 512 MiB is refused.

    Raises:
        OSError, ValueError, …: one of :data:`DAMAGE`, here or when an array is read.
    """
    with zipfile.ZipFile(source) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST:
        raise ValueError(f"its arrays would take {size:,} bytes, more than {LARGEST:,}")
    if not isinstance(source, Path):
        source.seek(0)
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):  # a shape may be beyond any number
        warnings.filterwarnings("ignore", _ODD_HEAD, UserWarning)
        with np.load(source, allow_pickle=False) as arrays:
            yield arrays


def map_npy(path: Path) -> NDArray[Any]:
    """Return the array of a file, mapped into memory: read as it is used, and read-only.

    Raises:
        ValueError: if the file is absent, damaged, or holds anything but an array of plain values.
    """
    try:
        with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
            warnings.filterwarnings("ignore", _ODD_HEAD, UserWarning)
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(mapped, np.ndarray):
            raise ValueError("it holds several arrays")
        return mapped
    except DAMAGE as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ValueError(f"{path.name} cannot be read: {why or type(error).__name__}") from error


def new_npy(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Make a new file with an array of zeros, mapped into memory to be filled.

    All of its room is taken on the disk now: one that turns out to be full while the array is filled ends the process.

    Raises:
        WriteError: if the file cannot be written, or the disk has not enough room.
    """
    with writing(path):
        array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
