"""Verdicts on hypotheses: each claim is a number with its 95 % interval, and the rule says what that decides.

Let I be the interval of a contrast of logarithms of errors, over test images and seeds, both paired, and m the
logarithm of 1 + margin, the smallest change that matters.

    a < b     holds if I lies below −m: smaller by what matters; is refuted if I lies above −m
    a <= b    holds if I lies below m; is refuted if I lies above m
    a ~ b     holds if I lies between −m and m; is refuted if I lies outside of them

What neither holds nor is refuted is undecided, and so is everything that rests on one seed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dkp_bench.statistics import Interval
from dkp_bench.studies.contrasts import NoContrast, contrast_of
from dkp_bench.studies.design import LEAST_LEVELS, Condition, Place
from dkp_bench.studies.language import Claim, Relation
from dkp_bench.studies.measured import PlaceResults, StudyResults
from dkp_bench.studies.study import Hypothesis
from dkp_bench.text import cut_short

Outcome = Literal["holds", "refuted", "undecided", "not run"]
Decision = Literal["supported", "refuted", "undecided", "not run"]

RULE = (
    "The rule: a claim is a contrast of logarithms of errors with its 95 % interval over test images and seeds, both "
    "paired. “<” says smaller by the margin: it holds if the interval lies below −margin and is refuted if above; "
    "“<=” holds if the interval lies below +margin and is refuted if above; “~” holds if it lies within the margin "
    "on both sides and is refuted if outside. “follows” is a correlation over the levels. A hypothesis is supported if "
    "every claim holds on as many datasets as it asks for, refuted if one cannot any more, undecided otherwise. One "
    "seed decides nothing."
)
ONE_SEED = "one seed says nothing of chance in training"
TOO_WIDE = "an interval is too wide to decide"
MOST_NAMED = 3
"""Conditions that are named where they have no run."""


@dataclass(frozen=True)
class ClaimResult:
    """What one claim comes to at one place.

    Attributes:
        claim: the claim, at one level where it speaks of every one.
        place: where.
        outcome: what the rule says.
        value: by how much the left side's score is larger, in %; where one follows another, their correlation; None if
            not run.
        interval: its 95 % interval.
        seeds: how many seeds are behind it.
        reason: why it is not decided; empty where it is, or where conditions are missing.
        missing: the conditions that have no run.
        levels: where one arm follows another, over how many levels.
    """

    claim: Claim
    place: Place
    outcome: Outcome
    value: float | None = None
    interval: Interval | None = None
    seeds: int = 0
    reason: str = ""
    missing: tuple[Condition, ...] = ()
    levels: int = 0


@dataclass(frozen=True)
class Verdict:
    """What the runs say of a hypothesis.

    Attributes:
        hypothesis: the hypothesis.
        decision: supported, refuted, undecided or not run.
        findings: what each claim comes to at each place, in the order of the file.
        reason: why, in a sentence.
    """

    hypothesis: Hypothesis
    decision: Decision
    findings: tuple[ClaimResult, ...]
    reason: str


def decide(relation: Relation, interval: Interval, margin: float) -> Outcome:
    """Return what an interval decides of a relation, by the rule.

    Args:
        relation: ``<``, ``<=`` or ``~``.
        interval: of the logarithm of the left side over the right side.
        margin: the smallest change that matters, as a logarithm.

    >>> [decide("<", Interval(*ends), 0.02) for ends in ((-0.3, -0.1), (-0.01, 0.1), (-0.1, 0.1))]
    ['holds', 'refuted', 'undecided']
    >>> [decide("~", Interval(*ends), 0.02) for ends in ((-0.01, 0.01), (0.03, 0.1), (-0.1, 0.1))]
    ['holds', 'refuted', 'undecided']
    """
    low, high = interval.low, interval.high
    holds, refuted = {
        "<": (high < -margin, low > -margin),
        "<=": (high < margin, low > margin),
        "~": (-margin < low and high < margin, high < -margin or low > margin),
    }[relation]
    return "holds" if holds else "refuted" if refuted else "undecided"


def verdicts(results: StudyResults) -> tuple[Verdict, ...]:
    """Return the verdict on each hypothesis of a study, the refuted ones first, then as they stand in the file."""
    found = [verdict_on(hypothesis, results) for hypothesis in results.design.study.hypothesis]
    return tuple(sorted(found, key=lambda each: each.decision != "refuted"))


def verdict_on(hypothesis: Hypothesis, results: StudyResults) -> Verdict:
    """Return the verdict on a hypothesis."""
    outcomes: list[Outcome] = []
    every: list[ClaimResult] = []
    for claim in results.design.claims_of(hypothesis):
        conditions = results.design.conditions_of(claim)
        asked = [at for at in results.at(conditions) if hypothesis.asks_of(at.place.dataset)]
        found = [_finding(claim, conditions, hypothesis, at) for at in asked]
        wanted = len(found) if hypothesis.where == "all" else hypothesis.where
        outcomes.append(_combined([each.outcome for each in found], wanted))
        every += found
    decision = _decision(outcomes)
    return Verdict(hypothesis, decision, tuple(every), _reason(decision, every))


def _combined(outcomes: Sequence[Outcome], wanted: int) -> Outcome:
    """Return what a claim comes to that must hold at ``wanted`` of its places."""
    if outcomes.count("holds") >= wanted:
        return "holds"
    if outcomes.count("refuted") > len(outcomes) - wanted:
        return "refuted"
    return "not run" if set(outcomes) == {"not run"} else "undecided"


def _decision(outcomes: Sequence[Outcome]) -> Decision:
    if "refuted" in outcomes:
        return "refuted"
    if set(outcomes) == {"not run"}:
        return "not run"
    return "supported" if set(outcomes) == {"holds"} else "undecided"


def _reason(decision: Decision, findings: Sequence[ClaimResult]) -> str:
    if decision in ("supported", "refuted"):
        outcome, verb = ("holds", "hold") if decision == "supported" else ("refuted", "refute it")
        return f"{sum(each.outcome == outcome for each in findings)} of {len(findings)} comparisons {verb}"
    return "; ".join([*dict.fromkeys(each.reason for each in findings if each.reason), *_missing(findings)])


def _missing(findings: Sequence[ClaimResult]) -> list[str]:
    """Return which conditions have no run, once where that is the same at every place."""
    lacking: dict[Place, dict[str, None]] = {}
    for each in findings:
        lacking.setdefault(each.place, {}).update(dict.fromkeys(map(str, each.missing)))
    named = {place: ", ".join(filter(None, _cut(list(names)))) for place, names in lacking.items()}
    if len(set(named.values())) == 1:
        return [f"not run: {names}" for names in [*named.values()][:1] if names]
    return [f"not run on {place}: {names}" for place, names in named.items() if names]


def _cut(names: Sequence[str]) -> list[str]:
    shown, rest = cut_short(names, MOST_NAMED)
    return [*shown, rest]


def _finding(claim: Claim, conditions: Sequence[Condition], hypothesis: Hypothesis, at: PlaceResults) -> ClaimResult:
    """Return what a claim comes to at a place."""
    if claim.relation == "follows":
        conditions = _usable(conditions, at)
    missing = tuple(dict.fromkeys(each for each in conditions if each not in at.variants))
    if missing:
        return ClaimResult(claim, at.place, "not run", missing=missing)
    found = contrast_of(claim, conditions, at)
    if isinstance(found, NoContrast):
        return ClaimResult(
            claim, at.place, "undecided" if found.seeds else "not run", seeds=found.seeds, reason=found.why
        )
    outcome: Outcome = "undecided" if found.seeds == 1 else _decided(claim, found.deciding, hypothesis)
    reason = "" if outcome != "undecided" else ONE_SEED if found.seeds == 1 else TOO_WIDE
    levels = len(conditions) // 2 if claim.relation == "follows" else 0
    return ClaimResult(claim, at.place, outcome, found.value, found.interval, found.seeds, reason, levels=levels)


def _usable(conditions: Sequence[Condition], at: PlaceResults) -> Sequence[Condition]:
    """Return the pairs of conditions that a correlation is taken over: those with several seeds, if they are enough.

    Where few have several, it is those that were run at all, and where these are too few, all: what lacks is named.
    """
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))
    measured = [pair for pair in pairs if all(each in at.variants for each in pair)]
    several = [pair for pair in measured if len(set.intersection(*(set(at.variants[c].seeds) for c in pair))) > 1]
    enough = next((found for found in (several, measured) if len(found) >= LEAST_LEVELS), pairs)
    return [condition for pair in enough for condition in pair]


def _decided(claim: Claim, interval: Interval, hypothesis: Hypothesis) -> Outcome:
    if claim.relation != "follows":
        return decide(claim.relation, interval, math.log1p(hypothesis.margin / 100))
    least = math.atanh(hypothesis.correlation)
    return "holds" if interval.low > least else "refuted" if interval.high < least else "undecided"
