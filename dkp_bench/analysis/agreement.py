"""Whether runs of one's own give the numbers that are stored for the same method, settings and images."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dkp_bench.analysis.baseline_check import made_alike, prediction_interval
from dkp_bench.runs.run import Run

AgreementVerdict = Literal["equal", "within", "outside", "unknown"]


@dataclass(frozen=True)
class Agreement:
    """One score of the seeds that a reader ran, beside that of the stored seeds.

    Attributes:
        own: the reader's value of each seed.
        stored: the stored values of the same method with the same settings; empty where there are none.
        rounding: how far two values may be apart and still be the same number as it is printed.
    """

    own: dict[int, float]
    stored: dict[int, float]
    rounding: float

    @property
    def same_seeds(self) -> dict[int, float]:
        """How far each seed that is stored too moved: the reader's value minus the stored one."""
        return {seed: value - self.stored[seed] for seed, value in self.own.items() if seed in self.stored}

    @property
    def equal(self) -> tuple[int, ...]:
        """The seeds whose value is the stored one of that seed, to rounding."""
        return tuple(seed for seed, moved in self.same_seeds.items() if abs(moved) <= self.rounding)

    @property
    def others(self) -> tuple[int, ...]:
        """The reader's seeds that are not stored, or whose value moved."""
        return tuple(seed for seed in self.own if seed not in self.equal)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the mean of :attr:`others` is expected, by the stored seeds (95 %); None from fewer than two."""
        if len(self.stored) < 2 or not self.others:
            return None
        return prediction_interval(list(self.stored.values()), more=len(self.others))

    @property
    def verdict(self) -> AgreementVerdict:
        """Whether the reader's numbers are the stored ones, or could be those of other seeds.

        >>> Agreement({0: 6.25}, {0: 6.25, 1: 6.41, 2: 6.30}, 0.005).verdict
        'equal'
        >>> Agreement({0: 6.31}, {0: 6.25, 1: 6.41, 2: 6.30}, 0.005).verdict
        'within'
        >>> Agreement({7: 9.02}, {0: 6.25, 1: 6.41, 2: 6.30}, 0.005).verdict
        'outside'
        """
        if not self.others:
            return "equal"
        if self.interval is None:
            return "unknown"
        low, high = self.interval
        mean = statistics.fmean(self.own[seed] for seed in self.others)
        return "within" if low <= mean <= high else "outside"


def agreement(own: Sequence[Run], stored: Sequence[Run], protocol: str, metric: str, rounding: float) -> Agreement:
    """Hold runs of one method, a seed each, to the stored ones that only seed and version may set apart from them.

    Args:
        own: the reader's runs of one method with one set of settings; never empty, each with the score.
        stored: any stored runs; those of other methods, settings or images are left out.
        protocol: of the score.
        metric: of the score.
        rounding: half of the last digit that is printed.
    """
    alike = made_alike(own[0].record.identity, stored)
    return Agreement(_values(own, protocol, metric), _values(alike, protocol, metric), rounding)


def _values(runs: Sequence[Run], protocol: str, metric: str) -> dict[int, float]:
    scores = {run.record.identity.seed: run.score(protocol, metric) for run in runs}
    return {seed: score.value for seed, score in sorted(scores.items()) if score}
