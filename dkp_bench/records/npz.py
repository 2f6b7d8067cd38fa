"""Opening ``.npz`` files that may be damaged or hostile."""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib.npyio import NpzFile

DAMAGE = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
"""What reading a damaged or hostile ``.npz`` raises: NumPy reads the head of an array as Python source."""

LARGEST = 2**32
"""Bytes that the arrays of a file may take in memory together."""


@contextmanager
def open_npz(source: Path | BinaryIO) -> Iterator[NpzFile]:
    """The arrays of a file: nothing in it is unpickled, and one that would unpack to more than 4 GiB is refused.

    Raises:
        OSError, ValueError, …: one of :data:`DAMAGE`, here or when an array is read.
    """
    with zipfile.ZipFile(source) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST:
        raise ValueError(f"its arrays would take {size:,} bytes, more than {LARGEST:,}")
    if not isinstance(source, Path):
        source.seek(0)
    with np.load(source, allow_pickle=False) as arrays:
        yield arrays
