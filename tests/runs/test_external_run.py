"""The record of predictions made elsewhere stands beside those of runs, and is never overwritten."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256
from dkp_bench.runs.annotations import Annotations, annotations_of, read_annotations
from dkp_bench.runs.external_run import check_name, score_external
from dkp_bench.runs.predictions import Predictions, run_predictions, score_predictions
from dkp_bench.runs.run import Run, load_runs


@pytest.fixture
def annotations(small_datasets: None, tmp_path: Path) -> Annotations:
    return annotations_of(open_dataset("squares", 64, cache=tmp_path))


def predictions(seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    return Predictions(*(rng.uniform(-1, 1, (count, 3, 2)).astype(np.float32) for count in (40, 12)))


def recorded(root: Path, annotations: Annotations, found: Predictions, **changes: Any) -> Run:
    options: dict[str, Any] = {"name": "mine", "profile": "tiny", "seed": 4, "sees_depth": False}
    return score_external(root, annotations, found, **options | changes).save()


def test_the_record_says_what_is_known(annotations: Annotations, tmp_path: Path) -> None:
    run = recorded(tmp_path / "runs", annotations, predictions())
    (found,) = load_runs(tmp_path / "runs")
    assert found.record == run.record
    assert run.record.scores == score_predictions(annotations, predictions())
    identity = run.record.identity
    assert (identity.method, identity.seed, identity.keypoints, identity.profile) == ("mine", 4, 3, "tiny")
    assert (identity.perceptual, identity.depth, run.record.inputs) == ("unknown", "none", "rgb")
    assert identity.dataset_hash == annotations.dataset_hash
    assert run.record.provenance.code_hash == "unknown"
    assert run.record.files == {"predictions.npz": sha256(run.path / "predictions.npz")}
    assert read_annotations(run.root, identity) is not None
    np.testing.assert_array_equal(run_predictions(run).test, predictions().test)


def test_a_detector_that_sees_depth_says_so(annotations: Annotations, tmp_path: Path) -> None:
    record = recorded(tmp_path, annotations, predictions(), sees_depth=True).record
    assert (record.identity.depth, record.inputs) == ("unknown", "depth")


def test_a_second_time_nothing_changes(annotations: Annotations, tmp_path: Path) -> None:
    first = recorded(tmp_path, annotations, predictions())
    before = {path: path.stat().st_mtime_ns for path in first.path.iterdir()}
    assert recorded(tmp_path, annotations, predictions()) == first
    assert {path: path.stat().st_mtime_ns for path in first.path.iterdir()} == before


def test_other_predictions_of_the_same_name_are_refused(annotations: Annotations, tmp_path: Path) -> None:
    first = recorded(tmp_path, annotations, predictions())
    with pytest.raises(DkpError, match="has other predictions by the name 'mine', seed 4") as caught:
        recorded(tmp_path, annotations, predictions(1))
    assert f"rm -r {first.path}" in caught.value.hint
    np.testing.assert_array_equal(run_predictions(first).test, predictions().test)
    assert recorded(tmp_path, annotations, predictions(1), name="other").path != first.path
    assert recorded(tmp_path, annotations, predictions(1), seed=5).path != first.path


def test_predictions_that_do_not_fit_leave_nothing(annotations: Annotations, tmp_path: Path) -> None:
    found = predictions()
    with pytest.raises(DkpError, match="11 predictions for the test split"):
        recorded(tmp_path / "runs", annotations, Predictions(found.regression, found.test[1:]))
    assert load_runs(tmp_path / "runs") == []


@pytest.mark.parametrize("name", ["autolink", "mean_pose", "", "../up", "a/b", ".hidden", "a:b", "a b"])
def test_names_that_cannot_be_used(name: str) -> None:
    with pytest.raises(DkpError) as caught:
        check_name(name)
    assert "--name" in caught.value.hint


@pytest.mark.parametrize("name", ["mine", "my-method_2.1", "2nd"])
def test_names_that_can_be_used(name: str) -> None:
    check_name(name)
