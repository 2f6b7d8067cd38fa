"""Reading a table of numbers from a MATLAB file (version 5, which MATLAB 5 to 7 write), whatever is in the file.

SciPy looks types up in a table by the numbers that a file has for them, so a damaged one can end the process. Here
every number is checked before it is used. The format: MathWorks, "MAT-File Format", chapter 1; R2016b.
"""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Order = Literal["little", "big"]

LARGEST = 64 * 2**20
"""Bytes of a file, and of a variable that is stored compressed; the largest one published has 3.4 million."""
MOST_DIMENSIONS = 8
HEADER = 128
"""Bytes before the first variable."""
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""NumPy's names of the types that numbers are stored in, whatever the class of the variable."""
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_CLASSES = dict(enumerate(("float64", "float32", "int8", "uint8", "int16", "uint16", "int32", "uint32"), start=6))
_CLASSES |= {14: "int64", 15: "uint64"}
"""What MATLAB calls the variable by, for numbers: double, single, and whole ones."""
_COMPLEX = 0x800
_OTHERS = {1: "object", 2: "a structure", 3: "object", 4: "text", 5: "a sparse matrix"}


class _Element(NamedTuple):
    """A piece of the file: what type it says it has, its bytes, and where the next one starts."""

    type: int
    data: memoryview
    end: int


def read_matrix(path: Path, name: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Read a variable of a MATLAB file that is a table of real numbers.

    Args:
        path: the file.
        name: of the variable; of several ones of that name the first counts.
        shape: what it must have; None stands for any side but 0.

    Returns:
        The numbers in the type that they are stored in, which need not be the class of the variable.

    Raises:
        ValueError: if the file is damaged or of another version, has no such variable, or that is something else; the
            message says which.
        OSError: if there is no such file.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _unreadable(f"it has more than {LARGEST:,} bytes")
    order = _byte_order(content)
    for element in _elements(memoryview(content)[HEADER:], order, padded=False):
        if element.type not in (_MATRIX, _COMPRESSED):
            raise _unreadable(f"there is no variable of the type {element.type}")
        parts = _elements(element.data if element.type == _MATRIX else _unpacked(element.data, order), order)
        flags, sizes, called = (next(parts, None) for _ in range(3))
        if flags is None or sizes is None or called is None or called.type != _INT8:
            raise _unreadable("a variable has no size or no name")
        if bytes(called.data) == name.encode("ascii"):
            kind, found = _described(flags, sizes, order)
            fits = len(found) == len(shape) and all(
                side == wanted if wanted is not None else side > 0 for side, wanted in zip(found, shape, strict=True)
            )
            if kind in _OTHERS.values() or kind.startswith("complex") or not fits:
                wanted = str(shape).replace("None", "N")
                raise ValueError(f"{name!r} is {kind} {found}, not numbers of the shape {wanted}")
            return _values(next(parts, None), found, order)
    raise ValueError(f"it has no variable {name!r}")


def _unreadable(why: str) -> ValueError:
    return ValueError(f"it is no MATLAB file that can be read: {why}")


def _byte_order(content: bytes) -> Order:
    """Return the order of the bytes of a number, once it is sure that this is a file of version 5."""
    mark, version = content[126:HEADER], content[124:126]
    if content.startswith(b"\x89HDF") or (mark in (b"IM", b"MI") and 2 in version):
        raise _unreadable("it is of MATLAB 7.3; save it in MATLAB with the option -v7")
    if len(content) < HEADER or mark not in (b"IM", b"MI") or version[mark == b"IM"] != 1:
        raise _unreadable("it does not begin as one of version 5 to 7 does")
    return "little" if mark == b"IM" else "big"


def _described(flags: _Element, sizes: _Element, order: Order) -> tuple[str, tuple[int, ...]]:
    """Return what a variable says that it is, in words where it is no table of numbers, and its shape."""
    if flags.type != _UINT32 or len(flags.data) != 8 or sizes.type != _INT32 or len(sizes.data) % 4:
        raise _unreadable("a variable does not say what it is")
    flag, shape = int(_numbers(flags.data, "u4", order)[0]), tuple(_numbers(sizes.data, "i4", order).tolist())
    if not 2 <= len(shape) <= MOST_DIMENSIONS or min(shape) < 0:
        raise _unreadable(f"a variable has {len(shape)} dimensions, or one that is less than nothing")
    kind = _OTHERS.get(flag & 0xFF) or _CLASSES.get(flag & 0xFF)
    if kind is None:
        raise _unreadable(f"there is no class {flag & 0xFF} of variables")
    if flag & _COMPLEX and kind not in _OTHERS.values():
        kind = "complex128" if kind == "float64" else f"complex {kind}"
    return kind, shape


def _values(element: _Element | None, shape: tuple[int, ...], order: Order) -> NDArray[Any]:
    if element is None or element.type not in _TYPES:
        raise _unreadable("a table has no numbers")
    kind = _TYPES[element.type]
    if len(element.data) != math.prod(shape) * np.dtype(kind).itemsize:
        raise _unreadable(f"{len(element.data):,} bytes are too few or too many for a table of the shape {shape}")
    return _numbers(element.data, kind, order).reshape(shape, order="F")


def _numbers(data: memoryview, kind: str, order: Order) -> NDArray[Any]:
    """Return numbers in this machine's own byte order."""
    stored = np.frombuffer(data, np.dtype(kind).newbyteorder(order))
    return stored.astype(kind)


def _elements(data: memoryview, order: Order, *, padded: bool = True) -> Iterator[_Element]:
    """Yield the elements in order; those within a variable are padded to eight bytes, variables are not."""
    at = 0
    while at < len(data):
        element = _element(data, at, order)
        at = element.end + (-element.end % 8 if padded or element.type == _MATRIX else 0)
        yield element


def _element(data: memoryview, at: int, order: Order) -> _Element:
    """Read one element: a tag of eight bytes and the data, or, of up to four bytes, all in eight."""
    first = int.from_bytes(data[at : at + 4], order)
    if first >> 16:
        kind, length, start = first & 0xFFFF, first >> 16, at + 4
        if length > 4:
            raise _unreadable("a short piece of it is too long")
        end = at + 8
    else:
        kind, length, start = first, int.from_bytes(data[at + 4 : at + 8], order), at + 8
        end = start + length
    if len(data) < max(end, at + 8):
        raise _unreadable("it ends too early")
    return _Element(kind, data[start : start + length], end)


def _unpacked(data: memoryview, order: Order) -> memoryview:
    """Return the content of the variable that is compressed in an element."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, LARGEST)
    except zlib.error as error:
        raise _unreadable(str(error)) from error
    if not unpacking.eof:
        raise _unreadable(f"a variable ends too early, or has more than {LARGEST:,} bytes")
    element = _element(memoryview(content), 0, order)
    if element.type != _MATRIX:
        raise _unreadable(f"there is no variable of the type {element.type}")
    return element.data
