"""How numbers are written."""

import re
from decimal import Decimal


def number(value: float, digits: int) -> str:
    """A number with a fixed count of decimals and a true minus sign; zero has no sign."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def signed(value: float, digits: int) -> str:
    """A change: as :func:`number`, with a plus sign where it rises."""
    text = number(value, digits)
    return text if text.startswith("−") or not re.search("[1-9]", text) else f"+{text}"


def as_published(value: Decimal, *, change: bool = False) -> str:
    """A published number with the digits it was published with; a rising change has a plus sign."""
    return f"{value:+}".replace("-", "−") if change else f"{value}".replace("-", "−")


def duration(seconds: float) -> str:
    """Wall-clock time in the largest two units that matter: ``48 s``, ``6 min 30 s``, ``3 h 05 min``."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def seeds(count: int) -> str:
    """``1 seed`` or ``3 seeds``."""
    return counted(count, "seed")


def counted(count: int, noun: str) -> str:
    """``1 cell`` or ``3 cells``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


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
