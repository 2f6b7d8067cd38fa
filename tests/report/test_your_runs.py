"""The reader's own runs beside the stored ones, and rows of their own everywhere else."""

from pathlib import Path

import numpy as np
import pytest
from shifted import store

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report, merged_runs
from dkp_bench.report.blocks import Table

ERRORS = np.linspace(1.0, 3.2, 12)


@pytest.fixture
def report(tmp_path: Path, published: Published) -> Report:
    """Three stored seeds of ``base``, 2.1 to 2.3; of one's own: one as stored, one that moved, and other settings."""
    for seed in (0, 1, 2):
        store(tmp_path / "stored", "base", ERRORS + seed / 10, seed=seed)
        store(tmp_path / "stored", "taught", (ERRORS + seed / 10) / 2, seed=seed)
    store(tmp_path / "own", "base", ERRORS, seed=0)
    store(tmp_path / "own", "base", ERRORS + 0.02, seed=7)
    store(tmp_path / "own", "taught", 3 * ERRORS, seed=0)
    store(tmp_path / "own", "base", ERRORS / 2, seed=0, preset_hash="bbbb0000", settings={"gamma": 1.0})
    runs = merged_runs(tmp_path / "own", tmp_path / "stored")
    return build_report(runs, published, tmp_path / "stored")


def test_agree_or_not_and_why(report: Report) -> None:
    section = report.sections[0]
    assert section.anchor == "yours"
    (table,) = section.tables
    rows = {row[0].text: row for row in table.rows}
    assert list(rows) == ["base (gamma=1.0)", "base", "taught"]  # the best first
    assert [cell.text for cell in rows["base"][1:3]] == ["2.11 ± 0.01", "2.20 ± 0.10"]
    assert (rows["base"][3].text, rows["base"][3].kind) == ("agrees", "reproduced")
    # one further value of 2.1, 2.2, 2.3: 2.2 ± 4.303 · 0.1 · √(4/3)
    assert rows["base"][3].detail == (
        "seed 0 equal to rounding; seed 7 not stored; inside 1.70 to 2.70, where other seeds would lie"
    )
    assert (rows["taught"][3].text, rows["taught"][3].kind) == ("does not agree", "not-reproduced")
    assert rows["taught"][3].detail.startswith("seed 0 differs by +5.25; outside ")
    assert (rows["base (gamma=1.0)"][2].text, rows["base (gamma=1.0)"][3].text) == ("none", "–")
    assert section.blocks[0].text.endswith(
        "1 of your 2 numbers with a stored counterpart does not agree: taught on squares."
    )  # type: ignore[union-attr]


def test_other_processors_are_named_where_a_number_moved(tmp_path: Path, published: Published) -> None:
    for seed in (0, 1, 2):
        store(tmp_path / "stored", "base", ERRORS + seed / 10, seed=seed)
        for method, error in (("base", 0.02), ("same", 0)):
            folder = store(tmp_path / "own", method, ERRORS + seed / 10 + error, seed=seed)
            text = (folder / "record.json").read_text(encoding="utf-8")
            (folder / "record.json").write_text(text.replace('"a processor"', '"Abacus"'), encoding="utf-8")
        store(tmp_path / "stored", "same", ERRORS + seed / 10, seed=seed)
    runs = merged_runs(tmp_path / "own", tmp_path / "stored")
    (table,) = build_report(runs, published, tmp_path / "stored").sections[0].tables
    reasons = {row[0].text: row[3].detail for row in table.rows}
    assert reasons["same"] == "seeds 0, 1, 2 equal to rounding"
    says = "; stored ones are from a processor, made on Abacus: each trains to digits of its own"
    assert reasons["base"].endswith(says)


def test_they_are_never_averaged_with_stored_ones(report: Report) -> None:
    (section,) = (section for section in report.sections if section.anchor == "results")
    matrix = next(block for block in section.blocks if isinstance(block, Table))
    cells = {row[0].text: (row[1].text, row[1].detail.rpartition(", ")[0].rpartition(", ")[2]) for row in matrix.rows}
    assert {name: text for name, (text, _) in cells.items()} == {
        "base (gamma=1.0)": "1.05",
        "taught": "1.10",
        "base (yours)": "2.11",
        "base": "2.20",
        "taught (yours)": "6.30",
    }
    heads = {row[0].text: row[0].detail for row in matrix.rows}
    assert heads["base (gamma=1.0)"] == "yours"


def test_the_headline_says_how_many_seeds_are_the_readers(report: Report) -> None:
    assert report.headline[0].startswith(
        "Your runs: taught against base: mean L2 error 200.0 % higher [+200.0 to +200.0 % over images alone] on "
        "squares (tiny profile, 1 seed of yours);"
    )
    assert report.headline[1].startswith("Stored runs: taught against base: mean L2 error 50.0 % lower [−")


def test_without_runs_of_ones_own_there_is_no_such_block(tmp_path: Path, published: Published) -> None:
    store(tmp_path / "stored", "base", ERRORS)
    for stored in (tmp_path / "stored", None):
        runs = merged_runs(tmp_path / "nowhere", tmp_path / "stored")
        assert "yours" not in [section.anchor for section in build_report(runs, published, stored).sections]
