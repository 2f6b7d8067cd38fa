"""The end of the training: whether it had settled, as far as the training loss shows."""

import math
from collections.abc import Sequence
from statistics import fmean

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.text import number, seeds

STEP, LOSS = "step", "loss"
LATE = 0.75
"""The part of the training after which a loss that still falls has not settled."""
LEGEND = (
    "The loss of the training, a mean over seeds at each method's main settings: over the first tenth of the steps, "
    "the tenth before the half, and the last tenth. The last column is the part of the whole fall that came after "
    "three quarters of the steps: near 0 % the loss had settled. Methods have losses of their own: compare along a "
    "row, never down a column. The loss does not say how good the keypoints are, and records keep no curve of the "
    "error: whether more steps would lower it, only a longer run can tell."
)
COLUMNS = (
    Column("dataset", numeric=False),
    Column("method", numeric=False),
    Column("steps"),
    Column("loss at the start"),
    Column("half-way"),
    Column("at the end"),
    Column("fell after three quarters", "% of the whole fall"),
)


def section(data: ReportData) -> Section | None:
    """Build a row for each method that was trained; None if there is none."""
    pairs = [(group, variant) for group in data.groups for variant in group.variants if variant.main or variant.own]
    rows = [row for group, variant in pairs if (row := _row(group, variant))]
    if not rows:
        return None
    table = Table("Training: had the loss settled?", COLUMNS, tuple(rows), name="training loss")
    return Section("training", "Training: had it settled?", (Text(LEGEND), table))


def _row(group: Group, variant: Variant) -> tuple[Cell, ...] | None:
    """Return a method's row; None unless every seed recorded its loss."""
    curves = [run.record.curves for run in variant.runs]
    if not all(curve.get(LOSS) and len(curve[LOSS]) == len(curve.get(STEP, [])) for curve in curves):
        return None
    start, half, late, end = (
        fmean(_loss_before(curve[LOSS], part) for curve in curves) for part in (0.1, 0.5, LATE, 1)
    )
    steps = max(curve[STEP][-1] for curve in curves)
    fall = start - end
    share = (
        Cell(f"{number(100 * (late - end) / fall, 1)} %", "measured", value=(late - end) / fall) if fall > 0 else EMPTY
    )
    return (
        Cell(group.dataset, detail=f"{group.profile} profile"),
        Cell(variant.label, detail=seeds(len(curves))),
        Cell(f"{steps:,.0f}", "measured", value=steps),
        *(Cell(number(value, 3), "measured", value=value) for value in (start, half, end)),
        share,
    )


def _loss_before(losses: Sequence[float], part: float) -> float:
    """Return the mean loss over the tenth of the recorded steps that ends at ``part`` of them, but over one at least.

    >>> _loss_before([4.0, 3.0, 2.0, 1.0], 0.5)
    3.0
    """
    count = max(1, round(len(losses) / 10))
    stop = max(count, math.ceil(part * len(losses)))
    return fmean(losses[stop - count : stop])
