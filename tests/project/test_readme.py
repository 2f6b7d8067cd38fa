"""The README's tables of results are what the stored baselines give."""

import re
from pathlib import Path

import pytest

from dkp_bench.report import gather, read_published
from dkp_bench.report.cells import span
from dkp_bench.report.data import ReportData
from dkp_bench.report.sections import deltas, matrix
from dkp_bench.report.study_charts import reading_of
from dkp_bench.runs.run import load_runs
from dkp_bench.text import number

Cells = dict[tuple[str, str, str], str]
"""What a table says by profile, row and dataset."""


@pytest.fixture(scope="module")
def readme(repository: Path) -> Cells:
    """The cells of the tables of results, without Markdown's stars; what was not run is left out.

    The first cell of such a table names the profile, or a study; the others of its first row the datasets.
    """
    found: Cells = {}
    columns: list[str] = []
    for line in (repository / "README.md").read_text(encoding="utf-8").splitlines():
        row = [cell.strip().replace("*", "").replace("`", "") for cell in line.strip("|").split("|")]
        if line[:1] != "|":
            columns = []
        elif row[1:] and row[1].startswith("mannequin"):
            columns = [row[0].split(",")[0], *row[1:]]
        elif columns and set(row[0]) != {"-"}:
            name = row[0].split(",")[0].split(" (")[0]
            cells = zip(columns[1:], row[1:], strict=True)
            found |= {(columns[0], name, dataset): cell for dataset, cell in cells if cell != "not run"}
    return found


@pytest.fixture(scope="module")
def data(repository: Path) -> ReportData:
    results = repository / "results"
    studies = {path.stem: path for path in (results / "studies").glob("*.toml")}
    runs, published = load_runs(results / "baselines"), read_published(results / "published.toml")
    return gather(runs, published, files_of_studies=studies)


def test_every_method_has_its_numbers(readme: Cells, data: ReportData) -> None:
    found = matrix.section(data)
    assert found is not None
    measured: Cells = {}
    for table in found.tables:
        profile = re.search(r"(\w+) profile", table.caption)
        assert profile
        datasets = [column.title.split()[0] for column in table.columns[1:]]
        for row in table.rows:
            cells = zip(datasets, row[1:], strict=True)
            measured |= {
                (profile[1], row[0].text, name): f"{cell.text} ({cell.detail.split(',')[0]})"
                for name, cell in cells
                if cell.kind != "not-run"
            }
    told = {key: text for key, text in readme.items() if key[0] not in data.studies}
    assert {key: text for key, text in told.items() if " against " not in key[1]} == measured


def test_a_study_has_its_numbers(readme: Cells, data: ReportData) -> None:
    told = {key: text for key, text in readme.items() if key[0] in data.studies}
    for (name, condition, dataset), text in told.items():
        (at,) = (place for place in data.studies[name].places if place.place.dataset == dataset)
        readings = {str(each): reading_of(at, variant) for each, variant in at.variants.items()}
        reading = readings[condition]
        assert reading is not None
        assert reading.interval is not None
        assert text == f"{number(reading.value, at.key.digits)} ({span(reading.interval, at.key.digits)})"
    assert {name for name, _, _ in told} == {"teacher-sees"}


def test_the_changes_are_the_measured_ones(readme: Cells, data: ReportData) -> None:
    found = deltas.section(data)
    assert found is not None
    (standing_in,) = (table for table in found.tables if table.caption.startswith("Stand-ins"))
    measured = {f"{row[-2].text} ({row[-2].detail.split(';')[0]})" for row in standing_in.rows}
    assert {text for key, text in readme.items() if " against " in key[1]} == measured


def test_the_signatures_are_those_of_stored_runs(repository: Path) -> None:
    shown = re.findall(r"^\S+\|\S+#[0-9a-f]+$", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    stored = {run.short_signature(run.headline_protocol) for run in load_runs(repository / "results" / "baselines")}
    assert len(shown) == 3
    assert set(shown) <= stored
