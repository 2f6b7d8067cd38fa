"""A dot plot: a dot for each seed, a bar for their mean."""

import statistics
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg

LEAST_HEIGHT = 1.9
COLUMNS = 2


@dataclass(frozen=True)
class DotPanel:
    """One panel: its title, the name of its axis, the rows with their values, and a line to compare with."""

    title: str
    axis: str
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    line: float | None


def dot_plot(name: str, panels: tuple[DotPanel, ...], caption: str, alt: str) -> Figure:
    """Draw ``panels``, two beside each other."""
    heights = [max(LEAST_HEIGHT, 0.9 + 0.32 * len(panel.rows)) for panel in panels]
    size = svg.PHONE, max(heights)
    draw = [partial(_draw, panel=panel) for panel in panels]
    figure = svg.painted(COLUMNS, size, draw)
    pieces = svg.panels(name, heights, draw)
    return Figure(name, svg.to_svg(figure, name), alt, caption, svg.pixels(size[0] * COLUMNS), panels=pieces)


def _draw(axis: Axes, panel: DotPanel) -> None:
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
