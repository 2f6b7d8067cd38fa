"""What the charts share: a measured number, something to compare it with, and the figure made of their panels."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.statistics import Interval
from dkp_bench.text import number

GREY = "#7a7f87"
"""Colour of what is compared with; seen on white and on black."""
SMALL = 9.0
"""Font size of labels inside a chart, in points."""
MARKERS = "osD^vPX"
"""A shape for each of :data:`MARK_COLOURS`: a chart can be read without colours."""
MARK_COLOURS = (svg.COLOURS[1], svg.COLOURS[0], *svg.COLOURS[2:])
"""The first, of what a study asks about, is that of the method which stands out in the picture of the results."""
DASHES = ("--", ":", "-.")
"""The line of the first, second and third thing to compare with."""
ONE_SEED = "Hollow marks are one seed, their interval covers the images alone."


@dataclass(frozen=True)
class Reading:
    """A measured number.

    Attributes:
        value: the mean over seeds.
        interval: its 95 % interval; None if there is none.
        seeds: how many seeds it is the mean of.
    """

    value: float
    interval: Interval | None = None
    seeds: int = 1

    @property
    def bounded(self) -> Interval | None:
        """The interval, if it has two finite ends that can be drawn."""
        if self.interval and math.isfinite(self.interval.low) and math.isfinite(self.interval.high):
            return self.interval
        return None

    def in_words(self, digits: int) -> str:
        """Write the number with its interval: ``6.32 (5.97 to 6.67)``."""
        written = number(self.value, digits)
        if self.bounded is None:
            return written
        return f"{written} ({number(self.bounded.low, digits)} to {number(self.bounded.high, digits)})"


@dataclass(frozen=True)
class Reference:
    """A number that stands behind a chart to compare with: a band as wide as its interval, or a line."""

    label: str
    reading: Reading


@dataclass(frozen=True)
class Piece:
    """One panel of a chart: what draws it, and its width and height in inches."""

    draw: Callable[[Axes], None]
    height: float
    width: float = svg.PHONE


def chart(
    name: str,
    pieces: Sequence[Piece],
    caption: str,
    alt: str,
    *,
    description: str = "",
    columns: int = 3,
    png: bool = True,
    finish: Callable[[MatplotlibFigure, int], None] | None = None,
) -> Figure:
    """Return a figure of ``pieces``, up to ``columns`` beside each other.

    Its file and its PNG have a white background, so that they can stand in any page; the panels, which the HTML report
    places one by one, are transparent and take the colours of the page.

    Args:
        name: file name, ending in ``.svg``.
        pieces: its panels; never empty.
        caption: what it shows.
        alt: the same for readers who cannot see it; also the title of the file.
        description: its numbers in words, where no table has them.
        columns: most panels in a row.
        png: whether to draw it as a PNG, too, for LaTeX and READMEs.
        finish: adds to the whole figure, given the number of panels in a row, what belongs to no single panel.
    """
    beside = min(len(pieces), columns)
    size = max(piece.width for piece in pieces), max(piece.height for piece in pieces)
    with mpl.rc_context(svg.STYLE):
        figure = svg.painted(beside, size, [piece.draw for piece in pieces])
        if finish:
            finish(figure, beside)
    return Figure(
        name,
        svg.to_svg(figure, name, title=alt, transparent=False),
        alt,
        caption,
        svg.pixels(size[0] * beside),
        description,
        svg.panels(name, [(piece.width, piece.height) for piece in pieces], [piece.draw for piece in pieces]),
        svg.to_png(figure) if png else b"",
    )


def look(order: int) -> tuple[str, str]:
    """Return the colour and the shape of the first, second, … kind of mark; after seven they begin again."""
    return MARK_COLOURS[order % len(MARK_COLOURS)], MARKERS[order % len(MARKERS)]


def panel_inches(axis: Axes) -> tuple[float, float]:
    """Return width and height of the inside of a panel, as the names and numbers drawn around it so far leave it."""
    figure = axis.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    extent = axis.get_window_extent()
    return extent.width / figure.dpi, extent.height / figure.dpi


def draw_mark(axis: Axes, place: tuple[float, float], reading: Reading, colour: str, marker: str = "o") -> None:
    """Draw a dot, hollow for one seed, with its interval as a bar along y."""
    if reading.bounded:
        axis.plot([place[0]] * 2, [reading.bounded.low, reading.bounded.high], "-", color=colour, linewidth=1.6)
    face = colour if reading.seeds > 1 else "none"
    axis.plot(*place, marker, color=colour, markerfacecolor=face, markersize=6, markeredgewidth=1.5, zorder=3)


def draw_references(axis: Axes, references: Sequence[Reference]) -> None:
    """Draw what to compare with across the panel at its y, behind everything, each with its own kind of line."""
    for reference, dashes in zip(references, itertools.cycle(DASHES), strict=False):
        if band := reference.reading.bounded:
            axis.axhspan(band.low, band.high, color=GREY, alpha=0.2, linewidth=0, zorder=0)
        axis.axhline(reference.reading.value, color=GREY, linewidth=1.2, linestyle=dashes, zorder=0.5)


def finish_axes(axis: Axes, title: str, x_axis: str, y_axis: str, *, grid: bool = True) -> None:
    """Write the title and the names of the axes, of which a line break parts two lines, and draw the grid."""
    axis.set_title(svg.label(title, 40))
    axis.set_xlabel("\n".join(svg.label(line, 44) for line in x_axis.split("\n")), fontsize=9.5)
    axis.set_ylabel(svg.label(y_axis, 40), fontsize=9.5)
    if grid:
        axis.grid(axis="y", linewidth=0.4, alpha=0.4)


def with_seeds(caption: str, readings: Sequence[Reading]) -> str:
    """Return the caption, with a remark on hollow marks where there are any."""
    return f"{caption} {ONE_SEED}" if any(reading.seeds == 1 for reading in readings) else caption
