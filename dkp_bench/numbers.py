"""Means and spreads over seeds, and how numbers are written."""

import re
import statistics
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Measured:
    """One measured quantity, a value for each seed; never empty."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Arithmetic mean over seeds."""
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float | None:
        """Sample standard deviation over seeds (n − 1 in the denominator), None for a single seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    def text(self, digits: int) -> str:
        """Mean ± standard deviation; a single seed has no ±."""
        mean = number(self.mean, digits)
        return mean if self.sd is None else f"{mean} ± {number(self.sd, digits)}"


def percent_change(before: Measured, after: Measured) -> float | None:
    """Relative change of the mean, in %; None from a mean of zero."""
    return None if before.mean == 0 else 100 * (after.mean - before.mean) / before.mean


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
    return f"{count} seed" if count == 1 else f"{count} seeds"
