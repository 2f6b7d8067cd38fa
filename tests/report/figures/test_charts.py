"""Charts and panels of sample images."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.errors import DkpError
from dkp_bench.report import build_report
from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures import svg
from dkp_bench.report.figures.panel import CELL, HEAD, PanelColumn, draw_panel
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.samples import read_samples
from dkp_bench.runs.schema import Record

MakeRun = Callable[..., Run]
Save = Callable[[Path, Record], Path]


def figure_of(runs: list[Run], published: Published, name: str) -> Figure:
    return next(figure for figure in build_report(runs, published).figures if figure.name == name)


def decoded(content: bytes) -> np.ndarray[Any, Any]:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return image


def test_a_chart_names_no_date_and_keeps_its_identifiers_to_itself(run: MakeRun, published: Published) -> None:
    text = figure_of([run()], published, "results.svg").content.decode()
    assert "<dc:date>" not in text
    assert "<metadata>" not in text
    assert 'id="results-svg-' in text
    assert 'id="figure_1"' not in text


@pytest.mark.parametrize(
    ("text", "shown"), [("base", "base"), ("漢\n", "??"), ("_x", "\u2009_x"), ("a" * 30, "a" * 25 + "…")]
)
def test_label(text: str, shown: str) -> None:
    assert svg.label(text) == shown


@pytest.fixture
def sample_file(tmp_path: Path, sample_arrays: dict[str, Any]) -> Path:
    path = tmp_path / "samples.npz"
    np.savez(path, **sample_arrays)
    return path


def test_the_panel_has_a_column_for_the_truth_and_one_for_each_method(sample_file: Path) -> None:
    samples = read_samples(sample_file)
    content, width, pieces = draw_panel([PanelColumn("a", samples), PanelColumn("b (c=1)", samples)], 2)
    image = decoded(content)
    assert image.shape[1] == width
    assert width == 3 * CELL + 2 * 8
    assert image.shape[0] == HEAD + 4 * CELL + 8
    assert [piece.title for piece in pieces] == ["annotated joints", "a", "b (c=1)"]
    assert (decoded(pieces[1].content)[:CELL] == image[HEAD : HEAD + CELL, CELL + 8 : 2 * CELL + 8]).all()


def test_a_keypoint_is_drawn_where_it_is(sample_file: Path, sample_arrays: dict[str, Any]) -> None:
    corner = sample_arrays["keypoints"].copy()
    corner[:] = [-1, 1]
    np.savez(sample_file, **{**sample_arrays, "keypoints": corner})
    cell = decoded(draw_panel([PanelColumn("a", read_samples(sample_file))], 1)[0])[HEAD : HEAD + CELL, CELL + 8 :]
    changed = (cell[..., :3] != 90).any(axis=2)
    assert changed[CELL - 3, 2]
    assert not changed[: CELL // 2].any()
    assert not changed[:, CELL // 2 :].any()


def test_a_detector_of_depth_is_shown_depth(sample_file: Path) -> None:
    samples = read_samples(sample_file)
    rgb, depth = (decoded(draw_panel([PanelColumn("a", samples, sees)], 1)[0]) for sees in (False, True))
    assert (rgb[HEAD:, :CELL] == depth[HEAD:, :CELL]).all()
    assert (rgb[HEAD : HEAD + CELL, CELL + 8 :] != depth[HEAD : HEAD + CELL, CELL + 8 :]).any()


def test_a_method_without_edge_maps_has_a_black_cell(sample_file: Path, sample_arrays: dict[str, Any]) -> None:
    arrays = {name: value for name, value in sample_arrays.items() if name not in ("edges", "depth")}
    np.savez(sample_file, **{**arrays, "visible": np.zeros((5, 2), dtype=np.bool_)})
    cell = decoded(draw_panel([PanelColumn("a", read_samples(sample_file))], 1)[0])[HEAD + CELL :, CELL + 8 :]
    assert (cell[..., :3] == 0).all()


@pytest.mark.parametrize(
    "change",
    [
        {"keypoints": np.zeros((5, 3, 3), np.float32)},
        {"rgb": np.zeros((5, 64, 64, 3), np.float32)},
        {"rgb": np.zeros((5, 64), np.uint8)},
        {"bones": np.array([[0, 9]])},
        {"bones": np.array([[-1, 0]])},
        {"visible": np.zeros((5, 2))},
        {"edges": np.zeros((5, 32, 32), np.float32)},
        {"truth": np.array(["a"])},
        {"indices": np.array([None] * 5)},
        {"indices": np.array(3)},
        {"choice": np.array(["first"] * 5)},
        {"choice": np.array(["best", "best", "best", "median", "worst"])},
        {"errors": np.arange(5)},
        {"errors": np.full(5, np.nan)},
        {"depth": np.full((5, 64, 64), np.inf)},
    ],
)
def test_samples_that_do_not_fit_are_refused(
    sample_file: Path, sample_arrays: dict[str, Any], change: dict[str, Any]
) -> None:
    np.savez(sample_file, **{**sample_arrays, **change})
    with pytest.raises(DkpError, match=r"samples\.npz"):
        read_samples(sample_file)


def test_a_missing_array_is_named(sample_file: Path, sample_arrays: dict[str, Any]) -> None:
    np.savez(sample_file, **{name: value for name, value in sample_arrays.items() if name != "truth"})
    with pytest.raises(DkpError, match="truth"):
        read_samples(sample_file)


@pytest.mark.parametrize("keep", [0, 10, -30])
def test_a_cut_file_is_refused(sample_file: Path, keep: int) -> None:
    sample_file.write_bytes(sample_file.read_bytes()[:keep])
    with pytest.raises(DkpError, match=r"samples\.npz"):
        read_samples(sample_file)


def test_runs_that_show_other_images_are_refused(
    tmp_path: Path, record: Callable[..., Record], save: Save, published: Published, sample_arrays: dict[str, Any]
) -> None:
    for method, first in (("base", 0), ("taught", 5)):
        folder = save(tmp_path, record(method))
        np.savez(folder / "samples.npz", **{**sample_arrays, "indices": np.arange(5) + first})
    with pytest.raises(DkpError, match="other images"):
        build_report(load_runs(tmp_path), published)


def test_the_largest_profile_comes_first_and_equal_methods_share_a_column(
    tmp_path: Path, record: Callable[..., Record], save: Save, published: Published, sample_arrays: dict[str, Any]
) -> None:
    moved = {**sample_arrays, "keypoints": -sample_arrays["keypoints"]}
    for method, profile in itertools.product(("base", "mean_pose", "same", "taught"), ("small", "tiny")):
        folder = save(tmp_path, record(method, profile=profile))
        np.savez(folder / "samples.npz", **(sample_arrays if method in ("base", "same") else moved))
    figure, *others = (each for each in build_report(load_runs(tmp_path), published).figures if "samples" in each.name)
    assert (figure.name, figure.caption) == ("samples.png", "First images of squares, small profile")
    assert [each.caption for each in others] == ["First images of squares, tiny profile"]
    assert [panel.title for panel in figure.panels] == ["annotated joints", "taught = mean_pose", "base = same"]


def test_the_panel_is_the_same_twice(sample_file: Path) -> None:
    columns = [PanelColumn("a", read_samples(sample_file))]
    assert draw_panel(columns, 2) == draw_panel(columns, 2)
