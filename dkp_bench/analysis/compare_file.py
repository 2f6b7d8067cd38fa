"""``compare.json``: every number of a comparison, for programs to read."""

import math
from typing import Final, Literal

from pydantic import Field, FiniteFloat

from dkp_bench.analysis.compare import ComparedBaseline, Comparison
from dkp_bench.analysis.find_baselines import differing
from dkp_bench.analysis.measurement import Measurement
from dkp_bench.statistics import ALPHA, LEVEL, Estimate, PValue, smallest_seed_p
from dkp_bench.strict import StrictModel

SCHEMA_VERSION: Final = 1


class WithInterval(StrictModel):
    """A number with its confidence interval."""

    value: FiniteFloat
    low: FiniteFloat | None = Field(description="None where nothing is known of the variance")
    high: FiniteFloat | None
    covers_seeds: bool = Field(description="false where the interval covers the images alone")


class PermutationTest(StrictModel):
    """A two-sided p-value; ``permutations`` is the number tried: all of them where ``exact`` is true."""

    p: float = Field(gt=0, le=1)
    exact: bool
    permutations: int


class MethodEntry(StrictModel):
    """One method: its number, and the choices behind it."""

    name: str
    tier: int = Field(ge=1)
    number: WithInterval
    values: list[FiniteFloat] = Field(description="one for each seed, in the order of the signatures")
    keypoints: int
    inputs: Literal["rgb", "depth"] = Field(description="what the detector sees when it predicts")
    depth: str = Field(description="what the depth maps are that the method was given, 'none' where it was not")
    signatures: list[str]


class Against(StrictModel):
    """The candidate (``subject``) minus another method, on the same images."""

    method: MethodEntry
    differs_in: list[str] = Field(description="choices that --allow let differ")
    difference: WithInterval
    percent: FiniteFloat | None = Field(description="the difference in % of the other method; None from zero")
    worse_by: FiniteFloat = Field(description="by how much the subject is worse, in the unit")
    over_images: PermutationTest
    corrected_p: float = Field(description="that over images, after Holm's correction for all pairs")
    over_seeds: PermutationTest | None = Field(description="None unless both have several seeds")
    least_p_over_seeds: float = Field(description="the least that so many seeds can give")
    cohen_dz: FiniteFloat | None = Field(description="None where it is infinite: every image differs by the same")
    share_better: float = Field(ge=0, le=1, description="share of the images on which the subject is better")
    told_apart: bool
    joints: dict[str, WithInterval] = Field(description="the difference of each joint; intervals are not corrected")


class ComparisonFile(StrictModel):
    """The whole file."""

    schema_version: Literal[1] = SCHEMA_VERSION
    dataset: str
    profile: str
    protocol: str
    metric: str
    unit: str
    higher_is_better: bool
    level: float = Field(description="of every interval")
    alpha: float = Field(description="corrected p-values below it count")
    images: int
    sequences: int | None = Field(description="sequences that the images are from; None where each stands alone")
    pairs: int = Field(description="pairs that p-values are corrected for")
    subject: MethodEntry
    against: list[Against]
    tiers: list[list[str]] = Field(description="names, the best tier first")


def to_file(comparison: Comparison) -> ComparisonFile:
    """Return the content of ``compare.json``."""
    subject = comparison.candidate
    identity = subject.variant.runs[0].record.identity
    return ComparisonFile(
        dataset=identity.dataset,
        profile=identity.profile,
        protocol=subject.protocol,
        metric=subject.metric,
        unit=subject.unit,
        higher_is_better=subject.higher_is_better,
        level=LEVEL,
        alpha=ALPHA,
        images=comparison.images,
        sequences=comparison.sequences,
        pairs=comparison.pairs,
        subject=_method(comparison, comparison.name, subject),
        against=[_against(comparison, baseline) for baseline in comparison.baselines],
        tiers=[list(tier) for tier in comparison.tiers],
    )


def _method(comparison: Comparison, name: str, measurement: Measurement) -> MethodEntry:
    first = measurement.variant.runs[0].record
    return MethodEntry(
        name=name,
        tier=comparison.tier(name),
        number=_with_interval(measurement.estimate),
        values=list(measurement.values),
        keypoints=first.identity.keypoints,
        inputs=first.inputs,
        depth=first.identity.depth,
        signatures=[run.signature(measurement.protocol) for run in measurement.variant.runs],
    )


def _against(comparison: Comparison, baseline: ComparedBaseline) -> Against:
    found = baseline.difference
    return Against(
        method=_method(comparison, baseline.name, baseline.measurement),
        differs_in=list(differing(comparison.candidate.variant, baseline.measurement.variant)),
        difference=_with_interval(found.estimate),
        percent=found.percent,
        worse_by=found.worse_by,
        over_images=_test(found.p),
        corrected_p=found.corrected_p,
        over_seeds=_test(found.seed_p) if found.seed_p else None,
        least_p_over_seeds=smallest_seed_p(len(found.one.sums), len(found.other.sums)),
        cohen_dz=found.effect if math.isfinite(found.effect) else None,
        share_better=found.share_better,
        told_apart=found.told_apart,
        joints={joint: _with_interval(number) for joint, number in baseline.joints.items()},
    )


def _with_interval(number: Estimate) -> WithInterval:
    interval = number.interval(LEVEL)
    known = math.isfinite(interval.low) and math.isfinite(interval.high)
    return WithInterval(
        value=number.value,
        low=interval.low if known else None,
        high=interval.high if known else None,
        covers_seeds=number.covers_seeds,
    )


def _test(p: PValue) -> PermutationTest:
    return PermutationTest(p=p.value, exact=p.exact, permutations=p.flips)
