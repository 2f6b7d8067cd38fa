"""The error of each joint, drawn on a skeleton: discs whose area is the error, with the number beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from dkp_bench.numbers import number, signed
from dkp_bench.report.blocks import Panel
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.skeleton import label_heights, sides

FONT = 10.4
"""Of the labels, in points: 12 pixels where a page shrinks three panels to fit beside each other."""
LINE = 0.2
"""Height of a label in inches; that of the figure follows."""
LEAST_HEIGHT = 2.6
LARGEST_DISC = 240.0
"""Area of the disc of the largest error, in square points."""
LABELS = 1.95
"""How far the panel reaches to either side, in half lengths of the skeleton's larger side."""
EDGE = 1.2
"""Where labels begin, likewise."""


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The pose to draw on.

    Attributes:
        names: of its J joints.
        pose: ``(J, 2)``, (x, y) in [−1, 1], y down.
        bones: pairs of joint indices.
    """

    names: tuple[str, ...]
    pose: NDArray[np.float64]
    bones: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class JointPanel:
    """One skeleton: a title, and a number for each joint by its name; of a change the sign counts too."""

    title: str
    values: Mapping[str, float]
    change: bool = False


def draw_joints(name: str, skeleton: Skeleton, panels: Sequence[JointPanel]) -> tuple[bytes, int, tuple[Panel, ...]]:
    """The panels side by side as SVG, their width in CSS pixels, and each of them alone; discs are to one scale."""
    largest = max(abs(value) for panel in panels for value in panel.values.values()) or 1.0
    height = max(LEAST_HEIGHT, 0.7 + LINE * ((len(skeleton.names) + 1) // 2))
    gap = 2.4 / (height - 0.6) * LINE
    draw = [partial(_draw, skeleton=skeleton, panel=panel, largest=largest, gap=gap) for panel in panels]
    with mpl.rc_context(svg.STYLE):
        figure, axes = svg.canvas(1, len(panels), (svg.PHONE, height))
        for axis, paint in zip(axes, draw, strict=True):
            paint(axis)
    width = svg.pixels(svg.PHONE * len(panels))
    return svg.to_svg(figure, name), width, svg.panels(name, [height] * len(draw), draw)


def _draw(axis: Axes, skeleton: Skeleton, panel: JointPanel, largest: float, gap: float) -> None:
    pose = skeleton.pose
    for start, end in skeleton.bones:
        axis.plot(*pose[[start, end]].T, color=svg.INK, linewidth=1.2, alpha=0.55, zorder=1)
    scored = [joint for joint, name in enumerate(skeleton.names) if name in panel.values]
    for joint in scored:
        _disc(axis, pose[joint], panel.values[skeleton.names[joint]], largest, filled=not panel.change)
    right = sides(pose[scored])
    for is_right in (False, True):
        column = [joint for joint, there in zip(scored, right, strict=True) if there == is_right]
        for joint, height in zip(column, label_heights(pose[column, 1], gap, -1.05, 1.05), strict=True):
            _label(axis, skeleton.names[joint], pose[joint], panel, height, side=1 if is_right else -1)
    axis.set_title(svg.label(panel.title, 40))
    axis.set_xlim(-LABELS, LABELS)
    axis.set_ylim(1.2, -1.2)
    axis.set_axis_off()


def _disc(axis: Axes, place: NDArray[np.float64], value: float, largest: float, *, filled: bool) -> None:
    """A full disc for an error or a rise, a ring for a fall: told apart without colour."""
    area = LARGEST_DISC * abs(value) / largest
    full = filled or value > 0
    colour = svg.COLOURS[1] if full else svg.COLOURS[0]
    face = colour if full else "none"
    axis.scatter(place[0], place[1], s=area, facecolors=face, edgecolors=colour, linewidths=1.4, alpha=0.8, zorder=2)


def _label(axis: Axes, name: str, place: NDArray[np.float64], panel: JointPanel, height: float, *, side: int) -> None:
    edge = EDGE * side
    axis.plot([place[0], edge], [place[1], height], color=svg.INK, linewidth=0.4, alpha=0.5, zorder=0)
    value = panel.values[name]
    text = signed(value, 1) if panel.change else number(value, 1)
    words = f"{svg.label(_short(name), 18)} {text}"
    align = "left" if side > 0 else "right"
    axis.text(edge + 0.03 * side, height, words, ha=align, va="center", fontsize=FONT)


def _short(name: str) -> str:
    """A joint's name with ``R`` and ``L`` for right and left, so that it can be set large enough to be read."""
    words = name.replace("_", " ").split()
    return " ".join({"right": "R", "left": "L"}.get(word, word) for word in words)
