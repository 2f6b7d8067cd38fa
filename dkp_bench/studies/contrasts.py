"""The number behind a claim: a contrast of logarithms of errors, or a correlation of them over levels.

Images and seeds are paired: all arms of a claim are drawn on the same images and with the same seeds at once.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dkp_bench.statistics import Estimate, Interval, combine, paired_by_seed
from dkp_bench.studies.design import Condition, Design
from dkp_bench.studies.language import Claim, Term
from dkp_bench.studies.measured import PlaceResults

NOTHING, MOST, LARGEST = 1e-300, 1 - 1e-12, 300.0
"""Bounds that keep a correlation finite and an exponential from overflowing."""


@dataclass(frozen=True)
class Contrast:
    """What a claim comes to at one place.

    Attributes:
        deciding: the interval that the rule looks at: of the sum of logarithms, or of Fisher's z of the correlation.
        value: by how much the left side's score is larger, in %; where one arm follows another, their correlation.
        interval: the 95 % interval of that.
        seeds: how many seeds are behind it.
    """

    deciding: Interval
    value: float
    interval: Interval
    seeds: int


@dataclass(frozen=True)
class NoContrast:
    """Why a claim comes to no number; ``seeds`` are those that its arms have in common."""

    why: str
    seeds: int = 0


def change_against(design: Design, condition: Condition, at: PlaceResults) -> Contrast | None:
    """Return by how much the error of a condition is larger than that of the one that changes are told against.

    It is None where there is no such one, or one of the two comes to no number at a place.
    """
    reference = design.reference_of(condition)
    if reference is None or not {reference, condition} <= at.variants.keys():
        return None
    terms = [(Term(each.arm, each.names),) for each in (condition, reference)]
    found = contrast_of(Claim("~", *terms), (condition, reference), at)
    return found if isinstance(found, Contrast) else None


def contrast_of(claim: Claim, conditions: Sequence[Condition], at: PlaceResults) -> Contrast | NoContrast:
    """Return what a claim comes to at a place.

    Args:
        claim: the claim.
        conditions: of its terms, all of them measured there.
        at: the place.
    """
    variants = [at.variants[each] for each in conditions]
    seeds = sorted(set.intersection(*(set(each.seeds) for each in variants)))
    if not seeds:
        return NoContrast("the arms have no seed in common")
    identities = [run.record.identity for each in variants for run in each.runs]
    if len({each.dataset_hash for each in identities}) > len({each.image_size for each in identities}):
        return NoContrast("the arms were scored on different images", len(seeds))
    found = [at.intervals.measurement(at.group(each), each, at.key, seeds) for each in variants]
    estimates = [each.estimate for each in found if each]
    if len(estimates) < len(found):
        why = next((w for each in variants if (w := at.intervals.why_no_interval(at.group(each), each))), "")
        return NoContrast(why or f"a run has no {at.key.name}", len(seeds))
    if any(each.value <= 0 for each in estimates):
        return NoContrast("an error is 0, of which there is no ratio", len(seeds))
    if claim.relation == "follows":
        return _told(combine(_correlation(estimates), *paired_by_seed(*estimates)), math.tanh, len(seeds))
    # An error is what is to be small: of a score that is to be large, the sides change places where it decides.
    turn = -1 if at.key.higher_is_better else 1
    combined = combine(_difference(claim, estimates, turn), *paired_by_seed(*estimates))
    return _told(combined, lambda logarithm: _percent(turn * logarithm), len(seeds))


def _difference(claim: Claim, estimates: Sequence[Estimate], turn: int) -> Callable[..., Any]:
    """Return the contrast as a function of the scores of a claim's terms."""

    def difference(*scores: Any) -> Any:
        terms = zip(claim.signs, scores, estimates, strict=True)
        return sum(turn * sign * _log(score, estimate) for sign, score, estimate in terms)

    return difference


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


def _told(found: Estimate, function: Callable[[float], float], seeds: int) -> Contrast:
    interval = found.interval()
    ends = sorted((function(interval.low), function(interval.high)))
    return Contrast(interval, function(found.value), Interval(*ends), seeds)


def _percent(logarithm: float) -> float:
    return math.inf if logarithm > LARGEST else 100 * math.expm1(logarithm)
