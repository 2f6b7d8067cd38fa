"""How things are written for people: numbers, times, lists, and text in 80 columns."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")

WIDTH = 80
"""Columns of what commands print, on any terminal: output in a file or a pipe is the same everywhere."""


def number(value: float, digits: int) -> str:
    """Return a number with a fixed count of decimals and a true minus sign; zero has no sign.

    >>> number(-1.25, 1), number(-0.001, 2)
    ('−1.2', '0.00')
    """
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def signed(value: float, digits: int) -> str:
    """Return a change: as :func:`number`, with a plus sign where it rises.

    >>> signed(0.5, 1), signed(0.01, 1)
    ('+0.5', '0.0')
    """
    text = number(value, digits)
    return text if text.startswith("−") or not re.search("[1-9]", text) else f"+{text}"


def as_published(value: Decimal, *, change: bool = False) -> str:
    """Return a published number with the digits it was published with; a rising change has a plus sign."""
    return f"{value:+}".replace("-", "−") if change else f"{value}".replace("-", "−")


def duration(seconds: float) -> str:
    """Return wall-clock time in the largest two units that matter.

    >>> duration(48), duration(390), duration(11100)
    ('48 s', '6 min 30 s', '3 h 05 min')
    """
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def utc_now() -> str:
    """Return the time now as ISO 8601 in UTC, to the second: the form that every file of this project has."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def seeds(count: int) -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return counted(count, "seed")


def counted(count: int, noun: str) -> str:
    """Return ``1 run`` or ``3 runs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def joined(names: Iterable[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``; an empty text for none.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def cut_short(items: Sequence[T], most: int) -> tuple[Sequence[T], str]:
    """Return the first ``most`` items, and how many are left out: ``and 3 more``, empty where none is.

    >>> cut_short(["a", "b", "c"], 1)
    (['a'], 'and 2 more')
    """
    return items[:most], f"and {len(items) - most:,} more" if len(items) > most else ""


NO_BREAK = "\N{NO-BREAK SPACE}"

_KEPT_TOGETHER = re.compile(
    r"(?<=[0-9]) (?=%|px\b|points?\b|seeds?\b|h\b|min\b|s\b|core-|GPU-|±)"  # a number and its unit
    r"|(?<=±) (?=[0-9])"
    r"|(?<=\bK) (?== [0-9])|(?<=\bK =) (?=[0-9])"  # K = 10
    r"|(?<=\btier) (?=[0-9])|(?<=\bseed) (?=[0-9])"
    r"|(?<=[0-9]) (?=to [+−]?[0-9])|(?<=[0-9] to) (?=[+−]?[0-9])"  # 6.05 to 6.60
)


def unbroken(text: str) -> str:
    """Return ``text`` with spaces that no line is broken at inside numbers with units, intervals and ``K = 10``.

    >>> unbroken("K = 1, 95 %").replace(NO_BREAK, "_")
    'K_=_1, 95_%'
    """
    return _KEPT_TOGETHER.sub(NO_BREAK, text)


COMMAND = re.compile(
    r"(?:^|(?<=[:,;] )|(?<=: ))(?:dkp-bench|nox|torchrun|python\S*|pip|git|rm|mv|curl|unset|export) .*$"
)
"""A command at the end of a line, which is to be pasted: it is never broken."""
QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,100}'(?!\w)")
"""A quotation, which may be a command in the middle of a sentence."""


def two_columns(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Return texts by group and name, the names of all groups in one column; a word too long for its line stays."""
    width = max(len(name) for group in groups.values() for name in group)
    return "\n\n".join(
        "\n".join([title, *(entry(f"  {name:<{width}}  ", text) for name, text in group.items())])
        for title, group in groups.items()
    )


def entry(head: str, text: str) -> str:
    """Return a text after its head, in lines of 80 that start below the text's first; a long word is not cut."""
    return wrapped(text, head, " " * len(head))


def folded(text: str) -> str:
    """Return the same lines in 80 columns; what is too much for one stands below it, two columns further in."""
    return "\n".join(folded_line(line) for line in text.splitlines())


def folded_line(line: str) -> str:
    """Return a line in 80 columns that can still be pasted from: no word, path, quotation or command is broken.

    >>> print(folded_line("there is no such run here, but it can be made with: dkp-bench train autolink mannequin"))
    there is no such run here, but it can be made with:
      dkp-bench train autolink mannequin
    """
    indent = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    command = COMMAND.search(text)
    prose, tail = (text[: command.start()].rstrip(), command.group()) if command else (text, "")
    whole = QUOTED.sub(lambda found: found.group().replace(" ", "\0"), prose)
    lines = wrapped(whole, indent, f"{indent}  ").replace("\0", " ").splitlines()
    if tail:
        beside = f"{lines[-1]} {tail}" if lines else f"{indent}{tail}"
        lines = [*lines[:-1], beside] if len(beside) <= WIDTH or not lines else [*lines, f"{indent}  {tail}"]
    return "\n".join(lines)


def wrapped(text: str, first: str = "", following: str = "") -> str:
    """Return a paragraph in lines of 80 columns, the first after ``first`` and the others after ``following``.

    Neither long words, which may be paths, nor words with hyphens, which may be options, are broken.
    """
    wrapper = textwrap.TextWrapper(WIDTH, first, following, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)
