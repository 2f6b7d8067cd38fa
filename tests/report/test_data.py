"""Stored runs beside one's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.report.data import Sources, merged_runs
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.schema import Record

Save = Callable[[Path, Record], Path]


@pytest.fixture
def roots(tmp_path: Path, record: Callable[..., Record], save: Save) -> tuple[Path, Path]:
    """One's own seeds 1 and 2, the stored ones 0 and 1; seed 1 is the same run with another error."""
    for seed, error in ((1, 4.0), (2, 5.0)):
        save(tmp_path / "own", record("base", error, seed=seed))
    for seed in (0, 1):
        save(tmp_path / "stored", record("base", 8.0, seed=seed))
    return tmp_path / "own", tmp_path / "stored"


def test_ones_own_run_stands_beside_the_stored_one(roots: tuple[Path, Path]) -> None:
    runs = merged_runs(*roots)
    errors = sorted((run.record.identity.seed, run.record.scores[0].value) for run in runs)
    assert errors == [(0, 8.0), (1, 4.0), (1, 8.0), (2, 5.0)]
    assert len(merged_runs(roots[0] / "nowhere", roots[1])) == 2
    assert len(merged_runs(roots[1], roots[1])) == 2


def test_which_is_which(roots: tuple[Path, Path]) -> None:
    runs = merged_runs(*roots)
    sources = Sources.of_runs(runs, roots[1])
    assert sources.of(runs) == "2 stored, 2 yours"
    assert sorted((run.record.identity.seed, sources.of([run])) for run in runs) == [
        (0, "stored"),
        (1, "stored"),
        (1, "yours"),
        (2, "yours"),
    ]
    assert sources.in_words == "2 runs are stored baselines and 2 yours."


def test_nothing_is_said_where_all_are_of_one_kind(roots: tuple[Path, Path]) -> None:
    stored = load_runs(roots[1])
    alone = Sources.of_runs(stored, roots[1])
    assert (alone.of(stored), alone.in_words) == ("", "2 runs are stored baselines; none is yours yet.")
    for root in (None, roots[1]):
        own: list[Run] = load_runs(roots[0])
        assert (Sources.of_runs(own, root).of(own), Sources.of_runs(own, root).in_words) == ("", "")
