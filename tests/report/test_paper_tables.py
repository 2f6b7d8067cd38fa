"""The paper's tables: published and measured side by side, and nothing computed among what is published."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report
from dkp_bench.report.blocks import Cell, Table
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


def tables_of(report: Report) -> dict[str, Table]:
    (section,) = (section for section in report.sections if section.anchor == "paper")
    return {table.name: table for table in section.tables}


def cells(table: Table, row: str) -> dict[str, Cell]:
    """The cells of a row by their column: a dataset as the paper names it, or one here."""
    line = next(line for line in table.rows if line[0].text == row)
    return {column.title: cell for column, cell in zip(table.columns, line, strict=True)}


@pytest.fixture(scope="module")
def tables(papers: Report) -> dict[str, Table]:
    return tables_of(papers)


def test_the_layout(tables: dict[str, Table]) -> None:
    assert list(tables) == ["main", "ablation"]
    human = {
        "main": ["Human3.6M", "h36m-nobg", "h36m"],
        "ablation": ["Human3.6M", "h36m-nobg", "Human3.6M (WB)", "h36m"],
    }
    for name, table in tables.items():
        others = ["Taichi", "taichi", "DeepFashion", "deepfashion"]
        assert [column.title for column in table.columns] == ["method", *human[name], *others]
        assert [column.better for column in table.columns if column.better] == ["↓", "↓", "↑"]
    assert tables["main"].columns[1].unit == "published: mean L2 error"


def test_published_and_measured_side_by_side(tables: dict[str, Table]) -> None:
    row = cells(tables["main"], "AutoLink")
    assert (row["Taichi"].text, row["Taichi"].kind, row["Taichi"].detail) == ("316.10", "published", "px at 255")
    assert (row["taichi"].text, row["taichi"].kind) == ("323.20 ± 4.53", "measured")
    assert row["taichi"].detail == "no interval, 2 seeds"


def test_another_protocols_number_says_what_it_is(tables: dict[str, Table]) -> None:
    row = cells(tables["main"], "StableKeypoints")
    assert (row["Taichi"].text, row["Taichi"].detail) == ("234.89", "summed L2 error, px at 256")
    assert row["taichi"].kind == "empty"


def test_where_a_change_alone_was_read_the_change_stands(tables: dict[str, Table]) -> None:
    for table, name in (("main", "Distill-DKP"), ("ablation", "Distill-DKP, output layer")):
        row = cells(tables[table], name)
        assert [row[column].text for column in ("Human3.6M", "Taichi", "DeepFashion")] == [
            "−47.15 %",
            "−5.67 %",
            "+1.3 %",
        ]
        assert row["Taichi"].detail == "a change; the number was not read"
    for name in (
        "without the depth teacher",
        "the depth teacher alone",
        "γ = 0.01",
        "Distill-DKP, an intermediate layer",
    ):
        assert cells(tables["ablation"], name)["Taichi"].text == "not read"


def test_published_columns_hold_published_numbers_alone(tables: dict[str, Table], literature: Published) -> None:
    known = {f"{number.value}" for number in literature.published} | {"−47.15 %", "−5.67 %", "+1.3 %", "not read", "–"}
    for table in tables.values():
        for place, column in enumerate(table.columns):
            texts = {row[place].text for row in table.rows}
            if column.unit.startswith("published"):
                assert texts <= known
            elif column.unit == "measured":
                assert not any(row[place].kind == "published" for row in table.rows)


def test_with_background_is_a_column_of_its_own(tables: dict[str, Table]) -> None:
    row = cells(tables["ablation"], "Distill-DKP, output layer")
    assert (row["Human3.6M (WB)"].text, row["h36m"].kind) == ("not read", "measured")
    assert row["Human3.6M"].text == "−47.15 %"


def test_only_runs_as_published_are_measured(run: MakeRun, literature: Published, paper_runs: list[Run]) -> None:
    tiny = [run for run in paper_runs if run.record.identity.profile == "tiny"]
    row = cells(tables_of(build_report(tiny, literature))["main"], "AutoLink")
    assert (row["taichi"].text, row["taichi"].kind) == ("not run", "not-run")


@pytest.mark.parametrize(("changes", "text"), [({"gamma": 0.01}, "190.00"), ({"gamma": 0.01, "steps": 2}, "not run")])
def test_a_row_may_be_about_a_setting(
    run: MakeRun, literature: Published, paper_runs: list[Run], changes: dict[str, Any], text: str
) -> None:
    model = next(one.record for one in paper_runs if one.record.identity.dataset == "taichi")
    scores = [replace(score, value=190.0) for score in model.scores]
    perceptual = "vgg16-imagenet-397923af"
    changed = run(
        "distill_dkp",
        scores=scores,
        dataset="taichi",
        profile="paper",
        perceptual=perceptual,
        settings={"gamma": 0.4} | changes,
        overrides=changes,
    )
    table = tables_of(build_report([changed], literature))["ablation"]
    assert cells(table, "γ = 0.01")["taichi"].text == text
    assert cells(table, "γ = 1.0")["taichi"].text == "not run"
    assert cells(table, "Distill-DKP, output layer")["taichi"].text == "not run"
    head = next(row[0] for row in table.rows if row[0].text == "γ = 0.01")
    assert head.detail == "distill_dkp --set gamma=0.01"


def test_without_a_layout_there_is_no_section(published: Published) -> None:
    assert "paper" not in [section.anchor for section in build_report([], published).sections]
