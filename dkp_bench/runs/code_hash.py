"""The hash of the code that trains a method: it names the code of a run, and a change makes the run due again."""

import hashlib
import inspect
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import dkp_bench
from dkp_bench.errors import DkpError
from dkp_bench.methods import Method
from dkp_bench.syntax import former_meanings, meaning

SHARED_CODE = ("depth/encoding.py", "ops/*.py", "training/*.py")
"""Files of dkp_bench that every trained method runs; how depth was estimated is known from its store."""


Methods = Collection[type[Method]]
Told = TypeVar("Told")


def code_hash(methods: Methods) -> str:
    """Eight hexadecimal digits over the code that trains ``methods``; comments, docstrings and layout do not count.

    Every supported Python gives the same.

    Raises:
        DkpError: naming the file, if a source cannot be read.
    """
    return _digest(_read(source, _meaning) for source in _sources(methods))


def former_code_hashes(methods: Methods) -> frozenset[str]:
    """What dkp-bench 0.1.0 called the same code under Python 3.11, 3.12 and 3.13, for runs that were made with it.

    Raises:
        DkpError: naming the file, if a source cannot be read.
    """
    dialects = zip(*(_read(source, _former) for source in _sources(methods)), strict=True)
    return frozenset(_digest(dialect) for dialect in dialects)


def _digest(meanings: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(meanings)).encode()).hexdigest()[:8]


def _sources(methods: Methods) -> set[Path]:
    package = Path(dkp_bench.__file__).parent
    shared = {file for pattern in SHARED_CODE for file in package.glob(pattern)}
    bases = {base for method in methods for base in method.__mro__ if issubclass(base, Method)}
    return shared | {Path(inspect.getfile(base)) for base in bases}


def _read(file: Path, tell: Callable[[bytes], Told]) -> Told:
    try:
        return tell(file.read_bytes())
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    except (RecursionError, MemoryError):
        why = "it is nested too deep"
    raise DkpError(f"{file}: cannot be read as Python: {why}", "correct it; its code belongs to the run")


@cache
def _meaning(source: bytes) -> str:
    return meaning(source)


@cache
def _former(source: bytes) -> tuple[str, ...]:
    return former_meanings(source)
