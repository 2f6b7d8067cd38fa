"""Tables in pickles that pandas before 1.1 wrote, read without pandas and without running anything."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.taichi.pickle_machine import Call, ForbiddenError, Name, inert
from dkp_bench.errors import DkpError

LARGEST = 8 * 2**20
"""Bytes of a file; the larger one of Taichi's has 1.7 million."""
MOST_COLUMNS = 16

_TABLE = Name("pandas.core.frame", "DataFrame")
_BLOCKS = Name("pandas.core.internals", "BlockManager")
_MAKE_INDEX = Name("pandas.core.indexes.base", "_new_Index")
_INDEX = Name("pandas.core.indexes.base", "Index")
_RANGE = Name("pandas.core.indexes.range", "RangeIndex")
_SLICE = Name("builtins", "slice")
_ARRAY, _DTYPE = Name("numpy", "ndarray"), Name("numpy", "dtype")
_MAKE_ARRAY = tuple(Name(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core"))
ADMITTED = frozenset({_TABLE, _BLOCKS, _MAKE_INDEX, _INDEX, _RANGE, _SLICE, _ARRAY, _DTYPE, *_MAKE_ARRAY})
"""The names that a table of arrays needs; NumPy 2 calls its inner module by another name than NumPy 1."""
_NUMBERS = {("f8", "<"): "<f8", ("i8", "<"): "<i8"}
_OBJECTS = ("O8", "|")


def read_table(path: Path, fix: str) -> dict[str, list[Any]]:
    """Read the columns of a pickled table by name: text, whole numbers, or arrays of numbers.

    Args:
        path: of the file, in the form that pandas before 1.1 wrote.
        fix: what to do about a file that is refused.

    Raises:
        DkpError: naming the file and what in it is forbidden or wrong, before anything in it could run.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DkpError(f"{path} has {size:,} bytes, and no more than {LARGEST:,} are read.", fix)
        return _columns(inert(path.read_bytes(), ADMITTED))
    except OSError as error:
        raise DkpError(f"{path} cannot be read: {error}.", fix) from error
    except ForbiddenError as error:
        problem = f"{path} is refused, for it holds {error}, which a table of arrays as published does not need."
        raise DkpError(problem, f"A pickle can run any program. Nothing in this one was run.\n{fix}") from error
    except (ValueError, TypeError, LookupError) as error:
        raise DkpError(f"{path} holds no table as published: {error}.", fix) from error


def _columns(table: object) -> dict[str, list[Any]]:
    """Return the columns, which lie together in blocks by their kind; each block says which ones it holds."""
    manager = _state(table, dict, _TABLE)["_data"]
    content = _state(manager, tuple, _BLOCKS)[-1]["0.14.1"]
    index, rows = content["axes"]
    names = _cells(_index(index, _INDEX)["data"], (MOST_COLUMNS,)).tolist()
    count = len(range(*(_index(rows, _RANGE)[part] for part in ("start", "stop", "step"))))
    columns: dict[str, list[Any]] = {}
    if len(content["blocks"]) > len(names):
        raise ValueError("it has more blocks than columns")
    for block in content["blocks"]:
        positions = range(*_call(block["mgr_locs"], _SLICE).arguments)
        cells = _cells(block["values"], (len(names), count))
        if cells.shape != (len(positions), count):
            raise ValueError(f"a block of it is {cells.shape}, not {(len(positions), count)}")
        columns |= {names[position]: cells[i].tolist() for i, position in enumerate(positions)}
    if len(columns) != len(names) or not all(isinstance(name, str) for name in names):
        raise ValueError("its columns do not have a name each")
    return columns


def _index(value: object, kind: Name) -> dict[str, Any]:
    made, content = _call(value, _MAKE_INDEX).arguments
    if made != kind or not isinstance(content, dict):
        raise ValueError(f"its index is no {kind.name}")
    return content


def _cells(value: object, limit: tuple[int, ...]) -> NDArray[Any]:
    """Return an array of numbers, or one of text, numbers and arrays of numbers that are not nested further.

    One list may stand for many arrays, so nothing is made that is larger than ``limit``.
    """
    kind, shape, order, content = _array_parts(value)
    if len(shape) != len(limit) or any(side > most for side, most in zip(shape, limit, strict=True)):
        raise ValueError(f"an array of it is {shape}, and no more than {limit} belongs there")
    if kind != _OBJECTS:
        return _numbers(value)
    if not isinstance(content, list) or len(content) != math.prod(shape):
        raise ValueError("an array does not have as many cells as its shape says")
    cells = np.empty(len(content), dtype=object)
    for i, item in enumerate(content):
        cells[i] = _numbers(item) if isinstance(item, Call) else item
        if not isinstance(cells[i], np.ndarray | str | int | None):
            raise ValueError(f"a cell is a {type(item).__name__}")
    return cells.reshape(shape, order=order)


def _numbers(value: object) -> NDArray[Any]:
    kind, shape, order, content = _array_parts(value)
    if kind not in _NUMBERS:
        raise ValueError(f"an array in a cell is of {kind[1]}{kind[0]}, not of 64-bit numbers")
    if not isinstance(content, bytes) or len(content) != 8 * math.prod(shape):
        raise ValueError("an array does not have as many bytes as its shape says")
    return np.frombuffer(content, _NUMBERS[kind]).reshape(shape, order=order)


def _array_parts(value: object) -> tuple[tuple[str, str], tuple[int, ...], Any, object]:
    """Return what NumPy pickles of an array: kind and byte order, shape, order in memory, and content."""
    _, shape, dtype, is_fortran, content = _state(value, tuple, *_MAKE_ARRAY)
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and 0 <= side <= LARGEST for side in shape):
        raise ValueError("an array has no shape")
    kind, byte_order = _call(dtype, _DTYPE).arguments[0], _state(dtype, tuple, _DTYPE)[1]
    if not isinstance(kind, str) or not isinstance(byte_order, str):
        raise ValueError("an array has no kind")
    return (kind, byte_order), shape, "F" if is_fortran else "C", content


def _state(value: object, kind: type[Any], *names: Name) -> Any:
    state = _call(value, *names).state
    if not isinstance(state, kind):
        raise ValueError(f"a {names[0].name} in it has no state")
    return state


def _call(value: object, *names: Name) -> Call:
    if not isinstance(value, Call) or value.name not in names:
        raise ValueError(f"it has no {names[0].name} where one belongs")
    return value
