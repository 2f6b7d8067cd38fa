"""The closing table: golden, and never wider than 80 columns."""

from collections.abc import Callable

import pytest

from dkp_bench.records.store import Run
from dkp_bench.report import Report, closing_table, gather
from dkp_bench.report.published import Published

MakeRun = Callable[..., Run]


def test_golden(two_by_two: list[Run], published: Published, golden: Callable[[str, str], None]) -> None:
    golden("closing.txt", closing_table(gather(two_by_two, published), "squares", "tiny") + "\n")


@pytest.mark.parametrize("dataset", ["h36m", "deepfashion"])
def test_the_papers_datasets_golden(papers: Report, dataset: str, golden: Callable[[str, str], None]) -> None:
    golden(f"closing-{dataset}.txt", closing_table(papers.evidence, dataset, "paper") + "\n")


def test_the_published_change_stands_beside_the_measured_one_alone(papers: Report) -> None:
    assert [
        name for name in ("Human3.6M", "Taichi") if name in closing_table(papers.evidence, "h36m-nobg", "paper")
    ] == ["Human3.6M"]
    stand_in = closing_table(papers.evidence, "mannequin", "tiny")
    assert [stand_in.count(name) for name in ("Human3.6M", "Taichi", "DeepFashion")] == [1, 1, 1]


def test_a_smaller_profile_is_no_test_of_a_published_number(papers: Report) -> None:
    caution = "The tiny profile is smaller than what was published"
    assert caution in closing_table(papers.evidence, "taichi", "tiny")
    assert caution not in closing_table(papers.evidence, "taichi", "paper")
    assert caution not in closing_table(papers.evidence, "mannequin", "tiny")


def test_nothing_measured(published: Published) -> None:
    text = closing_table(gather([], published), "squares", "tiny")
    assert "squares, tiny profile: nothing measured yet." in text
    assert "published" in text


def test_the_reason_why_there_is_no_change_is_told(run: MakeRun, published: Published) -> None:
    evidence = gather([run("base"), run("taught", keypoints=8)], published)
    assert "not comparable: they differ in keypoints" in closing_table(evidence, "squares", "tiny")


def test_depth_at_test_is_marked(run: MakeRun, published: Published) -> None:
    table = closing_table(gather([run("base", inputs="depth")], published), "squares", "tiny")
    assert "base *" in table
    assert "* sees depth at test" in table


def test_long_names_fit_80_columns(run: MakeRun, published: Published) -> None:
    settings = {f"a_rather_long_setting_{i}": i for i in range(6)}
    runs = [
        run("base", 1234.5, seed=0),
        run("base", 9234.5, seed=1),
        run("taught", 4.0, started="2026-01-01T00:00:00+00:00"),
        run("taught", 4.0, preset_hash="bbbb0000", settings=settings),
        run("a_method_with_a_name_that_goes_on_and_on_and_on", inputs="depth"),
    ]
    for line in closing_table(gather(runs, published), "squares", "tiny").splitlines():
        assert len(line) <= 80, line
