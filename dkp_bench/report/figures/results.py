"""Dot plots: scores with their intervals, and a dot for each seed with a bar for their mean."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.statistics import Interval
from dkp_bench.text import number

LEAST_HEIGHT = 1.9
DOT_COLUMNS = 2


@dataclass(frozen=True)
class DotPanel:
    """One panel of a dot plot: title, name of the axis, rows with their values, and a line to compare with."""

    title: str
    axis: str
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    line: float | None


def dot_plot(name: str, panels: tuple[DotPanel, ...], caption: str, alt: str) -> Figure:
    """Draw ``panels``, two beside each other."""
    heights = [max(LEAST_HEIGHT, 0.9 + 0.32 * len(panel.rows)) for panel in panels]
    size = svg.PHONE, max(heights)
    draw = [partial(_draw_dots, panel=panel) for panel in panels]
    figure = svg.painted(DOT_COLUMNS, size, draw)
    pieces = svg.panels(name, heights, draw)
    return Figure(name, svg.to_svg(figure, name), alt, caption, svg.pixels(size[0] * DOT_COLUMNS), panels=pieces)


def _draw_dots(axis: Axes, panel: DotPanel) -> None:
    for place, (_, values) in enumerate(panel.rows):
        colour = svg.COLOURS[place % len(svg.COLOURS)]
        axis.plot(values, [place] * len(values), "o", color=colour, markersize=6, alpha=0.75, clip_on=False)
        axis.plot([statistics.fmean(values)] * 2, [place - 0.32, place + 0.32], "-", color=colour, linewidth=2)
    if panel.line is not None:
        axis.axvline(panel.line, color=svg.INK, linewidth=0.9, linestyle="--")
    axis.set_title(svg.label(panel.title, 40))
    axis.set_xlabel(svg.label(panel.axis, 40))
    axis.set_yticks(range(len(panel.rows)), [svg.label(name) for name, _ in panel.rows])
    axis.set_ylim(len(panel.rows) - 0.5, -0.5)
    axis.set_xlim(left=0)
    axis.margins(x=0.08)
    axis.grid(axis="x", linewidth=0.4, alpha=0.4)
    axis.tick_params(axis="y", length=0)


ROW = 0.26
"""Height of a row in inches."""
COLUMNS = 3
LEARNS, CONTROL, STANDS_OUT = svg.COLOURS[0], "#7a7f87", svg.COLOURS[1]
LEGEND = (
    ("o", LEARNS, True, "sees the picture alone"),
    ("s", LEARNS, True, "sees depth at test"),
    ("o", CONTROL, False, "learns nothing"),
    ("s", CONTROL, False, "learns nothing, sees depth at test"),
)


@dataclass(frozen=True)
class ResultRow:
    """One method on one dataset.

    Attributes:
        label: its name.
        value: its score, the mean over seeds.
        interval: the interval of the score; None if there is none.
        control: whether it learns nothing.
        sees_depth: whether it is given depth maps at test.
        stands_out: whether it is the subject of the report.
    """

    label: str
    value: float
    interval: Interval | None = None
    control: bool = False
    sees_depth: bool = False
    stands_out: bool = False


@dataclass(frozen=True)
class ResultPanel:
    """The methods of one dataset, the best first; never empty."""

    title: str
    axis: str
    digits: int
    rows: tuple[ResultRow, ...]


def results_figure(name: str, panels: Sequence[ResultPanel], caption: str) -> Figure:
    """Draw a panel for each dataset, up to three beside each other, with a legend of the marks beneath.

    The file has a white background, so that it can stand in any page; the panels are transparent.
    """
    columns = min(len(panels), COLUMNS)
    heights = [1.3 + ROW * len(panel.rows) for panel in panels]
    size = svg.PHONE, max(heights)
    draw = [partial(_draw, panel=panel) for panel in panels]
    with mpl.rc_context(svg.STYLE):
        figure = svg.painted(columns, size, draw)
        _add_legend(figure, columns)
    best = "; ".join(
        f"{panel.title}: {', '.join(_in_words(row, panel.digits) for row in panel.rows)}" for panel in panels
    )
    return Figure(
        name,
        svg.to_svg(figure, name, transparent=False),
        f"Every method's score with its 95 % interval, the best first. {best}.",
        caption,
        svg.pixels(size[0] * columns),
        panels=svg.panels(name, heights, draw),
        png=svg.to_png(figure),
    )


def _add_legend(figure: MatplotlibFigure, columns: int) -> None:
    """Draw the legend beneath the panels, in room that is added for it."""
    marks = [_mark(*each) for each in LEGEND]
    beside = (1, 2, 4)[columns - 1]
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.1 + 0.2 * math.ceil(len(marks) / beside))
    figure.legend(handles=marks, loc="outside lower center", ncols=beside, fontsize=9.5)


def _draw(axis: Axes, panel: ResultPanel) -> None:
    for place, row in enumerate(panel.rows):
        # The legend lists the four kinds in this order: bit 0 is depth, bit 1 is control.
        marker, colour, filled, _ = LEGEND[row.sees_depth + 2 * row.control]
        colour = STANDS_OUT if row.stands_out else colour
        if row.interval and math.isfinite(row.interval.low) and math.isfinite(row.interval.high):
            axis.plot([row.interval.low, row.interval.high], [place] * 2, "-", color=colour, linewidth=1.8)
        face = colour if filled else "none"
        axis.plot([row.value], [place], marker, color=colour, markerfacecolor=face, markersize=6.5, markeredgewidth=1.6)
        weight = "bold" if row.stands_out else "normal"
        written = number(row.value, panel.digits)
        axis.annotate(
            written,
            (1, place),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            weight=weight,
            fontsize=9.5,
        )
    axis.set_title(svg.label(panel.title, 40))
    axis.set_xlabel("\n".join(svg.label(line, 44) for line in panel.axis.split("\n")), fontsize=9.5)
    axis.set_yticks(range(len(panel.rows)), [svg.label(row.label, 24) for row in panel.rows])
    for text, row in zip(axis.get_yticklabels(), panel.rows, strict=True):
        text.set_fontweight("bold" if row.stands_out else "normal")
    axis.set_ylim(len(panel.rows) - 0.5, -0.5)
    low, high = axis.get_xlim()
    axis.set_xlim(low, high + 0.24 * (high - low))  # room for the numbers on the right
    axis.grid(axis="x", linewidth=0.4, alpha=0.4)
    axis.tick_params(axis="y", length=0)


def _mark(marker: str, colour: str, filled: bool, meaning: str) -> Line2D:
    face = colour if filled else "none"
    return Line2D(
        [],
        [],
        marker=marker,
        linestyle="none",
        label=meaning,
        color=colour,
        markerfacecolor=face,
        markersize=6.5,
        markeredgewidth=1.6,
    )


def _in_words(row: ResultRow, digits: int) -> str:
    marks = [word for word, holds in (("learns nothing", row.control), ("sees depth at test", row.sees_depth)) if holds]
    said = f" ({', '.join(marks)})" if marks else ""
    return f"{row.label} {number(row.value, digits)}{said}"
