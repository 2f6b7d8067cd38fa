"""The rule by which a published change is reproduced or not."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.analysis.claims import Change, ClaimRow, claim_rows, judge, verdict
from dkp_bench.analysis.comparable import group_runs
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Published
from dkp_bench.runs.run import Run
from dkp_bench.statistics import Estimate, Interval
from dkp_bench.statistics.estimate import Seeds

changes = st.floats(-90, 90).filter(bool)
widths = st.floats(0, 90)


@given(changes, changes, widths)
def test_the_rule(published: float, middle: float, width: float) -> None:
    measured = Interval(middle - width, middle + width)
    expected = "not-reproduced"
    if measured.low > 0 or measured.high < 0:
        if measured.low <= published <= measured.high:
            expected = "reproduced"
        elif (published > 0) == (measured.low > 0):
            expected = "direction-only"
    assert judge(published, measured) == expected


@given(changes, widths)
def test_the_ends_belong_to_the_interval(published: float, width: float) -> None:
    for measured in (Interval(published, published + width), Interval(published - width, published)):
        touches_zero = measured.low <= 0 <= measured.high
        assert judge(published, measured) == ("not-reproduced" if touches_zero else "reproduced")
    beyond = float(np.nextafter(published, np.inf))
    if published > 0:
        assert judge(published, Interval(beyond, beyond + width)) == "direction-only"


@given(changes, widths)
def test_an_interval_that_touches_0_tells_nothing(published: float, width: float) -> None:
    assert judge(published, Interval(0.0, width)) == judge(published, Interval(-width, 0.0)) == "not-reproduced"


@given(changes, changes, widths)
def test_better_and_worse_are_treated_alike(published: float, middle: float, width: float) -> None:
    here, there = Interval(middle - width, middle + width), Interval(-middle - width, -middle + width)
    assert judge(published, here) == judge(-published, there)


def test_an_unbounded_interval_reproduces_nothing() -> None:
    assert judge(-47.15, Interval(-np.inf, np.inf)) == "not-reproduced"


def row_of(runs: Sequence[Run], literature: Published, dataset: str, profile: str = "paper") -> ClaimRow:
    groups = group_runs(runs, literature.report.order, literature.datasets)
    rows = [row for row in claim_rows(groups, literature, Intervals()) if row.dataset == dataset]
    return next(row for row in rows if isinstance(row.outcome, Change) and row.outcome.group.profile == profile)


def with_interval(row: ClaimRow, low: float, high: float, *, seeds: bool = True) -> ClaimRow:
    """The same row, measured to lie between ``low`` and ``high`` with 95 % confidence."""
    half = (high - low) / 2 / 1.959963984540054
    draws = np.array([-1.0, 1.0]) * half / np.sqrt(2) + (low + high) / 2
    drawn = (Seeds(np.zeros(2), np.zeros(2)),) if seeds else ()
    estimate = Estimate((low + high) / 2, draws, 1e9, drawn, covers_seeds=seeds)
    assert isinstance(row.outcome, Change)
    return replace(row, outcome=replace(row.outcome, estimate=estimate))


@pytest.mark.parametrize(
    ("low", "high", "words", "reason"),
    [
        (-50.0, -40.0, "reproduced", "excludes 0"),
        (-30.0, -20.0, "direction only", "smaller than the published"),
        (-70.0, -60.0, "direction only", "larger than the published"),
        (-80.0, 1.0, "not reproduced", "holds 0"),
        (10.0, 20.0, "not reproduced", "other way"),
    ],
)
def test_runs_as_published(
    paper_runs: list[Run], literature: Published, low: float, high: float, words: str, reason: str
) -> None:
    found = verdict(with_interval(row_of(paper_runs, literature, "h36m"), low, high))
    assert found.words == words
    assert reason in found.reason


def test_only_runs_as_published_get_one(paper_runs: list[Run], literature: Published) -> None:
    tiny = with_interval(row_of(paper_runs, literature, "h36m", "tiny"), -50, -40)
    assert (verdict(tiny).words, verdict(tiny).reason) == ("no verdict", "not as published")


def test_one_seed_gets_none(paper_runs: list[Run], literature: Published) -> None:
    row = with_interval(row_of(paper_runs, literature, "h36m"), -50, -40, seeds=False)
    assert (verdict(row).words, verdict(row).reason) == ("no verdict", "one seed says nothing of chance in training")


def test_without_predictions_there_is_none(paper_runs: list[Run], literature: Published) -> None:
    found = verdict(row_of(paper_runs, literature, "taichi"))
    assert (found.words, found.reason) == ("no verdict", "no interval: its predictions or annotations are not there")


def test_nothing_run_and_nothing_comparable(literature: Published, paper_runs: list[Run]) -> None:
    first, *_, stand_in = claim_rows((), literature, Intervals())
    assert verdict(first).words == "not run"
    assert verdict(stand_in).reason == "stands in, tests no published number"
    apart = [run for run in paper_runs if run.record.identity.dataset == "taichi"]
    apart = [
        replace(
            run,
            record=run.record.model_copy(update={"identity": run.record.identity.model_copy(update={"keypoints": 9})}),
        )
        if run.record.identity.method == "distill_dkp"
        else run
        for run in apart
    ]
    groups = group_runs(apart, literature.report.order, literature.datasets)
    refused = next(row for row in claim_rows(groups, literature, Intervals()) if row.dataset == "taichi")
    assert verdict(refused).reason == "not comparable: they differ in keypoints"
