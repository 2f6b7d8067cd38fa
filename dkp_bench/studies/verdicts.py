"""Verdicts on hypotheses: each claim is a number with its 95 % interval, and the rule says what that decides.

Let I be the interval of a contrast of logarithms of errors, over test images and seeds, both paired, and m the
logarithm of 1 + margin, the smallest change that matters.

    a < b     holds if I lies below 0; is refuted if I lies above −m, which leaves no room for a gain that matters
    a <= b    holds if I lies below m; is refuted if I lies above m
    a ~ b     holds if I lies between −m and m; is refuted if I lies outside of them

What neither holds nor is refuted is undecided, and so is everything that rests on one seed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dkp_bench.analysis.comparable import Variant
from dkp_bench.statistics import Estimate, Interval, combine, paired_by_seed
from dkp_bench.studies.design import Condition, Place
from dkp_bench.studies.language import Claim, Relation
from dkp_bench.studies.measured import PlaceResults, StudyResults
from dkp_bench.studies.study import Hypothesis
from dkp_bench.text import cut_short

Outcome = Literal["holds", "refuted", "undecided", "not run"]
Decision = Literal["supported", "refuted", "undecided", "not run"]

RULE = (
    "The rule: a claim is a contrast of logarithms of errors with its 95 % interval over test images and seeds, both "
    "paired. “<” holds if the interval lies below 0 and is refuted if it leaves no room for a gain of the margin; "
    "“<=” holds if the interval lies below the margin and is refuted if above; “~” holds if it lies within the margin "
    "on both sides and is refuted if outside. “follows” is a correlation over the levels. A hypothesis is supported if "
    "every claim holds on as many datasets as it asks for, refuted if one cannot any more, undecided otherwise. One "
    "seed decides nothing."
)
ONE_SEED = "one seed says nothing of chance in training"
MOST_NAMED = 3
"""Conditions that are named where they have no run."""
NOTHING, MOST, LARGEST = 1e-300, 1 - 1e-12, 300.0
"""Bounds that keep a correlation and an exponential finite."""


@dataclass(frozen=True)
class Finding:
    """What one claim comes to at one place.

    Attributes:
        claim: the claim, at one level where it speaks of every one.
        place: where.
        outcome: what the rule says.
        value: by how much the left side is larger, in %; where one follows another, their correlation; None if not run.
        interval: its 95 % interval.
        seeds: how many seeds are behind it.
        reason: why it is not decided; empty where it is, or where conditions are missing.
        missing: the conditions that have no run.
    """

    claim: Claim
    place: Place
    outcome: Outcome
    value: float | None = None
    interval: Interval | None = None
    seeds: int = 0
    reason: str = ""
    missing: tuple[Condition, ...] = ()


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
    findings: tuple[Finding, ...]
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
        "<": (high < 0, low > -margin),
        "<=": (high < margin, low > margin),
        "~": (-margin < low and high < margin, high < -margin or low > margin),
    }[relation]
    return "holds" if holds else "refuted" if refuted else "undecided"


def verdicts(results: StudyResults) -> tuple[Verdict, ...]:
    """Return the verdict on each hypothesis of a study, the refuted ones first, then as they stand in the file."""
    found = [verdict(hypothesis, results) for hypothesis in results.design.study.hypothesis]
    return tuple(sorted(found, key=lambda each: each.decision != "refuted"))


def verdict(hypothesis: Hypothesis, results: StudyResults) -> Verdict:
    """Return the verdict on a hypothesis."""
    outcomes: list[Outcome] = []
    every: list[Finding] = []
    for claim in results.design.claims_of(hypothesis):
        conditions = results.design.conditions_of(claim)
        found = [_finding(claim, conditions, hypothesis, at) for at in results.at(conditions)]
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


def _reason(decision: Decision, findings: Sequence[Finding]) -> str:
    if decision in ("supported", "refuted"):
        outcome, verb = ("holds", "hold") if decision == "supported" else ("refuted", "refute it")
        return f"{sum(each.outcome == outcome for each in findings)} of {len(findings)} comparisons {verb}"
    return "; ".join([*dict.fromkeys(each.reason for each in findings if each.reason), *_missing(findings)])


def _missing(findings: Sequence[Finding]) -> list[str]:
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


def _finding(claim: Claim, conditions: Sequence[Condition], hypothesis: Hypothesis, at: PlaceResults) -> Finding:
    """Return what a claim comes to at a place."""
    missing = tuple(dict.fromkeys(each for each in conditions if each not in at.variants))
    if missing:
        return Finding(claim, at.place, "not run", missing=missing)
    estimates, seeds, why = _paired(at, [at.variants[each] for each in conditions])
    if why:
        return Finding(claim, at.place, "undecided" if seeds else "not run", seeds=seeds, reason=why)
    if claim.relation == "follows":
        found = combine(_correlation(estimates), *estimates)
        outcome = _enough(found.interval(), math.atanh(hypothesis.correlation))
        value, interval = _of(math.tanh, found)
    else:
        found = combine(_contrast(claim, estimates, higher_is_better=bool(at.key.higher_is_better)), *estimates)
        outcome = decide(claim.relation, found.interval(), math.log1p(hypothesis.margin / 100))
        value, interval = _of(_percent, found)
    if not found.covers_seeds:
        return Finding(
            claim, at.place, "undecided", value, interval, seeds, "one seed says nothing of chance in training"
        )
    reason = "an interval is too wide to decide" if outcome == "undecided" else ""
    return Finding(claim, at.place, outcome, value, interval, seeds, reason)


def _paired(at: PlaceResults, variants: Sequence[Variant]) -> tuple[tuple[Estimate, ...], int, str]:
    """Return the score of each variant over the seeds that all have, how many those are, and why there is none."""
    seeds = sorted(set.intersection(*(set(each.seeds) for each in variants)))
    if not seeds:
        return (), 0, "the arms have no seed in common"
    found = [at.intervals.measurement(at.group(each), each, at.key, seeds) for each in variants]
    estimates = [each.estimate for each in found if each]
    if len(estimates) < len(found):
        why = next((w for each in variants if (w := at.intervals.why_no_interval(at.group(each), each))), "")
        return (), len(seeds), why or f"a run has no {at.key.name}"
    if any(each.value <= 0 for each in estimates):
        return (), len(seeds), "an error is 0, of which there is no ratio"
    return paired_by_seed(*estimates), len(seeds), ""


def _contrast(claim: Claim, estimates: Sequence[Estimate], *, higher_is_better: bool) -> Callable[..., Any]:
    """Return the contrast as a function of the scores of a claim's terms."""
    # An error is what is to be small: of a score that is to be large, the sides change places.
    turn = -1 if higher_is_better else 1

    def contrast(*scores: Any) -> Any:
        terms = zip(claim.signs, scores, estimates, strict=True)
        return sum(turn * sign * _log(score, estimate) for sign, score, estimate in terms)

    return contrast


def _correlation(estimates: Sequence[Estimate]) -> Callable[..., Any]:
    """Return Fisher's z of the correlation of logarithms: of every second error with the one before it."""

    def correlation(*errors: Any) -> Any:
        logs = np.stack([_log(error, each) for error, each in zip(errors, estimates, strict=True)])
        one, other = (logs[start::2] - logs[start::2].mean(axis=0) for start in (0, 1))
        spread = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
        ratio = (one * other).sum(axis=0) / np.maximum(spread, NOTHING)
        return np.arctanh(np.clip(ratio, -MOST, MOST))

    return correlation


def _log(error: Any, estimate: Estimate) -> Any:
    """Return the logarithm of an error to first order, as its replicates are themselves: no draw is below 0."""
    return math.log(estimate.value) + (error - estimate.value) / estimate.value


def _enough(interval: Interval, least: float) -> Outcome:
    return "holds" if interval.low > least else "refuted" if interval.high < least else "undecided"


def _of(function: Callable[[float], float], found: Estimate) -> tuple[float, Interval]:
    interval = found.interval()
    return function(found.value), Interval(function(interval.low), function(interval.high))


def _percent(logarithm: float) -> float:
    return 100 * math.expm1(min(logarithm, LARGEST))
