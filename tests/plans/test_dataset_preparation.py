"""Making datasets ready: in the order they are wanted, no failure touches another, stopped at the next report."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.datasets import Dataset
from dkp_bench.errors import DkpError
from dkp_bench.plans.inline import DatasetsThere
from dkp_bench.plans.pool import DatasetPreparation
from dkp_bench.progress import Progress
from dkp_bench.runs.spec import RunSpec

SQUARES, FLAT = RunSpec("squares", "mean_pose"), RunSpec("flat-squares", "mean_pose")
SOON = 10.0

Prepare = Callable[..., DatasetPreparation]


def silent(what: str, done: int, total: int, note: str = "") -> None:
    pass


@pytest.fixture
def prepare(small_datasets: None, tmp_path: Path) -> Iterator[Prepare]:
    """Begins to prepare datasets."""
    made_ready: list[DatasetPreparation] = []

    def begin(*wanted: RunSpec, progress: Progress = silent) -> DatasetPreparation:
        made_ready.append(DatasetPreparation(wanted, tmp_path, progress))
        return made_ready[-1]

    yield begin
    for preparation in made_ready:
        preparation.close()


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Says what preparing ``squares`` and ``flat-squares`` does."""
    return lambda work: monkeypatch.setattr("dkp_bench.datasets.squares.Squares.prepare", work)


def soon(preparation: DatasetPreparation, spec: RunSpec) -> Dataset:
    until = time.monotonic() + SOON
    while (dataset := preparation.ready(spec)) is None:
        assert time.monotonic() < until
        time.sleep(0.001)
    return dataset


def test_each_dataset_is_prepared_once_and_in_order(prepare: Prepare, do: Callable[[Any], None]) -> None:
    made: list[Dataset] = []
    do(lambda dataset, progress: made.append(dataset))
    preparation = prepare(FLAT, SQUARES, FLAT, SQUARES)
    assert [soon(preparation, spec) for spec in (FLAT, SQUARES)] == made
    assert [dataset.name for dataset in made] == ["flat-squares", "squares"]
    assert preparation.ready(FLAT) is made[0]


def test_a_dataset_is_not_ready_before_its_end(prepare: Prepare, do: Callable[[Any], None]) -> None:
    go_on = threading.Event()
    do(lambda dataset, progress: go_on.wait(SOON))
    preparation = prepare(SQUARES, FLAT)
    assert preparation.ready(SQUARES) is None
    assert preparation.ready(FLAT) is None
    go_on.set()
    assert soon(preparation, SQUARES).size == 64


def test_a_failure_is_told_to_who_asks_for_that_dataset(prepare: Prepare) -> None:
    preparation = prepare(
        RunSpec("lsp", "mean_pose"), RunSpec("sqares", "mean_pose"), RunSpec("squares", "mean_pose", size=48), SQUARES
    )
    for spec, problem in (
        (RunSpec("lsp", "mean_pose"), "lsp"),
        (RunSpec("sqares", "mean_pose"), "Did you mean 'squares'"),
        (RunSpec("squares", "mean_pose", size=48), "not 48 px"),
    ):
        with pytest.raises(DkpError, match=problem):
            soon(preparation, spec)
    assert soon(preparation, SQUARES).name == "squares"


def test_progress_is_told(prepare: Prepare, do: Callable[[Any], None]) -> None:
    reports: list[tuple[Any, ...]] = []
    do(lambda dataset, progress: progress("rendering", 1, 2))
    preparation = prepare(SQUARES, progress=lambda *words: reports.append(words))
    soon(preparation, SQUARES)
    assert reports == [("rendering", 1, 2, "")]


def test_closing_stops_at_the_next_report_and_begins_no_other(prepare: Prepare, do: Callable[[Any], None]) -> None:
    made_ready: list[str] = []
    reported = threading.Event()

    def endless(dataset: Dataset, progress: Progress) -> None:
        made_ready.append(dataset.name)
        until = time.monotonic() + SOON
        while time.monotonic() < until:
            progress("rendering", 1, 2)
            reported.set()

    do(endless)
    preparation = prepare(SQUARES, FLAT)
    assert reported.wait(SOON)
    before = time.monotonic()
    preparation.close()
    assert time.monotonic() - before < SOON / 2
    assert made_ready == ["squares"]


def test_a_survey_takes_what_is_there_and_makes_nothing(
    small_datasets: None, do: Callable[[Any], None], tmp_path: Path
) -> None:
    looked_at: list[str] = []

    def prepare(dataset: Dataset, progress: Progress) -> None:
        looked_at.append(dataset.name)
        if dataset.name == "squares":
            progress("rendering", 0, 9)
            pytest.fail("it went on to render")

    do(prepare)
    there = DatasetsThere(tmp_path)
    assert [there.ready(SQUARES), there.ready(SQUARES)] == [None, None]
    found = there.ready(FLAT)
    assert found is not None
    assert found.name == "flat-squares"
    assert looked_at == ["squares", "flat-squares"], "each is looked at once"


def test_a_survey_of_mannequin_renders_nothing(tmp_path: Path) -> None:
    assert DatasetsThere(tmp_path).ready(RunSpec("mannequin", "mean_pose")) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
