"""Sample images of a run: the first, best, median and worst, with what the regression makes of the keypoints."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.runs.predictions import Predictions, labelled
from dkp_bench.runs.samples import Samples, read_samples, write_samples
from dkp_bench.runs.spec import BoundRun
from dkp_bench.scoring import image_errors

MakeJob = Callable[..., BoundRun]
SMALL = {"keypoints": 3, "detector_width": 2, "decoder_width": 2}


@pytest.fixture
def predictions() -> Predictions:
    rng = np.random.default_rng(0)
    return Predictions(*(rng.uniform(-1, 1, (count, 3, 2)).astype(np.float32) for count in (40, 12)))


@pytest.fixture
def write(predictions: Predictions, tmp_path: Path) -> Callable[[BoundRun], Samples]:
    def written(job: BoundRun) -> Samples:
        write_samples(tmp_path, job.dataset, job.create(), predictions)
        return read_samples(tmp_path / "samples.npz")

    return written


def test_they_are_the_first_test_images(
    make_job: MakeJob, write: Callable[[BoundRun], Samples], predictions: Predictions
) -> None:
    job = make_job("untrained", overrides=SMALL)
    samples, images, labels = write(job), job.dataset.images("test"), job.dataset.labels("test")
    first = np.arange(8)
    np.testing.assert_array_equal(samples.indices[:8], first)
    np.testing.assert_array_equal(samples.rgb, images.rgb(samples.indices))
    np.testing.assert_array_equal(samples.depth, images.depth(samples.indices))
    np.testing.assert_array_equal(samples.truth, labels.joints[samples.indices])
    np.testing.assert_array_equal(samples.keypoints, predictions.test[samples.indices])
    np.testing.assert_array_equal(samples.bones, job.dataset.skeleton.bones)
    assert samples.edges is not None
    assert samples.edges.shape == (11, 64, 64)
    np.testing.assert_allclose(samples.edges.max(axis=(1, 2)), 1, rtol=1e-6)


def test_the_last_three_are_the_best_the_median_and_the_worst(
    make_job: MakeJob, write: Callable[[BoundRun], Samples], predictions: Predictions
) -> None:
    job = make_job("untrained", overrides=SMALL)
    samples, labels = write(job), job.dataset.labels("test")
    errors = image_errors(
        job.dataset.protocols[0],
        labelled(predictions.regression, job.dataset.labels("regression")),
        labelled(predictions.test, labels),
        job.dataset.skeleton.pairs,
    )
    assert samples.choice.tolist() == ["first"] * 8 + ["best", "median", "worst"]
    assert samples.errors[8:].tolist() == [errors.min(), np.sort(errors)[(len(errors) - 1) // 2], errors.max()]
    np.testing.assert_array_equal(samples.errors, errors[samples.indices])


def test_the_joints_are_the_regressed_ones(
    make_job: MakeJob, write: Callable[[BoundRun], Samples], predictions: Predictions
) -> None:
    job = make_job("untrained", overrides=SMALL)
    joints = job.dataset.labels("regression").joints.reshape(40, -1)
    parts = (predictions.regression, predictions.test)
    features = [np.c_[part.reshape(len(part), -1), np.ones(len(part))] for part in parts]
    weights = np.linalg.lstsq(features[0].astype(np.float64), joints.astype(np.float64))[0]
    np.testing.assert_allclose(write(job).joints[:8].reshape(8, -1), features[1][:8] @ weights, atol=1e-5)


def test_without_depth_and_edge_maps_there_are_none(make_job: MakeJob, write: Callable[[BoundRun], Samples]) -> None:
    samples = write(make_job(dataset="flat-squares"))
    assert samples.depth is None
    assert samples.edges is None


def test_a_small_split_gives_all_it_has(
    make_job: MakeJob, write: Callable[[BoundRun], Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dkp_bench.runs.samples.COUNT", 100)
    assert len(write(make_job()).indices) == 12 + 3


@pytest.mark.parametrize("method", ["untrained", "teacher_only", "own_method:Corner"])
def test_the_picture_shows_what_the_detector_saw(
    method: str, make_job: MakeJob, predictions: Predictions, tmp_path: Path
) -> None:
    job = make_job(method, overrides={} if method.startswith("own") else SMALL)
    centre = Predictions(predictions.regression, np.full_like(predictions.test, 0.9))
    write_samples(tmp_path, job.dataset, job.create(), centre)
    picture = cv2.imread(str(tmp_path / "samples.png"))[..., ::-1].astype(np.float64)
    images, upper = job.dataset.images("test"), picture[: picture.shape[0] // 2]
    seen = images.depth(np.arange(8)) if job.type.depth == "test" else images.rgb(np.arange(8)).mean(axis=3)
    wide = np.concatenate(list(seen), axis=1)
    shown = cv2.resize(upper.mean(axis=2), wide.shape[::-1], interpolation=cv2.INTER_AREA)
    left_of_the_points = np.tile(np.arange(64) < 50, 8)
    assert np.corrcoef(shown[:, left_of_the_points].ravel(), wide[:, left_of_the_points].ravel())[0, 1] > 0.95
