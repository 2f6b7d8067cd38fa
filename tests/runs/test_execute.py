"""Running jobs: what is finished is reused, what changed is run again, and nothing is scored that does not fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.files import sha256, write_json
from dkp_bench.runs.annotations import annotations_of
from dkp_bench.runs.execute import complete, finished, fitted
from dkp_bench.runs.predictions import Predictions, read_predictions, write_predictions
from dkp_bench.runs.rescore import update_scores
from dkp_bench.runs.run import Run, open_run, read_record
from dkp_bench.runs.spec import BoundRun

MakeJob = Callable[..., BoundRun]


@pytest.fixture
def own(own_methods: None) -> ModuleType:
    """The module of the methods, with no fit counted yet."""
    import own_method

    own_method.Corner.found_in_folder.clear()
    return own_method


@pytest.fixture
def fits(own: ModuleType) -> list[list[str]]:
    """One entry for each fit: the files that it found in its folder."""
    found: list[list[str]] = own.Corner.found_in_folder
    return found


def rewrite(run: Run, **changes: Any) -> Run:
    """The run with a record that was changed on the disk."""
    record = run.record.model_copy(update=changes)
    write_json(run.path / "record.json", record.model_dump(mode="json"))
    return Run(run.path, record)


def test_a_run_leaves_its_record_predictions_and_samples(make_job: MakeJob) -> None:
    job = make_job(overrides={"x": 0.5})
    run = complete(job)
    assert run.record == read_record(job.folder / "record.json")
    assert run.record.identity == job.identity
    assert run.record.settings == {"x": 0.5, "y": 1.0}
    assert run.record.overrides == {"x": 0.5}
    assert run.record.timings.fit_seconds == 1.5
    assert run.record.timings.steps == 3
    assert run.record.curves == {"step": [1, 3], "loss": [3, 1]}
    assert run.record.provenance.code_hash == job.code_hash
    assert run.record.provenance.started <= run.record.provenance.finished
    assert run.record.files == {name: sha256(job.folder / name) for name in ("predictions.npz", "samples.npz")}
    np.testing.assert_array_equal(read_predictions(job.folder / "predictions.npz").test[:, 0], [[0.5, 1.0]] * 12)


def test_what_would_stop_the_score_stops_the_training(
    make_job: MakeJob, fits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job()
    of, shown = job.dataset.labels, np.array([True, True, False, True])
    monkeypatch.setattr(job.dataset, "labels", lambda split: replace(of(split), visible=of(split).visible & shown))
    with pytest.raises(DkpError, match="bottom right is visible in none"):
        complete(job)
    assert not fits
    assert not job.folder.exists() or not list(job.folder.iterdir())


def test_what_is_finished_is_reused(make_job: MakeJob, fits: list[list[str]]) -> None:
    first = complete(make_job())
    assert finished(make_job()) == first
    assert complete(make_job()) == first
    assert len(fits) == 1


def test_a_run_without_its_record_is_run_again(make_job: MakeJob, fits: list[list[str]]) -> None:
    run, other = complete(make_job()), complete(make_job(seed=1))
    (run.path / "record.json").unlink()
    assert finished(make_job()) is None
    assert complete(make_job()).record.scores == run.record.scores
    assert complete(make_job(seed=1)) == other
    assert len(fits) == 3


def test_a_fit_that_was_cut_off_finds_what_it_left(make_job: MakeJob, fits: list[list[str]]) -> None:
    job = make_job()
    job.folder.mkdir(parents=True)
    (job.folder / "code.txt").write_text(job.code_hash, encoding="utf-8")
    (job.folder / "checkpoint.pt").write_bytes(b"half way")
    (job.folder / ".predictions-abc.npz").write_bytes(b"half written")
    complete(job)
    assert fits == [["checkpoint.pt", "code.txt"]]
    assert not (job.folder / "checkpoint.pt").exists()


def test_another_release_does_not_train_again(
    make_job: MakeJob, fits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = complete(make_job())
    content = json.loads((run.path / "record.json").read_text(encoding="utf-8"))
    del content["identity"]["scores_version"], content["required_settings"]
    write_json(run.path / "record.json", content)
    monkeypatch.setattr("dkp_bench.runs.smoke.__version__", "0.1.1")
    again = complete(make_job())
    assert (again.path, again.record.identity) == (run.path, run.record.identity)
    assert len(fits) == 1
    monkeypatch.setattr("dkp_bench.runs.spec.SCORES_VERSION", 2)
    assert complete(make_job()).path != run.path
    assert len(fits) == 2


def test_other_code_starts_afresh(make_job: MakeJob, fits: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    run = complete(job)
    (job.folder / "checkpoint.pt").write_bytes(b"of other code")
    monkeypatch.setattr("dkp_bench.runs.spec.code_hash", lambda _: "0ther000")
    assert finished(make_job()) is None
    again = complete(make_job())
    assert fits == [["code.txt"], ["code.txt"]]
    assert again.path == run.path
    assert again.record.provenance.code_hash == "0ther000"


def test_the_record_names_the_settings_given_to_a_required_method(make_job: MakeJob) -> None:
    small = {"steps": 1, "batch_size": 4, "keypoints": 2, "detector_width": 2, "decoder_width": 2}
    given = {"perceptual": "pyramid-random", "distill_dkp.gamma": 0.5, "teacher_only.missing": 0.3, **small}
    run = complete(make_job("distill_dkp", overrides=given))
    own = {**small, "perceptual": "pyramid-random"}
    teacher = {f"teacher_only.{key}": value for key, value in {**own, "missing": 0.3}.items()}
    assert run.record.overrides == {**own, "gamma": 0.5, **teacher}
    settings = make_job("teacher_only", overrides=given).settings.model_dump()
    assert run.record.required_settings == {"teacher_only": settings}
    assert settings["missing"] == 0.3


def test_a_method_is_loaded_from_its_finished_run(make_job: MakeJob, fits: list[list[str]]) -> None:
    overrides = {"keypoints": 3, "detector_width": 2, "decoder_width": 2}
    made = fitted(make_job("untrained", overrides=overrides))
    again = fitted(make_job("untrained", overrides=overrides))
    images = make_job().dataset.images("test")
    np.testing.assert_array_equal(made.predict(images), again.predict(images))
    with pytest.raises(AssertionError, match="Mismatched"):
        np.testing.assert_array_equal(
            made.predict(images), fitted(make_job("untrained", overrides=overrides, seed=1)).predict(images)
        )


def test_progress_is_reported_under_the_jobs_name(make_job: MakeJob) -> None:
    told: list[tuple[str, int, int]] = []
    complete(make_job(seed=4), lambda what, done, total, note="": told.append((what, done, total)))
    assert told == [("own_method:Corner, seed 4", 1, 1)]


def test_scores_come_from_the_stored_predictions(make_job: MakeJob) -> None:
    job = make_job()
    run = complete(job)
    before = (run.path / "record.json").stat().st_mtime_ns
    assert update_scores(run, annotations_of(job.dataset)) == run
    assert (run.path / "record.json").stat().st_mtime_ns == before
    wrong = rewrite(run, scores=[replace(run.record.scores[0], value=0.0)])
    assert update_scores(wrong, annotations_of(job.dataset)).record == run.record
    assert read_record(run.path / "record.json") == run.record


def test_tampered_predictions_are_refused(make_job: MakeJob) -> None:
    job = make_job()
    run = complete(job)
    ideal = Predictions(job.dataset.labels("regression").joints, job.dataset.labels("test").joints)
    write_predictions(run.path, ideal)
    for again in (lambda: update_scores(run, annotations_of(job.dataset)), lambda: complete(make_job())):
        with pytest.raises(DkpError, match="is not the file its record describes") as caught:
            again()
        assert str(run.path / "predictions.npz") in caught.value.problem
        assert str(run.path) in caught.value.hint


def test_predictions_that_the_record_does_not_know_are_refused(make_job: MakeJob) -> None:
    job = make_job()
    run = rewrite(complete(job), files={})
    with pytest.raises(DkpError, match="is not the file its record describes"):
        update_scores(run, annotations_of(job.dataset))


def test_missing_predictions_are_named(make_job: MakeJob) -> None:
    job = make_job()
    run = complete(job)
    (run.path / "predictions.npz").unlink()
    with pytest.raises(DkpError, match=r"has no predictions\.npz"):
        update_scores(run, annotations_of(job.dataset))


def test_another_dataset_is_never_scored(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    run = complete(job)
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.content_hash", lambda _: "0" * 16)
    with pytest.raises(DkpError, match=f"{run.record.identity.dataset_hash}, and what is here has {'0' * 16}"):
        update_scores(run, annotations_of(job.dataset))


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("OneTooFew", r"predict of own_method:OneTooFew: 'fit' has the shape \(39, 2, 2\)"),
        ("Diverged", r"predict of own_method:Diverged: fit\[0, 0, 0\] is nan"),
    ],
)
def test_predictions_that_do_not_fit_leave_no_run(method: str, message: str, make_job: MakeJob) -> None:
    job = make_job(f"own_method:{method}")
    with pytest.raises(DkpError, match=message):
        complete(job)
    assert sorted(path.name for path in job.folder.iterdir()) == ["code.txt"]


def test_a_folder_without_a_run_is_named(make_job: MakeJob, tmp_path: Path) -> None:
    run = complete(make_job())
    assert open_run(run.path) == run
    with pytest.raises(DkpError, match="nowhere is not the folder of a finished run"):
        open_run(tmp_path / "nowhere")
    (run.path / "record.json").write_text("{", encoding="utf-8")
    with pytest.raises(DkpError, match="cannot be read as JSON"):
        open_run(run.path)
