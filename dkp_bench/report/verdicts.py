"""What a measured change says of a published one: the rule, in words and in code."""

from dataclasses import dataclass
from typing import Literal

from dkp_bench.report.cautions import not_as_published
from dkp_bench.report.deltas import Change, DeltaRow, Refused
from dkp_bench.statistics import Interval

Outcome = Literal["reproduced", "direction-only", "not-reproduced", "not-run", "none"]

WORDS: dict[Outcome, str] = {
    "reproduced": "reproduced",
    "direction-only": "direction only",
    "not-reproduced": "not reproduced",
    "not-run": "not run",
    "none": "no verdict",
}

RULE = (
    "The rule: let I be the 95 % interval of the measured relative change, over test images and seeds. A change is "
    "reproduced if the published one lies in I and 0 does not; direction only if all of I lies on the published side "
    "of 0, but the published change lies outside I; not reproduced otherwise, be it that I reaches 0 or the other "
    "side. The ends belong to I. A verdict needs runs as published (the paper profile, ImageNet weights in the "
    "perceptual network, no setting changed) and two seeds or more; whatever else was run is shown without one. A "
    "published change is taken as relative, also where nobody could read whether it is in points."
)


@dataclass(frozen=True)
class Verdict:
    """What was found of a published change, and in brief why."""

    outcome: Outcome
    reason: str = ""

    @property
    def words(self) -> str:
        """The outcome as people say it."""
        return WORDS[self.outcome]


def judge(published: float, measured: Interval) -> Outcome:
    """What a measured 95 % interval says of a published change, by :data:`RULE`; both in the same unit."""
    if 0 in measured:
        return "not-reproduced"
    if published in measured:
        return "reproduced"
    same_side = published > 0 if measured.low > 0 else published < 0
    return "direction-only" if same_side else "not-reproduced"


def verdict(row: DeltaRow) -> Verdict:
    """The verdict on a row of the paper's claim; for a stand-in there is none."""
    if row.published is None:
        return Verdict("none", "stands in, tests no published number")
    if row.outcome is None:
        return Verdict("not-run")
    if isinstance(row.outcome, Refused):
        return Verdict("none", f"not comparable: they differ in {', '.join(row.outcome.fields)}")
    reason = _why_none(row.outcome)
    if reason or row.outcome.estimate is None:
        return Verdict("none", reason)
    measured = row.outcome.estimate.interval()
    outcome = judge(float(row.published.value), measured)
    return Verdict(outcome, _reason(outcome, float(row.published.value), measured))


def _why_none(change: Change) -> str:
    if not_as_published(change.runs):
        return "not as published"
    if change.estimate is None:
        return "no interval: its predictions or annotations are not there"
    return "" if change.estimate.covers_seeds else "one seed says nothing of chance in training"


def _reason(outcome: Outcome, published: float, measured: Interval) -> str:
    if outcome == "reproduced":
        return "the published change lies in the interval, which excludes 0"
    if outcome == "direction-only":
        stronger = abs(published) < min(abs(measured.low), abs(measured.high))
        return f"the measured change is {'larger' if stronger else 'smaller'} than the published one"
    return "the interval holds 0" if 0 in measured else "the measured change goes the other way"
