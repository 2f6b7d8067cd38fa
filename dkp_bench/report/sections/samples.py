"""Sample images: the first of the test split, the methods side by side, and each method's best, median and worst."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dkp_bench.analysis.comparable import Group
from dkp_bench.analysis.published import Display
from dkp_bench.analysis.ranking import subject_first
from dkp_bench.errors import DkpError
from dkp_bench.report.blocks import Block, Details, Figure, Section, Text
from dkp_bench.report.data import ReportData
from dkp_bench.report.figures.panel import PanelColumn, draw_choices, draw_panel
from dkp_bench.report.opening import shown_first
from dkp_bench.runs.samples import CHOICES, read_samples
from dkp_bench.text import number

SHOWN = 2
"""Images shown of each dataset: the first of those that every run stores."""
CHOSEN = (
    "The image of the test split that each method does best on, that in the middle and that it does worst on, by its "
    "own error alone, from its first seed: a rule, and nobody's eye, chose them. In white the annotated joints, in "
    "orange those regressed from the keypoints; over each image its mean L2 error under the headline protocol, in % "
    "of the edge."
)
FIRST = (
    "The first images of the test split, not chosen. Above: what the detector saw, with its keypoints. Beneath: its "
    "edge map (black where a method has none) with the joints regressed from the keypoints, in orange. The first "
    "column shows the annotated joints."
)


def section(data: ReportData) -> Section | None:
    """Build two panels for each group, all but one folded away; None if no run stored samples.

    That one, of the largest profile, is also a file with a name of its own that a README can show: ``samples.png``.
    """
    display, shown = data.published.report, shown_first(data)
    groups = [*shown, *(group for group in data.groups if group not in shown)]
    found = [(group, columns) for group in groups if (columns := _columns(group, display))]
    if not found:
        return None
    first, *others = ((group, _first(group, columns)) for group, columns in found)
    blocks: list[Block] = [Text(FIRST), replace(first[1], name="samples.png")]
    blocks += [Details(f"First images of {_where(group)}", blocks=(figure,)) for group, figure in others]
    for group, columns in found:
        summary = f"Best, median and worst image of each method, {_where(group)}"
        blocks.append(Details(summary, blocks=(Text(CHOSEN), _chosen(group, columns))))
    return Section("samples", "Sample images", tuple(blocks))


def _columns(group: Group, display: Display) -> list[PanelColumn]:
    """Return the samples of the first seed of each method at its main settings, those that learn first.

    All start with the same images; methods that found the same keypoints share a column.
    """
    mains = sorted(subject_first(group.mains, display), key=lambda variant: not variant.learns)
    found = [(variant, path) for variant in mains if (path := variant.runs[0].samples) is not None]
    columns = [PanelColumn(variant.label, read_samples(path), variant.sees_depth) for variant, path in found]
    _check_same_images(columns, [path for _, path in found])
    return _merged(columns)


def _merged(columns: Sequence[PanelColumn]) -> list[PanelColumn]:
    """Return the columns, those with the same keypoints as one with the names of all."""
    merged: dict[bytes, PanelColumn] = {}
    for column in columns:
        found = column.samples.keypoints.tobytes()
        before = merged.get(found)
        merged[found] = replace(before, heading=f"{before.heading} = {column.heading}") if before else column
    return list(merged.values())


def _check_same_images(columns: Sequence[PanelColumn], paths: Sequence[Path]) -> None:
    firsts = [column.samples.of("first") for column in columns]
    for path, samples in zip(paths, firsts, strict=True):
        if not (np.array_equal(samples.indices, firsts[0].indices) and np.array_equal(samples.rgb, firsts[0].rgb)):
            raise DkpError(f"{path}: shows other images than {paths[0]}", "delete both runs' folders, run them again")


def _first(group: Group, columns: Sequence[PanelColumn]) -> Figure:
    key = [PanelColumn(column.heading, column.samples.of("first"), column.sees_depth) for column in columns]
    count = min(SHOWN, len(key[0].samples.indices))
    content, width, pieces = draw_panel(key, count)
    names = ", ".join(column.heading for column in key)
    alt = f"{count} test images of {_where(group)}: annotated joints, then keypoints and edge maps of {names}."
    caption = f"First images of {_where(group)}"
    return Figure(f"samples-{group.anchor}.png", content, alt, caption, width, panels=pieces)


def _chosen(group: Group, columns: Sequence[PanelColumn]) -> Figure:
    content, width, pieces = draw_choices(columns)
    errors = "; ".join(f"{column.heading} {_errors(column)}" for column in columns)
    alt = f"Best, median and worst test image of each method on {_where(group)}, with annotated and regressed joints."
    description = f"Mean L2 error of each method's best, median and worst image, in % of the edge: {errors}."
    caption = f"Best, median and worst image of each method, {_where(group)}"
    return Figure(f"chosen-{group.anchor}.png", content, alt, caption, width, description, pieces)


def _errors(column: PanelColumn) -> str:
    samples = column.samples
    return ", ".join(number(float(samples.of(choice).errors[0]), 1) for choice in CHOICES)


def _where(group: Group) -> str:
    return f"{group.dataset}, {group.profile} profile"
