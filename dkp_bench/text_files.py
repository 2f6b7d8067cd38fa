"""Reading text, TOML and JSON that a person edited or a disk damaged: a value, or one error that names the file.

Python's own parsers recurse into what is nested and take quadratic time for numbers of thousands of digits, so size,
nesting and digits are bounded before they see the text. A byte order mark, which some editors write, is no part of it.
"""

import json
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dkp_bench.errors import DkpError, printable

LARGEST = 16 * 2**20
"""Bytes that a text file may have, unless its reader says otherwise."""
DEEPEST = 100
"""Brackets, or parts of a dotted TOML key, that may be open within each other."""
DIGITS = 400
"""Digits in a row that a number may have: the largest float has 309, and Python reads 4300."""

_TOO_LONG = re.compile(rf"[0-9_]{{{DIGITS + 1}}}")
# Possessive (*+, ++), so that no damaged text makes them go back: they take time in proportion to its length.
_KEY = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')\s*+"
_TOO_DOTTED = re.compile(rf"(?<![\w-])(?:{_KEY}\.\s*+){{{DEEPEST}}}")
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_JSON_SIGNS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_TOML_SIGNS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""'  # a text of several lines, then likewise without escapes
    r"|'''(?:[^']|'(?!''))*+'''"
    r'|"(?:[^"\\\n]|\\.)*+"?|\'[^\'\n]*+\'?'  # a text on one line, closed or not
    r"|\#[^\n]*+|[\[{]|[\]}]",
    re.DOTALL,
)


class UnreadableError(DkpError):
    """A file that cannot be read as what it should be.

    Attributes:
        path: the file.
        why: what is wrong with it, without its name.
    """

    def __init__(self, path: Path, kind: str, why: str, hint: str = "") -> None:
        super().__init__(f"{path}: cannot be read as {kind} ({printable(why)})", hint)
        self.path, self.why = path, why


class AbsentError(UnreadableError):
    """A file that is not there."""

    def __init__(self, path: Path, hint: str = "") -> None:
        DkpError.__init__(self, f"{path}: there is no such file", hint)
        self.path, self.why = path, "there is no such file"


def read_text(path: Path, *, hint: str = "", largest: int = LARGEST) -> str:
    """Read a whole file of UTF-8 text; a byte order mark is left out.

    Args:
        path: the file.
        hint: what to do where it cannot be read.
        largest: bytes that it may have.

    Raises:
        AbsentError: if there is no such file.
        UnreadableError: if it is too large, is not UTF-8, or cannot be read.
    """
    return decode(_bytes(path, "text", hint, largest), path, hint=hint)


def decode(content: bytes, path: Path, *, kind: str = "text", hint: str = "") -> str:
    """Decode the ``content`` of the file at ``path``, as :func:`read_text` does.

    Raises:
        UnreadableError: if it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(path, kind, f"line {line} is not UTF-8", hint) from error


def read_toml(
    path: Path, *, hint: str = "", largest: int = LARGEST, parse_float: Callable[[str], Any] = float
) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        AbsentError: if there is no such file.
        UnreadableError: if it is no TOML, or is larger or nested deeper than it may be.
    """
    text = decode(_bytes(path, "TOML", hint, largest), path, kind="TOML", hint=hint)
    try:
        return parse_toml(text, parse_float=parse_float)
    except ValueError as error:
        raise UnreadableError(path, "TOML", str(error), hint) from error


def parse_toml(text: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """Parse TOML within the limits of this module.

    Raises:
        ValueError: saying what is wrong and, where the parser knows it, in which line.

    >>> parse_toml("a = " + "[" * 1000 + "]" * 1000)
    Traceback (most recent call last):
    ValueError: it is nested deeper than 100 levels
    """
    text = text.replace("\r\n", "\n")
    if _TOO_DOTTED.search(text):
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    _check_limits(text, _TOML_SIGNS)
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except (RecursionError, ArithmeticError) as error:  # Decimal raises the latter for 1e99999999999999999999
        raise ValueError(f"a value cannot be read: {type(error).__name__}") from error


def read_json(path: Path, *, hint: str = "", largest: int = LARGEST, finite: bool = True) -> Any:
    """Read a JSON file; of ``finite``, :func:`parse_json` says more.

    Raises:
        AbsentError: if there is no such file.
        UnreadableError: if it is no JSON (NaN and infinity are none), or is larger or nested deeper than it may be.
    """
    text = decode(_bytes(path, "JSON", hint, largest), path, kind="JSON", hint=hint)
    try:
        return parse_json(text, finite=finite)
    except ValueError as error:
        raise UnreadableError(path, "JSON", str(error), hint) from error


def parse_json(text: str, *, finite: bool = True) -> Any:
    """Parse JSON within the limits of this module.

    Args:
        text: the JSON.
        finite: refuse NaN, infinity and numbers beyond any float; without it a reader gets them as floats, to say where
            they stand.

    Raises:
        ValueError: saying what is wrong and where.

    >>> parse_json("[NaN]")
    Traceback (most recent call last):
    ValueError: NaN is not JSON
    """
    _check_limits(text, _JSON_SIGNS)
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite) if finite else json.loads(text)
        if _HALF_PAIR.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a surrogate pair, which is no text") from error
    return value


@dataclass(frozen=True)
class Lines:
    """What a log of one JSON object a line holds.

    Attributes:
        values: the objects of the whole lines, in order, up to the first damaged one where ``stop`` was asked for.
        damaged: numbers of the lines that are no JSON object, from 1. A last line that was cut off by a kill (it has no
            line end) is not among them, and not among the values.
    """

    values: tuple[dict[str, Any], ...]
    damaged: tuple[int, ...]


def read_json_lines(path: Path, *, stop: bool = False, largest: int = LARGEST) -> Lines:
    """Read a log of one JSON object a line, as far as it can be read; a file that is not there holds none.

    Args:
        path: the file.
        stop: read nothing beyond the first damaged line, for a log whose lines build on each other.
        largest: bytes that it may have.

    Raises:
        UnreadableError: if the file itself cannot be read or is too large.
    """
    try:
        content = _bytes(path, "a log", "", largest)
    except AbsentError:
        return Lines((), ())
    values: list[dict[str, Any]] = []
    damaged: list[int] = []
    for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        try:
            value = parse_json(line.decode("utf-8-sig"))
            if not isinstance(value, dict):
                raise ValueError("no object")
            values.append(value)
        except ValueError:  # UnicodeDecodeError is one
            damaged.append(number)
            if stop:
                break
    return Lines(tuple(values), tuple(damaged))


def _bytes(path: Path, kind: str, hint: str, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError as error:
        raise AbsentError(path, hint) from error
    except OSError as error:
        raise UnreadableError(path, kind, error.strerror or str(error), hint) from error
    if len(content) > largest:
        raise UnreadableError(path, kind, f"it is larger than {largest:,} bytes", hint)
    return content


def _check_limits(text: str, signs: re.Pattern[str]) -> None:
    """Refuse what the parsers would choke on, at a cost that is linear in the text."""
    if _TOO_LONG.search(text):
        raise ValueError(f"a number has more than {DIGITS} digits")
    depth = 0
    for found in signs.finditer(text):
        sign = found.group()
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError(f"it is nested deeper than {DEEPEST} levels")
        elif sign in "]}":
            depth -= 1


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{printable(digits, 40)} is larger than any number")
    return value
