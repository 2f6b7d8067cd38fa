"""Means and spreads over seeds."""

import statistics
from dataclasses import dataclass

from dkp_bench.text import number


@dataclass(frozen=True)
class SeedScores:
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
        """Write mean ± standard deviation; a single seed has no ±.

        >>> SeedScores((6.25, 6.41, 6.30)).text(2)
        '6.32 ± 0.08'
        """
        mean = number(self.mean, digits)
        return mean if self.sd is None else f"{mean} ± {number(self.sd, digits)}"
