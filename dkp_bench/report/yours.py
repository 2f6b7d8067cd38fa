"""What the reader ran, held against what is stored: agree or not, and why, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from dkp_bench.analysis.agreement import Agreement, AgreementVerdict, agreement
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.scores import MetricKey, headline_score
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.report.data import ReportData
from dkp_bench.text import counted, joined, number, signed

WORDS: dict[AgreementVerdict, str] = {
    "equal": "agrees",
    "within": "agrees",
    "outside": "does not agree",
    "unknown": "–",
}

FEW_STORED = "Too few seeds are stored to say whether your numbers agree with them."


@dataclass(frozen=True)
class Beside:
    """One method of the reader's own runs on one dataset, beside the stored runs with the same settings.

    Attributes:
        group: where it was run.
        variant: the reader's runs.
        key: the score they are held to.
        found: the values of both, and whether they agree.
    """

    group: Group
    variant: Variant
    key: MetricKey
    found: Agreement

    @property
    def own(self) -> str:
        """The reader's value, a mean over seeds with its standard deviation."""
        return SeedScores(tuple(self.found.own.values())).text(self.key.digits)

    @property
    def stored(self) -> str:
        """The stored value, likewise; ``none`` where nothing is stored with these settings."""
        values = tuple(self.found.stored.values())
        return SeedScores(values).text(self.key.digits) if values else "none"

    @property
    def reason(self) -> str:
        """Why the two agree or do not, in words; the interval is the 95 % prediction interval of the stored seeds."""
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
        return "; ".join(parts)


def beside_stored(data: ReportData) -> tuple[Beside, ...]:
    """Hold each method that the reader ran to the stored runs; empty where nothing is the reader's or nothing stored.

    The best score of a dataset comes first.
    """
    stored = [run for run in data.runs if run.path in data.sources.stored]
    rows: list[Beside] = []
    for group in data.groups:
        key = headline_score(group)
        for variant in ranked([variant for variant in group.variants if variant.own], key):
            half = 0.5 * 10**-key.digits
            found = agreement(variant.runs, stored, key.protocol, key.metric, half)
            rows += [Beside(group, variant, key, found)] if found.own else []
    return tuple(rows)


def in_short(rows: tuple[Beside, ...]) -> str:
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


def ranked(variants: Sequence[Variant], key: MetricKey) -> list[Variant]:
    """Sort variants by their mean score, the best first; those without one come last, equal ones keep their order."""

    def rank(variant: Variant) -> tuple[bool, float]:
        value = variant.measured(key.protocol, key.metric)
        return value is None, 0.0 if value is None else -value.mean if key.higher_is_better else value.mean

    return sorted(variants, key=rank)


def _seeds(seeds: tuple[int, ...]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))}"
