"""The section that scores one set of predictions in every way: its rows, and the published numbers beside them."""

from collections.abc import Callable

import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report
from dkp_bench.report.blocks import Table
from dkp_bench.runs.run import Run
from dkp_bench.scoring import PROTOCOLS, Score

MakeRun = Callable[..., Run]


def tables_of(report: Report) -> dict[str, Table]:
    """The tables of the section by dataset and profile."""
    section = next(section for section in report.sections if section.anchor == "protocols")
    return {block.caption.partition(":")[0]: block for block in section.tables}


@pytest.fixture(scope="module")
def tables(papers: Report) -> dict[str, Table]:
    return tables_of(papers)


def test_a_row_for_each_score_and_a_column_for_each_method(tables: dict[str, Table]) -> None:
    table = tables["h36m, paper profile"]
    assert [column.title for column in table.columns] == [
        *("protocol", "distill_dkp", "autolink", "mean_pose", "no_teacher", "teacher_only", "published")
    ]
    rows = [(row[0].text, row[0].detail) for row in table.rows]
    assert rows[0] == ("autolink", "mean L2 error, % of edge ↓")
    assert rows[1:4] == [
        ("autolink-fixed", "mean L2 error, % of edge ↓"),
        ("autolink-fixed", "PCK, % ↑"),
        ("autolink-fixed", "summed MAE, px at 255 ↓"),
    ]
    assert rows[-1] == ("on-figure", "on figure, % ↑")
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_best_of_a_row_follows_its_direction(tables: dict[str, Table]) -> None:
    for row in tables["h36m-nobg, paper profile"].rows:
        assert [cell.strong for cell in row] == [False, True] + [False] * 5


def test_every_protocol_is_explained_once(tables: dict[str, Table]) -> None:
    legend = tables["The protocols"]
    key = {row[0].text for caption, table in tables.items() if caption != "The protocols" for row in table.rows}
    explained = [row[0].text for row in legend.rows]
    assert set(explained) == key
    assert len(explained) == len(key)
    assert legend.rows[0][1].text == PROTOCOLS["autolink"].summary


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("h36m", {"autolink": "2.76", "stablekeypoints": "4.45"}),
        ("h36m-nobg", {"autolink": "2.76"}),
        ("taichi", {"autolink-taichi": "316.10", "stablekeypoints-taichi": "234.89"}),
        ("deepfashion", {"autolink-deepfashion": "66", "stablekeypoints-deepfashion": "70"}),
    ],
)
def test_a_published_number_stands_where_its_project_scores_so(
    tables: dict[str, Table], dataset: str, expected: dict[str, str]
) -> None:
    rows = tables[f"{dataset}, paper profile"].rows
    assert {row[0].text: row[-1].text for row in rows if row[-1].kind == "published"} == expected


def test_the_notes_say_where_it_was_read_and_what_a_smaller_run_is_worth(tables: dict[str, Table]) -> None:
    full, tiny = (tables[f"h36m, {profile} profile"].notes for profile in ("paper", "tiny"))
    assert full[0].startswith("AutoLink 2.76 (arXiv 2410.03858, Tables 2–3;")
    assert "whether with or without background could not be read" in full[0]
    assert tiny == (*full, "The tiny profile is smaller than what was published: it tests the code, not the number.")


def test_two_numbers_may_share_a_row(paper_runs: list[Run], literature: Published) -> None:
    first = next(number for number in literature.published if number.protocol == "autolink-taichi")
    other = first.model_copy(update={"method": "Other", "value": 300})
    both = literature.model_copy(update={"published": (first, other)})
    runs = [run for run in paper_runs if run.record.identity.dataset == "taichi"]
    cell = tables_of(build_report(runs, both))["taichi, paper profile"].rows[0][-1]
    assert (cell.text, cell.detail, cell.url) == ("316.10, 300", "AutoLink, Other", "")


def test_without_a_published_number_there_is_no_column_for_it(run: MakeRun, published: Published) -> None:
    table = tables_of(build_report([run()], published))["squares, tiny profile"]
    assert [column.title for column in table.columns] == ["protocol", "base"]
    assert table.notes == ()


def test_a_score_that_one_method_lacks_is_empty(run: MakeRun, published: Published) -> None:
    extra = Score(protocol="lmdis", metric="mean_l2", value=3.0, unit="% of edge", higher_is_better=False)
    more = run("taught")
    scores = [*more.record.scores, extra]
    more = Run(more.path, more.record.model_copy(update={"scores": scores}))
    table = tables_of(build_report([run("base"), more], published))["squares, tiny profile"]
    row = next(row for row in table.rows if row[0].text == "lmdis")
    assert [cell.text for cell in row[1:]] == ["3.00", "–"]
    assert table.rows[-1][0].text == "on-figure"


def test_one_keypoint_is_not_the_best_on_the_figure(run: MakeRun, published: Published) -> None:
    runs = [run("base", 8.0, 40.0), run("taught", 4.0, 60.0), run("mean_pose", 9.0, 90.0, keypoints=1)]
    report = build_report(runs, published)
    row = tables_of(report)["squares, tiny profile"].rows[-1]
    assert row[0].text == "on-figure"
    assert {cell.text: cell.strong for cell in row[1:]} == {"60.0": True, "40.0": False, "90.0": False}
    (section,) = (section for section in report.sections if section.anchor == "datasets")
    assert section.tables[0].notes[:2] == (
        "The figure covers 12.5 % of the image: keypoints strewn at random would score that.",
        "mean_pose has a single keypoint, and 90.0 % on the figure: a keypoint in the middle of the image need not "
        "follow anything, so read the share beside the error, never alone.",
    )


def test_nothing_scored(run: MakeRun, published: Published) -> None:
    anchors = [section.anchor for section in build_report([run(scores=[])], published).sections]
    assert "protocols" not in anchors
    assert "results" in anchors
