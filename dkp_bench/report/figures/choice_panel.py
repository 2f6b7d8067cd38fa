"""A panel of each method's best, median and worst test image as PNG: a row for each method."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from dkp_bench.drawing import MIDDLE, Picture, enlarge
from dkp_bench.numbers import number
from dkp_bench.report.blocks import Panel
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.panel import (
    CELL,
    DPI,
    GAP,
    GREY,
    REGRESSED,
    PanelColumn,
    png_bytes,
    seen_picture,
    with_skeleton,
)
from dkp_bench.report.figures.sample_file import CHOICES

CAPTION = 38
"""Height of the two lines over a cell of the least side; they grow with the cells."""


def draw_choices(methods: Sequence[PanelColumn]) -> tuple[bytes, int, tuple[Panel, ...]]:
    """The panel as PNG, its width in pixels, and each of its rows alone.

    Each cell shows what the method's detector saw, with the annotated joints in white and those regressed from its
    keypoints in orange; over it stand the method and the error of the image.

    Args:
        methods: each with samples that hold one image of every choice; never empty.
    """
    scale = -(-CELL // methods[0].samples.rgb.shape[1])
    cells = [[_cell(method, choice, scale) for choice in CHOICES] for method in methods]
    captions = [[_caption(method, choice) for choice in CHOICES] for method in methods]
    side = cells[0][0].shape[0]
    head = CAPTION * side // CELL
    height = len(methods) * (head + side + GAP) - GAP
    pixels = np.zeros((height, len(CHOICES) * (side + GAP) - GAP, 4), dtype=np.uint8)
    for row, line in enumerate(cells):
        for column, picture in enumerate(line):
            top, left = row * (head + side + GAP) + head, column * (side + GAP)
            pixels[top : top + side, left : left + side] = np.dstack([picture, np.full((side, side), 255, np.uint8)])
    pieces = (_strip(method, line) for method, line in zip(methods, cells, strict=True))
    return _with_captions(pixels, captions, side, head), pixels.shape[1], tuple(pieces)


def _strip(method: PanelColumn, cells: Sequence[Picture]) -> Panel:
    """The images of one method beside each other."""
    side = cells[0].shape[0]
    pixels = np.zeros((side, len(cells) * (side + GAP) - GAP, 4), dtype=np.uint8)
    for place, picture in enumerate(cells):
        left = place * (side + GAP)
        pixels[:, left : left + side] = np.dstack([picture, np.full((side, side), 255, np.uint8)])
    errors = ", ".join(_caption(method, choice).rpartition("\n")[2] for choice in CHOICES)
    return Panel(png_bytes(pixels), pixels.shape[1], f"{method.heading}: {errors}")


def _cell(method: PanelColumn, choice: str, scale: int) -> Picture:
    row = _row(method, choice)
    samples = method.samples
    picture = with_skeleton(enlarge(seen_picture(method, row), scale), samples.truth[row], samples, row, scale, MIDDLE)
    return with_skeleton(picture, samples.joints[row], samples, row, scale, REGRESSED)


def _row(method: PanelColumn, choice: str) -> int:
    return int(np.flatnonzero(method.samples.choice == choice)[0])


def _caption(method: PanelColumn, choice: str) -> str:
    error = number(float(method.samples.errors[_row(method, choice)]), 1)
    return f"{svg.label(method.heading)}\n{choice}: {error} %"


def _with_captions(pixels: Picture, captions: Sequence[Sequence[str]], side: int, head: int) -> bytes:
    height, width = pixels.shape[:2]
    growth = side / CELL
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9 * growth}):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        figure.figimage(pixels, 0, 0, origin="upper")
        for row, line in enumerate(captions):
            for column, caption in enumerate(line):
                x = (column * (side + GAP) + side / 2) / width
                y = 1 - (row * (head + side + GAP) + head - 4 * growth) / height
                figure.text(x, y, caption, ha="center", va="bottom", color=GREY, weight="bold", parse_math=False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", transparent=True, metadata={"Software": None})
    return buffer.getvalue()
