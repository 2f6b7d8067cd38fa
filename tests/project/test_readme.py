"""The README's table of results is what the stored baselines give."""

import re
from pathlib import Path

import pytest

from dkp_bench.report import gather, read_published
from dkp_bench.report.blocks import Table
from dkp_bench.report.sections import deltas, matrix
from dkp_bench.runs.run import load_runs

Rows = dict[str, list[str]]


@pytest.fixture(scope="module")
def readme(repository: Path) -> Rows:
    """The cells of the table by the row's name, without Markdown's stars."""
    lines = (repository / "README.md").read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip().replace("*", "") for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return {row[0]: row[1:] for row in cells if len(row) == 4}


@pytest.fixture(scope="module")
def tables(repository: Path) -> tuple[Table, Table]:
    """The report's matrix of results, and the measured changes on the stand-ins."""
    results = repository / "results"
    data = gather(load_runs(results / "baselines"), read_published(results / "published.toml"))
    found = matrix.section(data), deltas.section(data)
    assert found[0] is not None
    assert found[1] is not None
    return found[0].tables[0], next(table for table in found[1].tables if table.caption.startswith("Stand-ins"))


def test_every_method_has_its_numbers(readme: Rows, tables: tuple[Table, Table]) -> None:
    measured = {
        row[0].text: [f"{cell.text} ({cell.detail.split(',')[0]})" for cell in row[1:]] for row in tables[0].rows
    }
    shown = {match[1]: row for name, row in readme.items() if (match := re.match(r"`(\w+)`", name))}
    assert shown == measured


def test_the_changes_are_the_measured_ones(readme: Rows, tables: tuple[Table, Table]) -> None:
    measured = [f"{row[-2].text} ({row[-2].detail.split(';')[0]})" for row in tables[1].rows]
    assert readme["Distill-DKP against AutoLink"] == measured


def test_the_signatures_are_those_of_stored_runs(repository: Path) -> None:
    shown = re.findall(r"^\S+\|\S+#[0-9a-f]+$", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    stored = {run.short_signature(run.headline_protocol) for run in load_runs(repository / "results" / "baselines")}
    assert len(shown) == 3
    assert set(shown) <= stored
