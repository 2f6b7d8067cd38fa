"""Runs that are kept: nothing that cannot be made or computed again gets in, and nothing is stored twice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.runs.execute import complete
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.rescore import wrong_scores
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.spec import BoundRun
from dkp_bench.runs.store import annotations_of_run, store_run

MakeJob = Callable[..., BoundRun]


def changed(run: Run, **parts: object) -> Run:
    record = run.record.model_copy(update=parts)
    write_json(run.path / "record.json", record.model_dump(mode="json"))
    return Run(run.path, record)


@pytest.fixture
def finished(make_job: MakeJob) -> Run:
    """A run that says it was made from a clean checkout, whatever the tests run in."""
    run = complete(make_job())
    return changed(run, provenance=run.record.provenance.model_copy(update={"git_clean": True}))


def test_what_is_kept_is_found_under_its_content(finished: Run, tmp_path: Path) -> None:
    kept = store_run(finished, tmp_path / "kept")
    assert kept.record == finished.record
    assert [path.name for path in kept.path.iterdir()] == ["record.json"]
    objects = sorted((tmp_path / "kept" / "objects").iterdir())
    assert [path.stem for path in objects] == sorted(sha256(path) for path in objects)
    assert load_runs(tmp_path / "kept") == [kept]
    assert kept.file("predictions.npz").read_bytes() == finished.file("predictions.npz").read_bytes()
    assert kept.samples is not None
    assert wrong_scores(kept, annotations_of_run(kept)) == []
    run_predictions(kept)


def test_equal_files_are_stored_once_and_again_changes_nothing(finished: Run, tmp_path: Path) -> None:
    root = tmp_path / "kept"
    store_run(finished, root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    store_run(finished, root)
    other = finished.path.with_name("seed0-copy")
    other.mkdir()
    for path in finished.path.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    store_run(Run(other, finished.record), root)
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert {path.name for path in after.keys() - before.keys()} == {"record.json"}
    assert all(after[path] == content for path, content in before.items())


@pytest.mark.parametrize("clean", [False, None])
def test_uncommitted_code_is_refused(clean: bool | None, finished: Run, tmp_path: Path) -> None:
    dirty = changed(finished, provenance=finished.record.provenance.model_copy(update={"git_clean": clean}))
    with pytest.raises(DkpError, match="not committed"):
        store_run(dirty, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_score_that_the_predictions_do_not_give_is_refused(finished: Run, tmp_path: Path) -> None:
    first, *rest = finished.record.scores
    lie = changed(finished, scores=[replace(first, value=first.value - 1e-6), *rest])
    with pytest.raises(DkpError, match=r"no-swap\+intercept mean_l2 is .* in the record and .* computed"):
        store_run(lie, tmp_path / "kept")


@pytest.mark.parametrize(
    "change", ["value", "per_joint", "missing", "surplus", "unit", "higher_is_better", "order", "joints"]
)
def test_every_part_of_a_score_counts(change: str, finished: Run) -> None:
    first, *rest = finished.record.scores
    name = next(iter(first.per_joint))
    scores = {
        "value": [replace(first, value=first.value * (1 + 1e-6)), *rest],
        "per_joint": [replace(first, per_joint={**first.per_joint, name: 77.0}), *rest],
        "missing": rest,
        "surplus": [first, replace(first, metric="luck"), *rest],
        "higher_is_better": [replace(first, higher_is_better=True), *rest],
        "order": [*rest, first],
        "joints": [replace(first, per_joint={}), *rest],
        "unit": [replace(first, unit="px"), *rest],
    }[change]
    run = changed(finished, scores=scores)
    (found,) = wrong_scores(run, annotations_of_run(run))
    assert {"per_joint": f"of {name} is 77.0 in", "order": "in another order", "surplus": "luck"}.get(
        change, "mean_l2"
    ) in found


def test_samples_that_are_not_the_runs_are_refused(finished: Run, tmp_path: Path) -> None:
    finished.file("samples.npz").write_bytes(b"other")
    with pytest.raises(DkpError, match=r"samples\.npz is not the file its record describes"):
        store_run(finished, tmp_path / "kept")


def test_another_run_of_the_same_identity_is_not_overwritten(finished: Run, tmp_path: Path) -> None:
    kept = store_run(finished, tmp_path / "kept")
    other = changed(finished, overrides={"steps": 1})
    with pytest.raises(DkpError, match="another run of the same identity"):
        store_run(other, tmp_path / "kept")
    assert load_runs(tmp_path / "kept") == [kept]


def test_without_annotations_nothing_is_kept(finished: Run, tmp_path: Path) -> None:
    for path in (finished.root / "annotations").iterdir():
        path.unlink()
    with pytest.raises(DkpError, match="no annotations of squares"):
        store_run(finished, tmp_path / "kept")
