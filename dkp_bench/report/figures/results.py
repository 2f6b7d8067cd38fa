"""Dot plots: scores with their intervals, and a dot for each seed with a bar for their mean."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.chart import GREY, SMALL, Piece, Reading, chart, panel_inches
from dkp_bench.report.figures.labels import in_lines
from dkp_bench.text import number

ROW = 0.28
"""Height of a row in inches."""
SCORE, TIER = 0.52, 0.24
"""Widths in inches of the columns of scores and of tiers."""
LONGEST = 24
"""Signs of the longest label that stands in one line."""
TWO_LINES = 8.2
"""Font size of a label in two lines, which fit into a row."""
BAND = 0.16
"""Opacity of the interval of what the rows are compared with."""
LEARNS, STANDS_OUT = svg.COLOURS[0], svg.COLOURS[1]
LEGEND = (
    ("o", LEARNS, True, "sees the picture alone"),
    ("s", LEARNS, True, "sees depth at test"),
    ("o", GREY, False, "learns nothing"),
    ("s", GREY, False, "learns nothing, sees depth at test"),
)


@dataclass(frozen=True)
class ResultRow:
    """One method, or one arm of a study, on one dataset.

    Attributes:
        label: its name.
        reading: its score; of a single seed, the interval is dotted.
        control: whether it learns nothing.
        sees_depth: whether it is given depth maps at test.
        stands_out: whether it is the subject of the report.
        reference: whether its interval stands as a band behind all rows, to compare them with.
        tier: its tier; None where there are none.
    """

    label: str
    reading: Reading
    control: bool = False
    sees_depth: bool = False
    stands_out: bool = False
    reference: bool = False
    tier: int | None = None


@dataclass(frozen=True)
class ResultPanel:
    """The rows of one dataset, the best first; never empty."""

    title: str
    axis: str
    digits: int
    rows: tuple[ResultRow, ...]


def results_figure(name: str, panels: Sequence[ResultPanel], caption: str) -> Figure:
    """Draw a panel for each dataset, up to three beside each other, with a legend of the marks beneath."""
    best = "; ".join(
        f"{panel.title}: {', '.join(_in_words(row, panel.digits) for row in panel.rows)}" for panel in panels
    )
    alt = f"Every method's score with its 95 % interval, the best first. {best}."
    pieces = [Piece(partial(_draw, panel=panel), 1.3 + ROW * len(panel.rows)) for panel in panels]
    bands = list(dict.fromkeys(row.label for panel in panels for row in panel.rows if row.reference))
    return chart(name, pieces, caption, alt, finish=partial(_add_legend, bands=bands))


def _add_legend(figure: MatplotlibFigure, columns: int, *, bands: Sequence[str]) -> None:
    """Draw the legend beneath the panels, in room that is added for it."""
    marks: list[Artist] = [_mark(*each) for each in LEGEND]
    marks += [Patch(color=GREY, alpha=BAND, linewidth=0, label=f"interval of {svg.label(band, 24)}") for band in bands]
    beside = (1, 2, 5)[columns - 1]
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.1 + 0.2 * math.ceil(len(marks) / beside))
    figure.legend(handles=marks, loc="outside lower center", ncols=beside, fontsize=9.5)


def _draw(axis: Axes, panel: ResultPanel) -> None:
    for place, row in enumerate(panel.rows):
        _draw_row(axis, place, row)
    axis.set_title(svg.label(panel.title, 40))
    axis.set_xlabel("\n".join(svg.label(line, 44) for line in panel.axis.split("\n")), fontsize=9.5)
    axis.set_yticks(range(len(panel.rows)), [_row_name(row) for row in panel.rows], linespacing=0.95)
    for text, row in zip(axis.get_yticklabels(), panel.rows, strict=True):
        text.set_fontweight(_weight(row))
        if "\n" in text.get_text():
            text.set_fontsize(TWO_LINES)
    _write_scores(axis, panel)
    axis.grid(axis="x", linewidth=0.4, alpha=0.4)
    axis.tick_params(axis="y", length=0)


def _draw_row(axis: Axes, place: int, row: ResultRow) -> None:
    # The legend lists the four kinds in this order: bit 0 is depth, bit 1 is control.
    marker, colour, filled, _ = LEGEND[row.sees_depth + 2 * row.control]
    colour = STANDS_OUT if row.stands_out else colour
    if band := row.reading.bounded:
        line = "-" if row.reading.seeds > 1 else ":"
        axis.plot([band.low, band.high], [place] * 2, line, color=colour, linewidth=1.8)
        if row.reference:
            axis.axvspan(band.low, band.high, color=GREY, alpha=BAND, linewidth=0, zorder=0)
    face = colour if filled else "none"
    axis.plot(row.reading.value, place, marker, color=colour, markerfacecolor=face, markersize=6.5, markeredgewidth=1.6)


def _write_scores(axis: Axes, panel: ResultPanel) -> None:
    """Write the scores on the right of the panel, in room that is made for them, and the tiers beside them."""
    tiers = any(row.tier is not None for row in panel.rows)
    axis.set_ylim(len(panel.rows) - 0.5, -1.1 if tiers else -0.5)
    inside, _ = panel_inches(axis)
    room = (SCORE + TIER if tiers else SCORE) / inside
    low, high = axis.get_xlim()
    axis.set_xlim(low, high + (high - low) * room / (1 - room))
    across = axis.get_yaxis_transform()
    columns = [(1 - TIER / inside if tiers else 1.0, [number(row.reading.value, panel.digits) for row in panel.rows])]
    if tiers:
        columns.append((1.0, ["" if row.tier is None else str(row.tier) for row in panel.rows]))
        axis.text(1, -0.8, "tier", transform=across, ha="right", va="center", fontsize=SMALL)
    for right, texts in columns:
        for place, (text, row) in enumerate(zip(texts, panel.rows, strict=True)):
            axis.text(right, place, text, transform=across, ha="right", va="center", fontsize=9.5, weight=_weight(row))


def _row_name(row: ResultRow) -> str:
    """Return the label of a row; a long one of several words in two lines."""
    return in_lines(row.label, 16) if len(row.label) > LONGEST and " " in row.label else svg.label(row.label, LONGEST)


def _weight(row: ResultRow) -> str:
    return "bold" if row.stands_out else "normal"


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
    return f"{row.label} {number(row.reading.value, digits)}{said}"


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
    pieces = [
        Piece(partial(_draw_seeds, panel=panel), max(LEAST_HEIGHT, 0.9 + 0.32 * len(panel.rows))) for panel in panels
    ]
    return chart(name, pieces, caption, alt, columns=DOT_COLUMNS, png=False)


def _draw_seeds(axis: Axes, panel: DotPanel) -> None:
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
