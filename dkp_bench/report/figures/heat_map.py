"""Heat maps: a number for each pair of two choices, with its interval, coloured by its side of a reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.chart import GREY, SMALL, Piece, Reading, chart, finish_axes
from dkp_bench.text import number, signed

CELL = (1.06, 0.56)
"""Width and height of a cell in inches."""
MARGIN = (1.25, 1.6)
"""Inches beside and above the cells for the names and the scale."""
BELOW, ABOVE = svg.COLOURS[0], svg.COLOURS[1]
"""Blue and vermilion: told apart by colour-blind readers."""
STRONGEST = 0.62
"""The most colour in a cell: dark text stays legible on it."""
ON_COLOUR = "#16181c"
"""Text on a cell, whose colours are the same on light and dark pages."""
STEPS = 9
"""Colours in the scale."""


@dataclass(frozen=True)
class HeatMap:
    """A number for each pair of a row and a column.

    Attributes:
        title: over the map.
        row_axis: what the rows are.
        column_axis: what the columns are.
        rows: names of the rows, from the top.
        columns: names of the columns.
        cells: a line for each row; None for what was not run.
        reference: the number on either side of which the colours lie.
        what: what a cell is, with its unit.
        reference_label: what the reference is.
        digits: decimals.
        change: whether the numbers are changes, written with a sign.
    """

    title: str
    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Reading | None, ...], ...]
    reference: float
    what: str
    reference_label: str
    digits: int = 1
    change: bool = False


def heat_maps(name: str, maps: Sequence[HeatMap], caption: str) -> Figure:
    """Draw ``maps`` beside each other; all share one scale.

    >>> cells = ((Reading(-25.0), None),)
    >>> one = HeatMap("squares", "teacher", "student", ("big",), ("big", "small"), cells, 0, "change, %", "no change")
    >>> heat_maps("h.svg", [one], "Every pair.").description
    'squares: big × big −25.0; big × small not run.'
    """
    furthest = max(map(_furthest, maps)) or 1.0
    pieces = []
    for each in maps:
        width = MARGIN[0] + CELL[0] * len(each.columns)
        height = MARGIN[1] + CELL[1] * len(each.rows)
        pieces.append(Piece(partial(_draw, each=each, furthest=furthest), height, max(width, svg.PHONE)))
    alt = f"{maps[0].what} for each {maps[0].row_axis} and {maps[0].column_axis}."
    beside = max(1, int(11.1 // max(piece.width for piece in pieces)))
    said = (
        f"{caption} Blue lies below {maps[0].reference_label} and vermilion above it; bold: the interval lies on one "
        "side."
    )
    return chart(name, pieces, said, alt, description=" ".join(map(_in_words, maps)), columns=min(3, beside))


def tint(value: float, reference: float, furthest: float) -> str:
    """Return the colour of a cell: white at the reference, the stronger the further from it, up to ``furthest``."""
    part = max(-1.0, min(1.0, (value - reference) / furthest))
    colour = np.array(mpl.colors.to_rgb(ABOVE if part > 0 else BELOW))
    red, green, blue = 1 - STRONGEST * abs(part) * (1 - colour)
    return mpl.colors.to_hex((red, green, blue))


def _draw(axis: Axes, each: HeatMap, furthest: float) -> None:
    for row, line in enumerate(each.cells):
        for column, reading in enumerate(line):
            _draw_cell(axis, (column, row), reading, each, furthest)
    axis.xaxis.tick_top()
    axis.xaxis.set_label_position("top")
    axis.set_xticks(range(len(each.columns)), [svg.label(name, 14) for name in each.columns], fontsize=SMALL)
    axis.set_yticks(range(len(each.rows)), [svg.label(name, 16) for name in each.rows], fontsize=SMALL)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    finish_axes(axis, each.title, each.column_axis, each.row_axis, grid=False)
    _draw_scale(axis, each, furthest)


def _draw_cell(axis: Axes, place: tuple[int, int], reading: Reading | None, each: HeatMap, furthest: float) -> None:
    corner = place[0] - 0.48, place[1] - 0.47
    if reading is None:
        axis.add_patch(Rectangle(corner, 0.96, 0.94, fill=False, edgecolor=GREY, linewidth=0.8, linestyle=":"))
        axis.text(*place, "not run", ha="center", va="center", fontsize=SMALL, style="italic")
        return
    colour = tint(reading.value, each.reference, furthest)
    axis.add_patch(Rectangle(corner, 0.96, 0.94, facecolor=colour, edgecolor=GREY, linewidth=0.5))
    band = reading.bounded
    apart = band is not None and each.reference not in band
    weight = "bold" if apart else "normal"
    beneath = " to ".join(_written(end, each) for end in (band.low, band.high)) if band else "no interval"
    beneath += ", 1 seed" if reading.seeds == 1 and band is None else ""
    axis.text(
        place[0],
        place[1] - 0.16,
        _written(reading.value, each),
        ha="center",
        va="center",
        fontsize=10.5,
        weight=weight,
        color=ON_COLOUR,
    )
    axis.text(place[0], place[1] + 0.2, beneath, ha="center", va="center", fontsize=7.6, color=ON_COLOUR)


def _draw_scale(axis: Axes, each: HeatMap, furthest: float) -> None:
    """Draw the colours beneath the cells, with the numbers that the ends and the middle stand for."""
    left, width, line = -0.5, len(each.columns), 0.16 / CELL[1]
    top = len(each.rows) - 0.5 + 1.5 * line
    for step in range(STEPS):
        value = each.reference + furthest * (2 * step / (STEPS - 1) - 1)
        corner, colour = (left + width * step / STEPS, top), tint(value, each.reference, furthest)
        axis.add_patch(Rectangle(corner, width / STEPS, line / 2, facecolor=colour, linewidth=0))
    for part, side in ((-1, "left"), (0, "center"), (1, "right")):
        place = left + width * (part + 1) / 2, top + 1.3 * line
        axis.text(*place, _written(each.reference + part * furthest, each), ha=side, va="center", fontsize=7.6)
    axis.text(left + width / 2, top + 2.4 * line, svg.label(each.what, 48), ha="center", va="center", fontsize=8.5)
    axis.set_xlim(left, left + width)
    axis.set_ylim(bottom := top + 3 * line, -0.5)
    axis.yaxis.label.set_y(1 - len(each.rows) / 2 / (bottom + 0.5))  # beside the cells, not beside the scale


def _furthest(each: HeatMap) -> float:
    return max((abs(cell.value - each.reference) for line in each.cells for cell in line if cell), default=0.0)


def _written(value: float, each: HeatMap) -> str:
    return signed(value, each.digits) if each.change else number(value, each.digits)


def _in_words(each: HeatMap) -> str:
    cells = [
        f"{row} × {column} {reading.in_words(each.digits) if reading else 'not run'}"
        for row, line in zip(each.rows, each.cells, strict=True)
        for column, reading in zip(each.columns, line, strict=True)
    ]
    return f"{each.title}: {'; '.join(cells)}."
