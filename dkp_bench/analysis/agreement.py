"""Agreement of the reader's runs with the stored runs of the same method, settings and images."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dkp_bench.analysis.baseline_check import made_alike, other_hardware, prediction_interval
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.ranking import ranked
from dkp_bench.analysis.scores import MetricKey, headline_score
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.runs.run import Run
from dkp_bench.text import counted, joined, number, signed

AgreementVerdict = Literal["equal", "within", "outside", "unknown"]

AGREEMENT_WORDS: dict[AgreementVerdict, str] = {
    "equal": "agrees",
    "within": "agrees",
    "outside": "does not agree",
    "unknown": "–",
}

FEW_STORED = "Too few seeds are stored to say whether your numbers agree with them."


@dataclass(frozen=True)
class Agreement:
    """One score of the seeds that a reader ran, compared with that of the stored seeds.

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
        """The change of each seed that is stored too: the reader's value minus the stored one."""
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
        """The 95 % prediction interval of the mean of :attr:`others`; None from fewer than two stored seeds."""
        if len(self.stored) < 2 or not self.others:
            return None
        return prediction_interval(list(self.stored.values()), more=len(self.others))

    @property
    def verdict(self) -> AgreementVerdict:
        """The answer: the reader's numbers are the stored ones, or could be those of other seeds, or neither.

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
    """Compare runs of one method, a seed each, with the stored runs that differ at most in seed and version.

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


@dataclass(frozen=True)
class AgreementRow:
    """One method that the reader ran on one dataset, compared with the stored runs with the same settings.

    Attributes:
        group: the group it was run in.
        variant: the reader's runs.
        key: the score that is compared.
        found: the values of both, and their agreement.
        elsewhere: says where the stored runs were made, if on other hardware; else empty.
    """

    group: Group
    variant: Variant
    key: MetricKey
    found: Agreement
    elsewhere: str = ""

    @property
    def own(self) -> str:
        """The reader's value, a mean over seeds with its standard deviation."""
        return SeedScores(tuple(self.found.own.values())).text(self.key.digits)

    @property
    def stored(self) -> str:
        """The stored value, written in the same way; ``none`` where nothing is stored with these settings."""
        values = tuple(self.found.stored.values())
        return SeedScores(values).text(self.key.digits) if values else "none"

    @property
    def reason(self) -> str:
        """The reason for the verdict, in words; the interval is the 95 % prediction interval of the stored seeds."""
        found, digits = self.found, self.key.digits
        if not found.stored:
            return "nothing stored with these settings"
        parts = [f"{_seeds(found.equal)} equal to rounding"] if found.equal else []
        moved = {seed: change for seed, change in found.same_seeds.items() if seed not in found.equal}
        parts += [f"seed {seed} differs by {signed(change, digits)}" for seed, change in moved.items()]
        if new := tuple(seed for seed in found.others if seed not in moved):
            parts.append(f"{_seeds(new)} not stored")
        if found.others and found.interval:
            low, high = (number(end, digits) for end in found.interval)
            side = "inside" if found.verdict == "within" else "outside"
            parts.append(f"{side} {low} to {high}, where other seeds would lie")
        elif found.others:
            parts.append("one stored seed gives no interval")
        if moved and self.elsewhere:
            parts.append(self.elsewhere)
        return "; ".join(parts)


def agreement_rows(groups: Sequence[Group], stored: Sequence[Run]) -> tuple[AgreementRow, ...]:
    """Compare each method that the reader ran with the stored runs; the best score of a dataset comes first.

    Args:
        groups: all runs, the reader's own marked as such.
        stored: the stored ones among them.
    """
    rows: list[AgreementRow] = []
    for group in groups:
        key = headline_score(group)
        for variant in ranked([variant for variant in group.variants if variant.own], key):
            half = 0.5 * 10**-key.digits
            found = agreement(variant.runs, stored, key.protocol, key.metric, half)
            elsewhere = other_hardware(variant.runs, made_alike(variant.runs[0].record.identity, stored))
            rows += [AgreementRow(group, variant, key, found, elsewhere)] if found.own else []
    return tuple(rows)


def agreement_in_short(rows: tuple[AgreementRow, ...]) -> str:
    """Count how many of the reader's numbers agree with the stored ones, and name those that do not."""
    judged = [row for row in rows if row.found.verdict != "unknown"]
    off = [row for row in judged if row.found.verdict == "outside"]
    if not judged:
        few = any(row.found.stored for row in rows)
        return FEW_STORED if few else "Nothing of yours has a stored counterpart with the same settings."
    count = f"{counted(len(judged), 'number')} with a stored counterpart"
    if not off:
        return f"Your {count} {'agrees' if len(judged) == 1 else 'all agree'}."
    names = joined(f"{row.variant.method} on {row.group.dataset}" for row in off)
    return f"{len(off)} of your {count} {'does' if len(off) == 1 else 'do'} not agree: {names}."


def _seeds(seeds: tuple[int, ...]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))}"
