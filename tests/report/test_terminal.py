"""The closing table: golden, and never wider than 80 columns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import store

from dkp_bench.analysis.claims import headline_changes
from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, closing_table, gather, merged_runs
from dkp_bench.report.headline import headline
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


def test_golden(two_by_two: list[Run], published: Published, golden: Callable[[str, str], None]) -> None:
    golden("closing.txt", closing_table(gather(two_by_two, published), "squares", "tiny") + "\n")


@pytest.mark.parametrize("dataset", ["h36m", "deepfashion"])
def test_the_papers_datasets_golden(papers: Report, dataset: str, golden: Callable[[str, str], None]) -> None:
    golden(f"closing-{dataset}.txt", closing_table(papers.data, dataset, "paper") + "\n")


def test_the_published_change_stands_beside_the_measured_one_alone(papers: Report) -> None:
    assert [name for name in ("Human3.6M", "Taichi") if name in closing_table(papers.data, "h36m-nobg", "paper")] == [
        "Human3.6M"
    ]
    stand_in = closing_table(papers.data, "mannequin", "tiny")
    assert "published" not in stand_in  # nothing was measured there for it to stand beside


def test_a_smaller_profile_is_no_test_of_a_published_number(papers: Report) -> None:
    caution = "The tiny profile is smaller than what was published"
    assert caution in closing_table(papers.data, "taichi", "tiny")
    assert caution not in closing_table(papers.data, "taichi", "paper")
    assert caution not in closing_table(papers.data, "mannequin", "tiny")


def test_nothing_measured(published: Published) -> None:
    text = closing_table(gather([], published), "squares", "tiny")
    assert "squares, tiny profile: nothing measured yet." in text
    assert "published" not in text


def test_the_reason_why_there_is_no_change_is_told(run: MakeRun, published: Published) -> None:
    data = gather([run("base"), run("taught", keypoints=8)], published)
    assert "not comparable: they differ in keypoints" in closing_table(data, "squares", "tiny")


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


def test_ones_own_runs_stand_beside_the_stored_ones(tmp_path: Path, published: Published) -> None:
    errors = np.linspace(1.0, 3.2, 12)
    for seed in (0, 1, 2):
        store(tmp_path / "stored", "base", errors + seed / 10, seed=seed)
        store(tmp_path / "stored", "taught", (errors + seed / 10) / 2, seed=seed)
    store(tmp_path / "own", "base", errors, seed=0)
    store(tmp_path / "own", "taught", errors / 4, seed=0)
    data = gather(merged_runs(tmp_path / "own", tmp_path / "stored"), published, tmp_path / "stored")
    text = closing_table(data, "squares", "tiny")
    assert "base         2.10  2.20 ± 0.10  agrees" in text
    assert "seed 0 equal to rounding" in text
    (change,) = (change for change in headline_changes(data.claims) if change.own)
    assert change.percent == pytest.approx(-75, abs=1e-3)
    assert "  yours        −75.0 %" in text
    assert (
        "Your runs: taught against base: mean L2 error 75.0 % lower [−75.0 to −75.0 % over images alone] on squares"
        in " ".join(headline(data))
    )
    assert text.index("yours        −75.0 %") < text.index("stored       −50.0 %")
    assert max(map(len, text.splitlines())) <= 80


def test_no_line_is_broken_before_a_unit(papers: Report) -> None:
    lines = closing_table(papers.data, "h36m", "paper").splitlines()
    assert lines
    assert not any(line.strip().startswith("%") for line in lines if "↓" not in line)  # but for the heads of columns
