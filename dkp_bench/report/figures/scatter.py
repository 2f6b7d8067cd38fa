"""Scatter plots: one number against another one, a dot a condition, with the line on which both are equal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.chart import (
    GREY,
    SMALL,
    Piece,
    Reading,
    Reference,
    chart,
    draw_mark,
    draw_references,
    finish_axes,
    look,
    panel_inches,
    with_seeds,
)
from dkp_bench.report.figures.labels import LINE, Box, free_places, label_ends, reference_ends, text_width

SIZE = (5.4, 4.4)
"""Width and height of a panel in inches."""
LEGEND_ROW = 0.24
FAMILIES = 4
"""Families in a row of the legend."""
AWAY = 0.16
"""From this distance on, in inches, a line leads from a label to its dot."""
THIN = 0.015
"""Half the width of an interval's bar, in inches."""


@dataclass(frozen=True)
class ScatterDot:
    """One condition: its label, its two readings, and the family it belongs to."""

    label: str
    x: Reading
    y: Reading
    family: str = ""


@dataclass(frozen=True)
class ScatterPanel:
    """The dots of one dataset; never empty. ``references`` are numbers on the y axis."""

    title: str
    x_axis: str
    y_axis: str
    digits: int
    dots: tuple[ScatterDot, ...]
    references: tuple[Reference, ...] = ()


def scatter_figure(name: str, panels: Sequence[ScatterPanel], caption: str) -> Figure:
    """Draw ``panels``, up to two beside each other, each dot with its label and both its intervals.

    >>> dot = ScatterDot("exact", Reading(4.2), Reading(6.3))
    >>> scatter_figure("s.svg", [ScatterPanel("squares", "teacher", "student", 1, (dot,))], "Errors.").description
    'squares: exact 4.2, 6.3.'
    """
    families = len({dot.family for panel in panels for dot in panel.dots})
    height = SIZE[1] + LEGEND_ROW * math.ceil(families / FAMILIES) * (families > 1)
    pieces = [Piece(partial(_draw, panel=panel), height, SIZE[0]) for panel in panels]
    alt = f"{panels[0].y_axis} against {panels[0].x_axis}, a dot a condition."
    said = with_seeds(
        f"{caption} On the dashed diagonal both are equal.", [dot.y for panel in panels for dot in panel.dots]
    )
    return chart(name, pieces, said, alt, description=" ".join(map(_in_words, panels)), columns=2)


def _draw(axis: Axes, panel: ScatterPanel) -> None:
    families = list(dict.fromkeys(dot.family for dot in panel.dots))
    draw_references(axis, panel.references)
    for dot in panel.dots:
        colour, marker = look(families.index(dot.family))
        if dot.x.bounded:
            ends = [dot.x.bounded.low, dot.x.bounded.high]
            axis.plot(ends, [dot.y.value] * 2, "-", color=colour, linewidth=0.9)
        draw_mark(axis, (dot.x.value, dot.y.value), dot.y, colour, marker)
    axis.margins(0.1)
    axis.set_xlim(axis.get_xlim())
    axis.set_ylim(axis.get_ylim())
    axis.axline((0, 0), slope=1, color=GREY, linewidth=1.0, linestyle=(0, (6, 3)), zorder=0.5)
    finish_axes(axis, panel.title, panel.x_axis, panel.y_axis)
    axis.grid(axis="x", linewidth=0.4, alpha=0.4)
    label_ends(axis, reference_ends(panel.references))
    if len(families) > 1:
        _add_families(axis, families)
    _label_dots(axis, panel)


def _label_dots(axis: Axes, panel: ScatterPanel) -> None:
    """Write each label where it covers nothing; a thin line leads to one that stands apart from its dot."""
    room = panel_inches(axis)
    labels = [svg.label(dot.label) for dot in panel.dots]
    widths = [text_width(text, SMALL) for text in labels]
    dots = _in_inches(axis, [[dot.x.value, dot.y.value] for dot in panel.dots], room)
    corners = free_places(dots, widths, room, _bars(axis, panel, room))
    for dot, text, width, (left, bottom) in zip(dots, labels, widths, corners, strict=True):
        nearest = np.clip(dot, [left, bottom], [left + width, bottom + LINE])
        if np.hypot(*(nearest - dot)) > AWAY:
            axis.plot(*(np.array([dot, nearest]) / room).T, transform=axis.transAxes, color=svg.INK, linewidth=0.5)
        place = left / room[0], (bottom + LINE / 2) / room[1]
        axis.text(*place, text, transform=axis.transAxes, fontsize=SMALL, va="center_baseline")


def _in_inches(axis: Axes, values: Sequence[Sequence[float]], room: tuple[float, float]) -> NDArray[np.float64]:
    """Return places on the panel in inches from its lower left corner, ``(n, 2)``."""
    low, high = np.array([axis.get_xlim(), axis.get_ylim()]).T
    return np.asarray((np.array(values, dtype=np.float64) - low) / (high - low) * room)


def _bars(axis: Axes, panel: ScatterPanel, room: tuple[float, float]) -> list[Box]:
    """Return the places of the intervals, which labels should not cover."""
    bars = []
    for dot in panel.dots:
        if band := dot.y.bounded:
            (x, low), (_, high) = _in_inches(axis, [[dot.x.value, band.low], [dot.x.value, band.high]], room)
            bars.append((x - THIN, low, x + THIN, high))
        if band := dot.x.bounded:
            (low, y), (high, _) = _in_inches(axis, [[band.low, dot.y.value], [band.high, dot.y.value]], room)
            bars.append((low, y - THIN, high, y + THIN))
    return bars


def _add_families(axis: Axes, families: Sequence[str]) -> None:
    """Draw what the colours and shapes mean beneath the panel."""
    looks = [look(order) for order in range(len(families))]
    marks = [Line2D([], [], marker=marker, color=colour, linestyle="none") for colour, marker in looks]
    names = [svg.label(family, 18) for family in families]
    below = 0, -0.55 / panel_inches(axis)[1]
    axis.legend(marks, names, loc="upper left", bbox_to_anchor=below, ncols=FAMILIES, fontsize=SMALL, handletextpad=0.2)


def _in_words(panel: ScatterPanel) -> str:
    dots = [f"{dot.label} {dot.x.in_words(panel.digits)}, {dot.y.in_words(panel.digits)}" for dot in panel.dots]
    return f"{panel.title}: {'; '.join(dots)}."
