"""Labels beside what they name, none over another one."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from dkp_bench.report.figures import svg
from dkp_bench.report.figures.chart import DASHES, GREY, SMALL, Reference, panel_inches

Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in inches."""

LINE = 0.165
"""Height of a line of text of 9 points, in inches."""
SAMPLE = (0.12, 0.38)
"""From where to where a piece of a line is drawn before its label, in inches beyond the panel."""
NEAR = 0.1
"""Distance from the middle of a dot to its label, in inches."""
DOT = 0.06
"""Half the side of the square that a dot takes, in inches."""
RINGS = tuple(NEAR * step for step in (1, 1.6, 2.4, 3.6, 5, 7))
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""To the right of a dot first, then to the left, above, below, and at its corners."""


def label_heights(wanted: Floats, gap: float, low: float, high: float) -> Floats:
    """Return heights near those wanted, ``(n,)``, in the same order, ``gap`` apart and between ``low`` and ``high``.

    If ``high − low`` is too short for gaps of that size, they are spread over it evenly.
    """
    count = len(wanted)
    order = np.argsort(wanted, kind="stable")
    room = min(gap, (high - low) / max(count - 1, 1))
    steps = room * np.arange(count)
    # Less its step, each height may be no lower than the one before it: a running maximum keeps all gaps in one pass.
    placed = np.maximum.accumulate(np.clip(wanted[order], low, high) - steps)
    placed = np.minimum(placed, high - room * (count - 1)) + steps
    heights = np.empty(count)
    heights[order] = placed
    return heights


@cache
def text_width(text: str, points: float) -> float:
    """Return the width of a line of text in inches."""
    path = TextPath((0, 0), text, size=points, prop=FontProperties(family="DejaVu Sans"))
    return float(path.get_extents().width) / 72


def in_lines(text: str, length: int = 14) -> str:
    r"""Return ``text`` as :func:`svg.label` has it, in two lines of about ``length`` signs if it is longer than one.

    >>> in_lines("depth inside figure")
    'depth inside\nfigure'
    """
    if len(text) <= length or " " not in text:
        return svg.label(text, 2 * length)
    cuts = [place for place, sign in enumerate(text) if sign == " "]
    cut = min(cuts, key=lambda place: max(place, len(text) - place))
    return f"{svg.label(text[:cut], length + 4)}\n{svg.label(text[cut + 1 :], length + 4)}"


@dataclass(frozen=True)
class End:
    """A line that ends at a height on the right edge of a panel: its label, and how it is drawn."""

    label: str
    height: float
    colour: str
    marker: str
    dashes: str


def reference_ends(references: Sequence[Reference]) -> list[End]:
    """Return the ends of what a panel compares with, as :func:`draw_references` draws it."""
    lines = zip(references, itertools.cycle(DASHES), strict=False)
    return [End(reference.label, reference.reading.value, GREY, "", dashes) for reference, dashes in lines]


def label_ends(axis: Axes, ends: Sequence[End]) -> None:
    """Write a label on the right of the panel for each line that ends there, with a piece of the line before it."""
    if not ends:
        return
    (low, high), (width, height) = axis.get_ylim(), panel_inches(axis)
    start, stop = (1 + inches / width for inches in SAMPLE)
    words = [in_lines(end.label) for end in ends]
    lines = max(text.count("\n") + 1 for text in words)
    gap = LINE * lines * (high - low) / height
    heights = label_heights(np.array([end.height for end in ends]), gap, low, high)
    across = axis.get_yaxis_transform()
    for end, text, place in zip(ends, words, heights, strict=True):
        line: dict[str, Any] = {"transform": across, "color": end.colour, "clip_on": False}
        axis.plot([1, start], [end.height, place], linewidth=0.5, **line)
        axis.plot([start, stop], [place] * 2, end.dashes, linewidth=1.4, **line)
        axis.plot([(start + stop) / 2], [place], end.marker, markersize=5, **line)
        right = stop + (stop - start) / 4
        axis.text(right, place, text, transform=across, va="center", fontsize=SMALL, linespacing=1.0)
    axis.set_ylim(low, high)


def free_places(
    dots: Floats, widths: Sequence[float], room: tuple[float, float], others: Sequence[Box] = ()
) -> list[tuple[float, float]]:
    """Return the lower left corner of the label of each dot, in inches from the panel's.

    A label goes to the nearest place around its dot where it covers no dot, no other label and no edge of the panel;
    if there is none, to the one where it covers least.

    Args:
        dots: ``(n, 2)`` places in inches from the panel's lower left corner.
        widths: of the labels, in inches.
        room: width and height of the panel in inches.
        others: what else no label should cover.
    """
    taken: list[Box] = [(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in dots]
    corners = []
    for (x, y), width in zip(dots, widths, strict=True):
        boxes = [_box(x, y, width, ring, direction) for ring, direction in itertools.product(RINGS, DIRECTIONS)]
        # Of equal ones the first, which is the nearest.
        best = min(boxes, key=lambda box: sum(_overlap(box, each) for each in (*taken, *others)) + _outside(box, room))
        taken.append(best)
        corners.append((best[0], best[1]))
    return corners


def _box(x: float, y: float, width: float, distance: float, direction: tuple[int, int]) -> Box:
    """Return the place of a label at some distance from its dot; at a corner of it, the distance is the diagonal."""
    across, up = direction
    away = distance / math.hypot(across, up)
    left = x + across * away - {1: 0.0, 0: width / 2, -1: width}[across]
    bottom = y + up * away - {1: 0.0, 0: LINE / 2, -1: LINE}[up]
    return left, bottom, left + width, bottom + LINE


def _overlap(one: Box, other: Box) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(up, 0.0)


def _outside(box: Box, room: tuple[float, float]) -> float:
    """Return the area of a label outside the panel."""
    inside = _overlap(box, (0.0, 0.0, *room))
    return (box[2] - box[0]) * (box[3] - box[1]) - inside
