"""The difference of each joint between one method and others, as a chart."""

import math
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.axes import Axes

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.statistics import LEVEL, Estimate

PANEL_WIDTH = 3.6
ROW_HEIGHT = 0.2
MOST_COLUMNS = 3


def joint_chart(
    name: str, subject: str, against: Mapping[str, Mapping[str, Estimate]], unit: str, *, higher_is_better: bool
) -> Figure:
    """Draw a panel for each method: a dot with its interval for each joint, and a line where there is no difference.

    Args:
        name: of the file.
        subject: name of the method that the others are compared with.
        against: for each other method, the score of each joint of the subject minus that of the other; never empty,
            and the same joints for all.
        unit: name and unit of the score.
        higher_is_better: its direction.
    """
    columns = min(len(against), MOST_COLUMNS)
    rows = math.ceil(len(against) / columns)
    joints = next(iter(against.values()))
    who = svg.label(subject, 34)
    better = f"{who} is better →" if higher_is_better else f"← {who} is better"
    with mpl.rc_context(svg.STYLE):
        figure, axes = svg.canvas(rows, columns, (PANEL_WIDTH, 1.0 + ROW_HEIGHT * len(joints)))
        # The last row of the grid may have panels to spare.
        for axis in axes[len(against) :]:
            axis.set_axis_off()
        for place, (axis, (method, differences)) in enumerate(zip(axes, against.items(), strict=False)):
            _draw(axis, differences)
            axis.set_title(svg.label(f"minus {method}", 34))
            axis.set_xlabel(f"{svg.label(unit, 40)}\n{better}")
            names = [svg.label(joint) for joint in joints] if place % columns == 0 else []
            axis.set_yticks(range(len(joints)) if names else [], names)
    side = "Right" if higher_is_better else "Left"
    caption = (
        f"{subject} minus each method, joint by joint, with 95 % intervals that are not corrected for their number. "
        f"{side} of the dashed line {subject} is better. Each panel has its own scale."
    )
    alt = f"Difference of each joint between {subject} and {', '.join(against)}"
    return Figure(name, svg.to_svg(figure, name), alt, caption, svg.pixels(PANEL_WIDTH * columns))


def _draw(axis: Axes, differences: Mapping[str, Estimate]) -> None:
    axis.axvline(0, color=svg.INK, linewidth=0.9, linestyle="--")
    for place, number in enumerate(differences.values()):
        interval = number.interval(LEVEL)
        if math.isfinite(interval.low) and math.isfinite(interval.high):
            axis.plot([interval.low, interval.high], [place] * 2, "-", color=svg.COLOURS[0], linewidth=1.6)
        axis.plot([number.value], [place], "o", color=svg.COLOURS[0], markersize=4.5)
    # From high to low: the first joint stands at the top, as in the tables.
    axis.set_ylim(len(differences) - 0.5, -0.5)
    axis.grid(axis="x", linewidth=0.4, alpha=0.4)
    axis.tick_params(axis="y", length=0)
