"""Sample images with keypoints and edge maps, the methods side by side."""

import numpy as np

from dkp_bench.errors import DkpError
from dkp_bench.report.blocks import Block, Figure, Section, Text
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.panel import PanelColumn, draw_panel
from dkp_bench.report.sample_file import read_samples
from dkp_bench.report.setups import Setup

ORDER = 50
SHOWN = 4
"""Images of each dataset; the first of those every run stores."""


def section(evidence: Evidence) -> Section | None:
    """A panel for each setup, or nothing where no run stored samples."""
    figures = [figure for setup in evidence.setups if (figure := _figure(setup))]
    if not figures:
        return None
    text = Text(
        "Above: what the detector saw, with its keypoints. Beneath: its edge map (black where a method has none) with "
        "the joints regressed from the keypoints, in orange. The first column shows the annotated joints. The pictures "
        "are the first of the test split, not chosen."
    )
    blocks: tuple[Block, ...] = (text, *figures)
    return Section("samples", "Sample images", blocks)


def _figure(setup: Setup) -> Figure | None:
    """The panel of one setup, from the first seed of each variant."""
    found = [(variant, path) for variant in setup.variants if (path := variant.runs[0].samples) is not None]
    columns = tuple(PanelColumn(variant.label, read_samples(path), variant.sees_depth) for variant, path in found)
    if not columns:
        return None
    first = columns[0].samples
    for (_, path), column in zip(found, columns, strict=True):
        if not (
            np.array_equal(column.samples.indices, first.indices) and np.array_equal(column.samples.rgb, first.rgb)
        ):
            raise DkpError(
                f"{path}: shows other images than {found[0][1]}", "delete both runs' folders, run them again"
            )
    count = min(SHOWN, len(first.indices))
    content, width = draw_panel(columns, count)
    where = f"{setup.dataset}, {setup.profile} profile"
    names = ", ".join(column.heading for column in columns)
    alt = f"{count} test images of {where}: annotated joints, then keypoints and edge maps of {names}."
    return Figure(f"samples-{setup.anchor}.png", content, alt, where, width)
