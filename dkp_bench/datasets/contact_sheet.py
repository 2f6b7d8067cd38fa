"""A picture of a dataset: for some samples the image, the depth map, the mask and the joints, side by side."""

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.splits import Split
from dkp_bench.drawing import (
    LEFT,
    MIDDLE,
    OUTLINE,
    RIGHT,
    Picture,
    depth_picture,
    draw_skeleton,
    draw_text,
    enlarge,
    mask_picture,
    side_colours,
    to_pixels,
)
from dkp_bench.errors import DkpError

PANE = 192
"""Least side of a picture on the sheet, in pixels."""
PAPER = 255
GAP = 8
LINE = 20
MOST = 200
"""Samples on a sheet at most: each takes up to a megabyte, and a picture must still open."""


def contact_sheet(dataset: Dataset, split: Split = "test", count: int = 12, columns: int = 2) -> Picture:
    """Draw the contact sheet of a prepared dataset.

    Args:
        dataset: prepared; what it does not have (depth, masks) is left out.
        split: samples spread evenly over this split are shown; ``train`` has no joints.
        count: how many samples; see :func:`samples_shown`.
        columns: samples side by side.

    Returns:
        ``(H, W, 3)`` uint8 RGB, each image enlarged by a whole factor.

    Raises:
        DkpError: if the count or the columns are not positive, or the split is empty.
    """
    total = len(dataset.images(split))
    if count < 1 or columns < 1:
        raise DkpError(f"a contact sheet needs a sample and a column at least, not {count} and {columns}")
    if total == 0:
        raise DkpError(f"the split {split!r} of {dataset.name} is empty, there is nothing to show")
    chosen = np.unique(np.linspace(0, total - 1, samples_shown(count, total)).round().astype(np.int64))
    panes = _panes(dataset, split, chosen)
    captions = _captions(dataset, split, chosen)
    samples = [_sample([pictures[i] for pictures in panes.values()], captions[i]) for i in range(len(chosen))]
    columns = min(columns, len(samples))
    samples += [np.full_like(samples[0], PAPER)] * (-len(samples) % columns)
    rows = [_beside(samples[start : start + columns]) for start in range(0, len(samples), columns)]
    sheet = np.concatenate([_heads(list(panes), rows[0].shape[1], columns), *rows])
    sheet = np.pad(sheet, ((0, 0), (GAP, GAP), (0, 0)), constant_values=PAPER)
    return np.concatenate([_title(dataset, split, total, sheet.shape[1]), sheet])


def samples_shown(count: int, total: int) -> int:
    """Return how many of ``total`` images a sheet of ``count`` samples shows; there may be fewer, or too many to fit.

    >>> samples_shown(12, 1024), samples_shown(12, 5), samples_shown(100_000, 1024)
    (12, 5, 200)
    """
    return min(count, total, MOST)


def _panes(dataset: Dataset, split: Split, chosen: NDArray[np.int64]) -> dict[str, list[Picture]]:
    """Return the enlarged pictures of the samples by kind, in the order in which they stand on the sheet."""
    images, scale = dataset.images(split), -(-PANE // dataset.size)
    rgb = [enlarge(image, scale) for image in images.rgb(chosen)]
    panes = {"image": rgb}
    if images.has_depth:
        panes["depth"] = [enlarge(depth_picture(depth), scale) for depth in images.depth(chosen)]
    if split == "train":
        return panes
    labels = dataset.labels(split)
    if labels.mask is not None:
        panes["mask"] = [enlarge(mask_picture(labels.mask[i]), scale) for i in chosen]
    colours = side_colours(dataset.skeleton.names)
    panes["joints"] = [
        draw_skeleton(
            image, to_pixels(labels.joints[i], dataset.size, scale), labels.visible[i], dataset.skeleton.bones, colours
        )
        for image, i in zip(rgb, chosen, strict=True)
    ]
    return panes


def _captions(dataset: Dataset, split: Split, chosen: NDArray[np.int64]) -> list[str]:
    if split == "train":
        return [f"{split} {i}" for i in chosen]
    visible = dataset.labels(split).visible
    return [f"{split} {i}: {visible[i].sum()} of {visible.shape[1]} joints" for i in chosen]


def _sample(pictures: list[Picture], caption: str) -> Picture:
    """Draw one sample: its pictures side by side above its caption."""
    row = _beside(pictures, GAP // 2)
    strip = np.full((LINE + GAP, row.shape[1], 3), PAPER, dtype=np.uint8)
    return np.concatenate([row, draw_text(strip, caption, 2, 14)])


def _beside(pictures: list[Picture], gap: int = 3 * GAP) -> Picture:
    space = np.full((pictures[0].shape[0], gap, 3), PAPER, dtype=np.uint8)
    parts = [part for picture in pictures for part in (picture, space)]
    return np.concatenate(parts[:-1], axis=1)


def _heads(names: list[str], width: int, columns: int) -> Picture:
    """Draw the names of the pictures, above each column of samples."""
    strip = np.full((LINE, width, 3), PAPER, dtype=np.uint8)
    sample = (width - (columns - 1) * 3 * GAP) // columns
    pane = (sample + GAP // 2) // len(names)
    for column in range(columns):
        for place, name in enumerate(names):
            strip = draw_text(strip, name, column * (sample + 3 * GAP) + place * pane + 2, 14)
    return strip


def _title(dataset: Dataset, split: Split, total: int, width: int) -> Picture:
    """Draw what is shown, and what the joints' colours mean."""
    strip = np.full((2 * LINE + GAP, width, 3), OUTLINE, dtype=np.uint8)
    strip = draw_text(strip, f"{dataset.name} {dataset.size} px, {split}: {total} images", GAP, 18, MIDDLE)
    left = GAP
    for text, colour in (("person's left", LEFT), ("person's right", RIGHT), ("middle", MIDDLE)):
        strip = draw_text(strip, text, left, 38, colour)
        left += 10 * len(text)
    return strip
