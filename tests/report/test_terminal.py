"""The closing table: golden, and never wider than 80 columns."""

from collections.abc import Callable

from dkp_bench.records.store import Run
from dkp_bench.report import build_report, closing_table, summary_rows
from dkp_bench.report.published import Published

MakeRun = Callable[..., Run]


def test_golden(two_by_two: list[Run], published: Published, golden: Callable[[str, str], None]) -> None:
    golden("closing.txt", closing_table(build_report(two_by_two, published), "squares", "tiny") + "\n")


def test_rows(two_by_two: list[Run], published: Published) -> None:
    first, second = summary_rows(build_report(two_by_two, published), "squares", "tiny")
    assert (first.method, second.method, second.seeds) == ("base", "taught", 2)
    assert second.error is not None
    assert second.on_figure is not None
    assert second.error.values == (4.0, 4.2)
    assert second.on_figure.mean == 97.0


def test_nothing_measured(published: Published) -> None:
    text = closing_table(build_report([], published), "squares", "tiny")
    assert "squares, tiny profile: nothing measured yet." in text
    assert "published" in text


def test_the_reason_why_there_is_no_change_is_told(run: MakeRun, published: Published) -> None:
    report = build_report([run("base"), run("taught", keypoints=8)], published)
    assert "not comparable: they differ in keypoints" in closing_table(report, "squares", "tiny")


def test_depth_at_test_is_marked(run: MakeRun, published: Published) -> None:
    table = closing_table(build_report([run("base", inputs="depth")], published), "squares", "tiny")
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
    for line in closing_table(build_report(runs, published), "squares", "tiny").splitlines():
        assert len(line) <= 80, line
