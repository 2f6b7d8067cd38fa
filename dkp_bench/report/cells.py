"""Scores, changes and intervals as cells of the report's tables."""

import math
from collections.abc import Sequence

from dkp_bench.analysis.caveats import changed_settings
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.scores import MetricKey
from dkp_bench.report.blocks import EMPTY, Cell, Column
from dkp_bench.statistics import Estimate, Interval
from dkp_bench.studies.verdicts import ClaimResult
from dkp_bench.text import number, seeds, signed

MOST_DIGITS = 6
"""Most digits that an end of an interval is given so that it does not read as 0."""


def span(interval: Interval, digits: int, *, change: bool = False) -> str:
    """Return an interval as ``6.05 to 6.60``; the ends of a change have a sign.

    If the interval of a change excludes 0, both ends get as many more digits as neither reads as 0 with: an end of
    ``−0.00`` would contradict the verdict beside it.

    >>> span(Interval(-0.07, -0.003), 2, change=True)
    '−0.070 to −0.003'
    """
    if math.isinf(interval.low) or math.isinf(interval.high):
        return "unbounded"
    if not change:
        return f"{number(interval.low, digits)} to {number(interval.high, digits)}"
    if 0 not in interval:
        nearest = min(abs(interval.low), abs(interval.high))
        digits = next((more for more in range(digits, MOST_DIGITS) if round(nearest, more)), MOST_DIGITS)
    return f"{signed(interval.low, digits)} to {signed(interval.high, digits)}"


def change_span(estimate: Estimate | None) -> str:
    """Return the 95 % interval of a change in %, with what it does not cover; ``no interval`` for None."""
    if estimate is None:
        return "no interval"
    text = f"{span(estimate.interval(), 1, change=True)} %"
    return text if estimate.covers_seeds else f"{text} over images alone"


def comparison_numbers(found: ClaimResult) -> str:
    """Return the number of a comparison with its interval and seeds; empty if it came to none.

    It is a change, ``−12.0 % (−15.0 to −9.0), 5 seeds``, or ``correlation 0.91 (0.85 to 0.95) over 9 levels, 5 seeds``.
    """
    if found.value is None or found.interval is None:
        return ""
    if found.claim.relation == "follows":
        text = f"correlation {number(found.value, 2)} ({span(found.interval, 2)}) over {found.levels} levels"
    else:
        text = f"{signed(found.value, 1)} % ({span(found.interval, 1, change=True)})"
    return f"{text}, {seeds(found.seeds)}"


def score_cell(
    intervals: Intervals,
    group: Group,
    variant: Variant,
    key: MetricKey,
    remarks: Sequence[str],
    *,
    strong: bool = False,
) -> Cell:
    """Return a score with its interval or, if there is none, its standard deviation; beneath it, the remarks."""
    value = variant.measured(key.protocol, key.metric)
    if value is None:
        return EMPTY
    measurement = intervals.measurement(group, variant, key)
    text, beneath = value.text(key.digits), "no interval"
    if measurement is not None:
        text, beneath = number(value.mean, key.digits), span(measurement.estimate.interval(), key.digits)
    return Cell(text, "measured", ", ".join([beneath, *remarks]), strong=strong, value=value.mean)


def score_column(key: MetricKey) -> Column:
    """Return the head of a column of scores."""
    return Column(key.name, key.unit, key.better)


def seeds_cell(variant: Variant, key: MetricKey, *, strong: bool = False) -> Cell:
    """Return the mean of a score over the seeds of a variant, with its spread; empty where it was not scored so."""
    value = variant.measured(key.protocol, key.metric)
    return Cell(value.text(key.digits), "measured", strong=strong, value=value.mean) if value else EMPTY


def remarks(variant: Variant, group: Group) -> str:
    """Return what distinguishes a method from the others beside it; empty for most."""
    keypoints = variant.runs[0].record.identity.keypoints
    parts = ["learns nothing"] if not variant.learns else []
    parts += ["sees depth at test"] if variant.sees_depth else []
    parts += [f"K = {keypoints}"] if keypoints != group.identity.keypoints else []
    return ", ".join([*parts, *changed_settings(variant)])
