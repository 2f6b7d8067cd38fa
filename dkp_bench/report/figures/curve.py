"""Curves: a number by level, a line for each method or family, with intervals and labels at the ends of the lines."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.chart import (
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
from dkp_bench.report.figures.labels import End, label_ends, reference_ends, text_width

Scale = Literal["linear", "log", "category"]

HEIGHT = 3.1
BESIDE = 0.012
"""How far the marks of two curves at one level stand apart, as a part of the x axis."""
BETWEEN = 0.06
"""Least distance between the names of two levels, in inches."""


@dataclass(frozen=True)
class Curve:
    """One line: its label and its readings by level, in the order of the levels; never empty."""

    label: str
    readings: tuple[tuple[float, Reading], ...]
    stands_out: bool = False


@dataclass(frozen=True)
class CurvePanel:
    """The curves of one dataset.

    Attributes:
        title: over the panel.
        x_axis: what the levels are, with their unit.
        y_axis: what was measured, with its unit.
        digits: decimals of a reading.
        curves: never empty.
        scale: of the x axis. On a logarithmic one a level of 0 stands one step before the first other one; levels of
            a category are their indices in ``levels``.
        levels: names of the categories.
        references: what to compare with, drawn behind the curves.
    """

    title: str
    x_axis: str
    y_axis: str
    digits: int
    curves: tuple[Curve, ...]
    scale: Scale = "linear"
    levels: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


def curve_figure(name: str, panels: Sequence[CurvePanel], caption: str) -> Figure:
    """Draw ``panels``, up to three beside each other.

    >>> line = Curve("autolink", ((400, Reading(8.5)), (800, Reading(8.1))))
    >>> curve_figure("c.svg", [CurvePanel("squares", "steps", "error", 1, (line,), "log")], "Error by budget.").alt
    'error by steps, a line each: autolink.'
    """
    readings = [reading for panel in panels for curve in panel.curves for _, reading in curve.readings]
    labels = dict.fromkeys(curve.label for panel in panels for curve in panel.curves)
    alt = f"{panels[0].y_axis} by {panels[0].x_axis}, a line each: {', '.join(labels)}."
    pieces = [Piece(partial(_draw, panel=panel), HEIGHT) for panel in panels]
    return chart(name, pieces, with_seeds(caption, readings), alt, description=" ".join(map(_in_words, panels)))


def _draw(axis: Axes, panel: CurvePanel) -> None:
    levels = sorted({level for curve in panel.curves for level, _ in curve.readings})
    places = level_places(levels, panel.scale)
    extent = max(places.values()) - min(places.values()) or 1.0
    draw_references(axis, panel.references)
    for order, curve in enumerate(panel.curves):
        colour, marker, width = *look(order), 2.2 if curve.stands_out else 1.4
        shift = BESIDE * extent * (order - (len(panel.curves) - 1) / 2)
        xs = [places[level] + shift for level, _ in curve.readings]
        axis.plot(xs, [reading.value for _, reading in curve.readings], "-", color=colour, linewidth=width, zorder=2)
        for x, (_, reading) in zip(xs, curve.readings, strict=True):
            draw_mark(axis, (x, reading.value), reading, colour, marker)
    axis.set_xlim(min(places.values()) - 0.06 * extent, max(places.values()) + 0.06 * extent)
    axis.margins(y=0.08)
    axis.set_xticks([])
    finish_axes(axis, panel.title, panel.x_axis, panel.y_axis)
    ends = [End(c.label, c.readings[-1][1].value, *look(order), "-") for order, c in enumerate(panel.curves)]
    label_ends(axis, [*ends, *reference_ends(panel.references)])
    _mark_levels(axis, places, panel)


def level_places(levels: Sequence[float], scale: Scale) -> dict[float, float]:
    """Return where each level stands on a linear axis.

    >>> level_places([0, 0.1, 1], "log")
    {0: -2.0, 0.1: -1.0, 1: 0.0}
    """
    if scale != "log":
        return {level: float(level) for level in levels}
    places = {level: math.log10(level) for level in levels if level > 0}
    known = sorted(places.values()) or [0.0]
    step = float(np.median(np.diff(known))) if len(known) > 1 else 1.0
    return {level: places.get(level, known[0] - step) for level in levels}


def _mark_levels(axis: Axes, places: dict[float, float], panel: CurvePanel) -> None:
    """Write the levels under the axis; at a slant where two would touch."""
    names = [svg.label(_level_name(level, panel), 18) for level in places]
    low, high = axis.get_xlim()
    inches = panel_inches(axis)[0] / (high - low)
    widths = [text_width(name, SMALL) + BETWEEN for name in names]
    stops = zip(itertools.pairwise(places.values()), itertools.pairwise(widths), strict=True)
    touch = any(inches * (after - before) < sum(pair) / 2 for (before, after), pair in stops)
    turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if touch else {}
    axis.set_xticks(list(places.values()), names, fontsize=SMALL, **turned)


def _level_name(level: float, panel: CurvePanel) -> str:
    if panel.scale == "category":
        return panel.levels[int(level)]
    return f"{level:,.0f}" if level >= 1000 else f"{level:g}"


def _in_words(panel: CurvePanel) -> str:
    lines = []
    for curve in panel.curves:
        values = ", ".join(
            f"{_level_name(level, panel)}: {reading.in_words(panel.digits)}" for level, reading in curve.readings
        )
        lines.append(f"{curve.label} {values}")
    return f"{panel.title}: {'; '.join(lines)}."
