"""Errors drawn on a skeleton: a disc at each joint and its label beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from dkp_bench.datasets.base import Labels
from dkp_bench.report.blocks import Panel
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.labels import label_heights
from dkp_bench.text import number, signed

Floats = NDArray[np.float64]


def mean_pose(labels: Labels, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Return the mean of all poses, ``(J, 2)`` as (x, y), y down: centred on 0, its larger side 2 long.

    A person seen from behind is mirrored first, or the mean of people from the front and from behind would be a line. A
    joint that no image shows stands in the middle.

    Args:
        labels: ``(N, J, 2)`` joints and which are visible.
        pairs: indices of the person's left and right joints, in this order (:func:`left_first`); in the mean the left
            one lies on the right, as the person faces us.
    """
    seen = labels.visible[..., None]
    joints = np.where(seen, labels.joints.astype(np.float64), 0.0)
    centred = np.where(seen, joints - joints.sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True), 0.0)
    if pairs:
        left, right = np.array(pairs).T
        both = labels.visible[:, left] & labels.visible[:, right]
        width = ((centred[:, left, 0] - centred[:, right, 0]) * both).sum(axis=1)
        centred[..., 0] *= np.where(width < 0, -1.0, 1.0)[:, None]
    pose = centred.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    low, high = pose.min(axis=0), pose.max(axis=0)
    side = float((high - low).max())
    return np.asarray((pose - (low + high) / 2) * (2 / side if side else 1.0))


def left_first(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs with the joint that has “right” in its name last; a pair without one stays as it is."""
    return [(b, a) if "right" in names[a] and "right" not in names[b] else (a, b) for a, b in pairs]


def sides(pose: Floats) -> NDArray[np.bool_]:
    """Return which joints have their label on the right, ``(J,)``: the half that lies further right."""
    right = np.zeros(len(pose), dtype=np.bool_)
    right[np.argsort(pose[:, 0], kind="stable")[(len(pose) + 1) // 2 :]] = True
    return right


FONT = 10.4
"""Font size of the labels in points: 12 pixels on a page that shrinks three panels to fit beside each other."""
LINE = 0.2
"""Height of a label in inches; the height of the figure follows from it."""
LEAST_HEIGHT = 2.6
LARGEST_DISC = 240.0
"""Area of the disc of the largest error, in square points."""
LABELS = 1.95
"""Half width of the panel, in halves of the skeleton's larger side."""
EDGE = 1.2
"""Distance of the labels from the middle, in the same unit."""


@dataclass(frozen=True, eq=False)
class Pose:
    """The pose to draw on.

    Attributes:
        names: names of its J joints.
        pose: ``(J, 2)``, (x, y) in [−1, 1], y down.
        bones: pairs of joint indices.
    """

    names: tuple[str, ...]
    pose: NDArray[np.float64]
    bones: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class JointPanel:
    """One skeleton: a title and a number for each joint by its name; if it is a change, its sign is drawn too."""

    title: str
    values: Mapping[str, float]
    change: bool = False


def draw_joints(name: str, skeleton: Pose, panels: Sequence[JointPanel]) -> tuple[bytes, int, tuple[Panel, ...]]:
    """Return the panels side by side as SVG, their width in CSS pixels, and each as a piece; discs share one scale."""
    largest = max(abs(value) for panel in panels for value in panel.values.values()) or 1.0
    height = max(LEAST_HEIGHT, 0.7 + LINE * ((len(skeleton.names) + 1) // 2))
    gap = 2.4 / (height - 0.6) * LINE  # LINE on the y axis, which is 2.4 long; titles and margins take 0.6 inches
    draw = [partial(_draw, skeleton=skeleton, panel=panel, largest=largest, gap=gap) for panel in panels]
    with mpl.rc_context(svg.STYLE):
        figure, axes = svg.canvas(1, len(panels), (svg.PHONE, height))
        for axis, paint in zip(axes, draw, strict=True):
            paint(axis)
    width = svg.pixels(svg.PHONE * len(panels))
    return svg.to_svg(figure, name), width, svg.panels(name, [(svg.PHONE, height)] * len(draw), draw)


def _draw(axis: Axes, skeleton: Pose, panel: JointPanel, largest: float, gap: float) -> None:
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
    """Draw a full disc for an error or a rise, a ring for a fall, so that colour is not needed to see which it is."""
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
    """Return a joint's name with ``R`` and ``L`` for right and left: short enough to be set in legible type."""
    words = name.replace("_", " ").split()
    return " ".join({"right": "R", "left": "L"}.get(word, word) for word in words)
