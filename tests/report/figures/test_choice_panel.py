"""Each method's best, median and worst image."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import build_report
from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures.panel import CAPTION, CELL, GAP, PanelColumn, draw_choices
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.samples import Samples, read_samples
from dkp_bench.runs.schema import Record

Save = Callable[[Path, Record], Path]


@pytest.fixture
def samples(tmp_path: Path, sample_arrays: dict[str, Any]) -> Samples:
    """The images are grey, of the shade 10 times their place: 20, 30 and 40 the chosen ones."""
    shades = np.arange(5, dtype=np.uint8)[:, None, None, None] * 10
    np.savez(tmp_path / "samples.npz", **{**sample_arrays, "rgb": np.broadcast_to(shades, (5, 64, 64, 3))})
    return read_samples(tmp_path / "samples.npz")


def decoded(content: bytes) -> np.ndarray[Any, Any]:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def test_a_row_for_each_method_and_a_column_for_each_choice(samples: Samples) -> None:
    content, width, pieces = draw_choices([PanelColumn("a", samples), PanelColumn("b", samples)])
    image = decoded(content)
    assert image.shape[:2] == (2 * (CAPTION + CELL) + GAP, width)
    assert width == 3 * CELL + 2 * GAP
    row = image[CAPTION : CAPTION + CELL]
    shades = [np.median(row[:, left : left + CELL, :3]) for left in range(0, width, CELL + GAP)]
    assert shades == [20, 30, 40]
    assert [piece.title for piece in pieces] == [f"{name}: best: 3.0 %, median: 3.0 %, worst: 9.0 %" for name in "ab"]
    assert decoded(pieces[1].content).shape[:2] == (CELL, width)


def test_a_choice_is_found_wherever_it_stands(samples: Samples) -> None:
    picked = samples.of("median")
    assert picked.errors.tolist() == [3.0]
    assert picked.rgb.shape == (1, 64, 64, 3)
    assert picked.rgb[0, 0, 0, 0] == 30
    assert np.array_equal(picked.bones, samples.bones)
    assert samples.of("first").indices.tolist() == [0, 1]


def test_the_figure_says_the_errors_in_words(
    tmp_path: Path, record: Callable[..., Record], save: Save, published: Published, sample_arrays: dict[str, Any]
) -> None:
    for method, sign in (("base", 1), ("taught", -1)):
        arrays = {**sample_arrays, "keypoints": sign * sample_arrays["keypoints"]}
        np.savez(save(tmp_path, record(method)) / "samples.npz", **arrays)
    figures = build_report(load_runs(tmp_path), published).figures
    chosen = next(figure for figure in figures if figure.name.startswith("chosen-"))
    assert isinstance(chosen, Figure)
    assert "taught 3.0, 3.0, 9.0; base 3.0, 3.0, 9.0" in chosen.description
