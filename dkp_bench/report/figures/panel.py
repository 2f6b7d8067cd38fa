"""A panel of sample images as PNG: a row for each image, a column for each method."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dkp_bench.drawing import (
    MIDDLE,
    Colour,
    Picture,
    depth_picture,
    draw_points,
    draw_skeleton,
    enlarge,
    png_bytes,
    to_pixels,
)
from dkp_bench.report.blocks import Panel
from dkp_bench.report.figures import svg
from dkp_bench.runs.samples import CHOICES, Samples
from dkp_bench.text import number

CELL = 192
"""Least side of a cell in pixels; images are enlarged by a whole factor."""
GAP = 8
HEAD = 40
"""Height of the headings over cells of the least side; they grow with the cells, as a page shrinks a wide panel."""
DPI = 96
GREY = "#7a7f87"
"""Colour of the headings, legible on white and on black: the panel is transparent."""
REGRESSED: Colour = (255, 176, 0)


@dataclass(frozen=True)
class PanelColumn:
    """A heading and the samples under it; ``sees_depth`` if the detector was given the depth maps."""

    heading: str
    samples: Samples
    sees_depth: bool = False


def draw_panel(columns: Sequence[PanelColumn], count: int) -> tuple[bytes, int, tuple[Panel, ...]]:
    """Return the panel as PNG, its width in pixels, and each of its columns as a piece.

    The first column shows the picture with the annotated joints; each other one what a method saw, with its keypoints,
    and beneath it the method's edge map with the joints regressed from the keypoints.

    Args:
        columns: one for each method, all with the same images; never empty.
        count: number of images to show.
    """
    # Rounded up, and a whole number: enlarged pixels stay sharp squares of equal size.
    scale = -(-CELL // columns[0].samples.rgb.shape[1])
    grid = [_truth_column(columns[0].samples, count, scale)]
    grid += [_method_column(column, count, scale) for column in columns]
    cell = grid[0][0].shape[0]
    pixels = _arrange(grid, cell, _head(cell))
    headings = ["annotated joints", *(column.heading for column in columns)]
    pieces = (
        Panel(png_bytes(_arrange([each], cell, 0), compression=9), cell, head)
        for each, head in zip(grid, headings, strict=True)
    )
    return _with_headings(pixels, headings, cell), pixels.shape[1], tuple(pieces)


def _truth_column(samples: Samples, count: int, scale: int) -> list[Picture]:
    cells = []
    for row in range(count):
        image = enlarge(samples.rgb[row], scale)
        for background in (image, np.zeros_like(image)):
            cells.append(with_skeleton(background, samples.truth[row], samples, row, scale, MIDDLE))
    return cells


def _method_column(column: PanelColumn, count: int, scale: int) -> list[Picture]:
    samples, cells = column.samples, []
    size = samples.rgb.shape[1]
    colours = _rainbow(samples.keypoints.shape[1])
    for row in range(count):
        seen = seen_picture(column, row)
        points = to_pixels(samples.keypoints[row], size, scale)
        cells.append(draw_points(enlarge(seen, scale), points, colours, radius=4.0))
        edges = _edge_picture(samples, row, scale)
        cells.append(with_skeleton(edges, samples.joints[row], samples, row, scale, REGRESSED))
    return cells


def seen_picture(column: PanelColumn, row: int) -> Picture:
    """Return what the detector saw of a sample: the picture, or the depth map in colours."""
    samples = column.samples
    depth = samples.depth[row] if column.sees_depth and samples.depth is not None else None
    return samples.rgb[row] if depth is None else depth_picture(depth)


def with_skeleton(
    picture: Picture, joints: NDArray[np.floating], samples: Samples, row: int, scale: int, colour: Colour
) -> Picture:
    """Return the picture with the visible joints of one sample, ``(J, 2)``, and their bones, in one colour."""
    size = samples.rgb.shape[1]
    bones = [(int(start), int(end)) for start, end in samples.bones]
    points = to_pixels(joints, size, scale)
    return draw_skeleton(picture, points, samples.visible[row], bones, [colour] * len(points))


def _edge_picture(samples: Samples, row: int, scale: int) -> Picture:
    """Return the edge map in grey; black if the method has none."""
    blank = np.zeros(samples.rgb.shape[1:3])
    edges = blank if samples.edges is None else np.nan_to_num(np.clip(samples.edges[row], 0, 1))
    # 200 and not 255: the skeleton that is drawn over it stays visible on the strongest edges.
    return enlarge(np.repeat(np.round(200 * edges).astype(np.uint8)[..., None], 3, axis=2), scale)


def _rainbow(count: int) -> list[Colour]:
    # The ends of the colour map are left out: they are too dark to be seen on a photograph.
    shades = np.round(mpl.colormaps["turbo"](np.linspace(0.08, 0.94, count))[:, :3] * 255).astype(int)
    return [(int(red), int(green), int(blue)) for red, green, blue in shades]


def _arrange(grid: Sequence[Sequence[Picture]], cell: int, head: int) -> Picture:
    """Arrange the cells in columns as RGBA, with transparent gaps and ``head`` pixels at the top for the headings.

    The two cells of an image touch; images are ``GAP`` apart.
    """
    images = len(grid[0]) // 2
    height = head + images * (2 * cell + GAP) - GAP
    pixels = np.zeros((height, len(grid) * (cell + GAP) - GAP, 4), dtype=np.uint8)
    for place, column in enumerate(grid):
        left = place * (cell + GAP)
        for index, picture in enumerate(column):
            top = head + index * cell + index // 2 * GAP
            pixels[top : top + cell, left : left + cell] = np.dstack([picture, np.full((cell, cell), 255, np.uint8)])
    return pixels


def _head(cell: int) -> int:
    return HEAD * cell // CELL


def _with_headings(pixels: Picture, headings: Sequence[str], cell: int) -> bytes:
    height, width = pixels.shape[:2]
    growth = cell / CELL
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 10 * growth}):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        figure.figimage(pixels, 0, 0, origin="upper")
        for place, heading in enumerate(headings):
            x = (place * (cell + GAP) + cell / 2) / width
            words = "\n(".join(svg.label(part) for part in heading.split(" (", 1))
            y = 1 - (_head(cell) - 7 * growth) / height
            figure.text(x, y, words, ha="center", va="bottom", color=GREY, weight="bold", parse_math=False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", transparent=True, metadata={"Software": None})
    return buffer.getvalue()


CAPTION = 38
"""Height of the two lines over a cell of the least side; it grows with the cells."""


def draw_choices(methods: Sequence[PanelColumn]) -> tuple[bytes, int, tuple[Panel, ...]]:
    """Return the panel as PNG, its width in pixels, and each of its rows as a piece.

    Each cell shows what the method's detector saw, with the annotated joints in white and those regressed from its
    keypoints in orange; above it are the name of the method and the error of the image.

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
    """Return the images of one method beside each other."""
    side = cells[0].shape[0]
    pixels = np.zeros((side, len(cells) * (side + GAP) - GAP, 4), dtype=np.uint8)
    for place, picture in enumerate(cells):
        left = place * (side + GAP)
        pixels[:, left : left + side] = np.dstack([picture, np.full((side, side), 255, np.uint8)])
    errors = ", ".join(_caption(method, choice).rpartition("\n")[2] for choice in CHOICES)
    return Panel(png_bytes(pixels, compression=9), pixels.shape[1], f"{method.heading}: {errors}")


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
