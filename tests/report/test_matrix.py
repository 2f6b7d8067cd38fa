"""The results matrix."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import store

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report
from dkp_bench.report.blocks import Table, Text
from dkp_bench.runs.run import Run, load_runs

MakeRun = Callable[..., Run]
ERRORS = np.linspace(1.0, 3.2, 12)


def tables_of(report: Report) -> list[Table]:
    (section,) = (section for section in report.sections if section.anchor == "results")
    return [block for block in section.blocks if isinstance(block, Table)]


def test_it_comes_first_and_has_a_table_for_each_profile(papers: Report) -> None:
    assert papers.sections[0].anchor == "results"
    paper, tiny = tables_of(papers)
    assert (paper.name, tiny.name) == ("matrix paper", "matrix tiny")
    assert [column.title for column in paper.columns] == ["method", "h36m", "h36m-nobg", "taichi", "deepfashion"]
    assert paper.columns[3].unit == "summed MAE, px at 255"
    assert paper.columns[4].better == "↑"
    methods = ["distill_dkp", "teacher_only", "no_teacher", "autolink", "mean_pose"]  # the best first
    assert [row[0].text for row in paper.rows] == methods


def test_the_best_follows_the_direction_of_its_column_and_sees_no_depth(papers: Report) -> None:
    for table in tables_of(papers):
        for row in table.rows:
            assert all(cell.strong == (row[0].text == "distill_dkp") for cell in row[1:])


def test_without_predictions_it_says_why_there_is_no_interval(papers: Report) -> None:
    table = tables_of(papers)[0]
    assert table.rows[3][1].text == "3.03 ± 0.04"
    assert table.rows[3][1].detail == "no interval, 2 seeds"
    assert "No interval: the annotations of h36m are not beside its runs." in table.notes


def test_what_was_not_run_has_its_command(run: MakeRun, published: Published) -> None:
    runs = [run("base"), run("taught"), run("base", dataset="else"), run("own", profile="small")]
    small, tiny = tables_of(build_report(runs, published))
    assert [row[0].text for row in tiny.rows] == ["base", "taught"]
    missing = tiny.rows[1][[column.title for column in tiny.columns].index("else")]
    assert (missing.text, missing.kind) == ("not run", "not-run")
    assert missing.code == "dkp-bench train taught else --profile tiny --seeds 0,1,2"
    assert [row[0].text for row in small.rows] == ["own"]


def test_intervals_and_tiers(tmp_path: Path, published: Published) -> None:
    for seed in (0, 1, 2):
        store(tmp_path, "base", ERRORS + seed / 10, seed=seed)
        store(tmp_path, "taught", (ERRORS + seed / 10) / 2, seed=seed)
        store(tmp_path, "deep", ERRORS / 4, seed=seed, inputs="depth")
    (table,) = tables_of(build_report(load_runs(tmp_path), published))
    cells = {row[0].text: row[1] for row in table.rows}
    assert {name: cell.strong for name, cell in cells.items()} == {"base": False, "taught": True, "deep": False}
    assert cells["deep"].detail.endswith("3 seeds, tier 1")
    assert cells["taught"].detail.endswith("3 seeds, tier 2")
    assert cells["base"].detail.endswith("3 seeds, tier 3")
    assert {row[0].text: row[0].detail for row in table.rows} == {
        "deep": "sees depth at test",
        "taught": "",
        "base": "",
    }
    assert " to " in cells["deep"].detail
    assert table.notes == ()


def test_equal_methods_are_best_together_and_said_to_be_equal(run: MakeRun, published: Published) -> None:
    runs = [run(method, error, seed=seed) for method in ("base", "taught") for seed, error in enumerate((4.0, 5.0))]
    (table,) = tables_of(build_report([*runs, run("else", 4.5)], published))
    assert [row[1].strong for row in table.rows] == [True, True, True]
    assert table.notes[0] == "base and taught have equal scores, seed by seed, on squares."


def test_one_method_alone_has_no_tier(tmp_path: Path, published: Published) -> None:
    store(tmp_path, "base", ERRORS)
    (table,) = tables_of(build_report(load_runs(tmp_path), published))
    assert table.rows[0][1].detail.endswith(", 1 seed")


def test_settings_changed_by_hand_stand_beneath_the_plain_name(run: MakeRun, published: Published) -> None:
    (table,) = tables_of(build_report([run("base", overrides={"steps": 2})], published))
    assert table.rows[0][0].detail == "--set steps=2"


def test_columns_of_the_same_dataset_say_what_tells_them_apart(run: MakeRun, published: Published) -> None:
    (table,) = tables_of(build_report([run("base"), run("base", perceptual="vgg16-random")], published))
    units = [column.unit for column in table.columns[1:]]
    assert units[0].endswith("64 px, K = 4, pyramid-random")
    assert units[1].endswith("64 px, K = 4, vgg16-random")


def test_other_settings_do_not_enter(run: MakeRun, published: Published) -> None:
    other = run("base", 1.0, preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2026-02-01T00:00:00+00:00")
    (table,) = tables_of(build_report([run("base"), other], published))
    assert [cell.text for cell in table.rows[0]] == ["base", "8.00"]


def test_stored_runs_are_counted(tmp_path: Path, published: Published) -> None:
    store(tmp_path / "stored", "base", ERRORS)
    store(tmp_path / "own", "base", ERRORS, seed=1)
    runs = [*load_runs(tmp_path / "stored"), *load_runs(tmp_path / "own")]
    first, section, *_ = build_report(runs, published, tmp_path / "stored").sections
    assert first.anchor == "yours"
    legend = next(block.text for block in section.blocks if isinstance(block, Text))
    assert legend.endswith("1 run is a stored baseline and 1 yours.")


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_run_has_no_matrix(count: int, run: MakeRun, published: Published) -> None:
    anchors = [section.anchor for section in build_report([run()] * count, published).sections]
    assert ("results" in anchors) == bool(count)


def test_predictions_made_elsewhere_get_no_command(run: MakeRun, published: Published) -> None:
    made = run("extremes", perceptual="unknown")
    provenance = made.record.provenance.model_copy(update={"code_hash": "unknown"})
    external = Run(made.path, made.record.model_copy(update={"provenance": provenance}))
    (table,) = tables_of(build_report([external, run("base"), run("base", dataset="else")], published))
    missing = next(row for row in table.rows if row[0].text == "extremes")[2]
    assert (missing.text, missing.code) == ("not run", "")


def test_another_k_stands_apart_from_the_columns_of_all(run: MakeRun, published: Published) -> None:
    runs = [run("base"), run("taught"), run("base", keypoints=12, preset_hash="bbbb0000")]
    (section,) = (section for section in build_report(runs, published).sections if section.anchor == "results")
    table, apart = section.tables
    assert [column.title for column in table.columns] == ["method", "squares"]
    assert [row[0].text for row in table.rows] == ["base", "taught"]
    assert apart not in section.blocks
    assert [row[0].text for row in apart.rows] == ["base"]


def test_the_picture_has_a_panel_for_each_dataset_and_a_png(tmp_path: Path, published: Published) -> None:
    for seed in (0, 1):
        store(tmp_path, "untrained", ERRORS + seed / 10, seed=seed)
        store(tmp_path, "taught", ERRORS / 2 + seed / 10, seed=seed)
    (figure,) = (
        figure for figure in build_report(load_runs(tmp_path), published).figures if figure.name == "results.svg"
    )
    assert figure.png_name == "results.png"
    assert figure.alt.endswith("squares: taught 1.10, untrained 2.15 (learns nothing).")
    (panel,) = figure.panels
    text = panel.content.decode()
    assert text.index("taught") < text.index("untrained")
    assert "lower is better" in text
    assert figure.png.startswith(b"\x89PNG")
