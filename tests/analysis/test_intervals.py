"""Scores with their intervals, from stored predictions."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shifted import PROTOCOL, store

from dkp_bench.analysis.comparable import Group, group_runs
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.scores import MetricKey
from dkp_bench.errors import DkpError
from dkp_bench.report.cells import change_span, score_cell, span
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.statistics import Estimate, Interval

MakeRun = Callable[..., Run]
SHOWN = MetricKey(PROTOCOL, "mean_l2", "% of edge", higher_is_better=False)
ERRORS = np.linspace(1.0, 3.2, 12)


@pytest.fixture
def group(tmp_path: Path) -> Group:
    """``base`` with two seeds; ``taught``, half as far off, with the same; ``alike``, as good as ``base``, with one."""
    for seed in (0, 1):
        store(tmp_path, "base", ERRORS + seed / 10, seed=seed)
        store(tmp_path, "taught", (ERRORS + seed / 10) / 2, seed=seed)
    store(tmp_path, "alike", ERRORS[::-1].copy())
    (group,) = group_runs(load_runs(tmp_path), ("base", "taught", "alike"))
    return group


def test_a_score_with_its_interval(group: Group) -> None:
    measured = Intervals().measurement(group, group.variants[0], SHOWN)
    assert measured is not None
    assert measured.estimate.value == pytest.approx(2.15, abs=1e-4)
    assert 2.15 in measured.estimate.interval()
    cell = score_cell(Intervals(), group, group.variants[0], SHOWN, ["2 seeds"], strong=True)
    assert cell.text == "2.15"
    assert cell.detail == f"{span(measured.estimate.interval(), 2)}, 2 seeds"
    assert cell.value == pytest.approx(2.15, abs=1e-4)


def test_a_change_with_its_interval(group: Group) -> None:
    change = Intervals().change(group, group.variants[0], group.variants[1], SHOWN, (0, 1))
    assert change is not None
    assert change.value == pytest.approx(-50, abs=1e-3)
    assert change.covers_seeds
    alone = Intervals().change(group, group.variants[0], group.variants[2], SHOWN, (0,))
    assert alone is not None
    assert change_span(alone).endswith("over images alone")


def test_tiers(group: Group) -> None:
    assert Intervals().tiers(group, group.variants, SHOWN) == {"taught": 1, "base": 2, "alike": 2}
    assert Intervals().tiers(group, (), SHOWN) == {}


def test_each_number_is_computed_once(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    intervals = Intervals()
    first = intervals.measurement(group, group.variants[0], SHOWN)
    monkeypatch.delattr("dkp_bench.analysis.intervals.measure")
    assert intervals.measurement(group, group.variants[0], SHOWN, (0, 1)) is first


def test_what_lacks_is_said(group: Group, run: MakeRun, tmp_path: Path) -> None:
    (bare,) = group_runs([run()], ())
    assert Intervals().why_no_interval(bare, bare.variants[0]) == "the annotations of squares are not beside its runs"
    assert Intervals().measurement(bare, bare.variants[0], SHOWN) is None
    assert Intervals().tiers(bare, bare.variants, SHOWN) == {}
    (group.variants[2].runs[0].path / "predictions.npz").unlink()
    told = "predictions of alike on squares are not beside its runs"
    assert Intervals().why_no_interval(group, group.variants[2]) == told
    cell = score_cell(Intervals(), group, group.variants[2], SHOWN, ["1 seed"])
    assert (cell.text, cell.detail) == ("2.10", "no interval, 1 seed")


def test_annotations_may_lie_with_the_stored_runs(group: Group, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "results"
    (moved / "squares").mkdir(parents=True)
    (tmp_path / "squares").rename(moved / "squares")
    (found,) = group_runs(load_runs(moved), ())
    assert Intervals().annotations(found) is None
    assert isinstance(Intervals([tmp_path]).annotations(found), Annotations)


def test_predictions_that_do_not_give_the_score_stop_the_report(group: Group) -> None:
    first, *others = group.variants[0].runs
    scores = [replace(score, value=9.9) for score in first.record.scores]
    wrong = replace(first, record=first.record.model_copy(update={"scores": scores}))
    with pytest.raises(DkpError, match="dkp-bench score"):
        Intervals().measurement(group, replace(group.variants[0], runs=(wrong, *others)), SHOWN)


@pytest.mark.parametrize(
    ("interval", "change", "written"),
    [
        (Interval(6.049, 6.6), False, "6.05 to 6.60"),
        (Interval(-1.0, 2.0), True, "−1.00 to +2.00"),
        (Interval(-math.inf, math.inf), True, "unbounded"),
        (Interval(-0.07, -0.003), True, "−0.070 to −0.003"),  # it leaves out 0, and says so
        (Interval(0.00004, 1.0), True, "+0.00004 to +1.00000"),
        (Interval(-0.07, 0.003), True, "−0.07 to 0.00"),
        (Interval(-0.07, -0.003), False, "−0.07 to 0.00"),
    ],
)
def test_how_an_interval_is_written(interval: Interval, change: bool, written: str) -> None:
    assert span(interval, 2, change=change) == written


def test_how_the_interval_of_a_change_is_written() -> None:
    assert change_span(None) == "no interval"
    assert change_span(Estimate(-5.0, np.full(3, -5.0), 9.0, covers_seeds=True)) == "−5.0 to −5.0 %"
