"""Stored predictions, from which every score is computed."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dkp_bench.array_files import DAMAGE, open_npz
from dkp_bench.datasets.base import Labels
from dkp_bench.datasets.splits import LABELLED
from dkp_bench.errors import DkpError, printable
from dkp_bench.files import write_bytes
from dkp_bench.runs.annotations import ARRAYS, Annotations
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.runs.run import Run
from dkp_bench.scoring import LabelledKeypoints, Score, score_all, score_protocol

TOLERANCE = 1e-9
"""How far a number may be off its recomputation, relatively: another processor rounds and sums otherwise."""
NOTHING = 1e-12
"""A difference that is none even beside zero."""


@dataclass(frozen=True)
class Predictions:
    """Keypoints of the labelled splits, ``(N, K, 2)`` float32 as (x, y) in [−1, 1], in the order of the images."""

    regression: NDArray[np.float32]
    test: NDArray[np.float32]


def write_predictions(folder: Path, predictions: Predictions) -> None:
    """Write ``predictions.npz``, atomically."""
    write_bytes(folder / PREDICTIONS, to_bytes(predictions))


def to_bytes(predictions: Predictions) -> bytes:
    """Return the content of ``predictions.npz``; the same predictions give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, fit=predictions.regression, test=predictions.test)
    return buffer.getvalue()


def read_predictions(path: Path) -> Predictions:
    """Read a file of predictions: arrays ``fit`` and ``test``.

    Raises:
        DkpError: if the file is absent or damaged, lacks an array, or one of them does not hold keypoints; whether
            they fit a dataset is checked when scored.
    """
    try:
        with open_npz(path) as arrays:
            return Predictions(*(_keypoints(name, np.asarray(arrays[name])) for name in ARRAYS))
    except DAMAGE as error:
        why = error.args[0] if isinstance(error, KeyError) else error
        hint = "it must be an .npz with the arrays 'fit' and 'test', each (images, keypoints, 2)"
        raise DkpError(f"{path} is not a file of predictions: {printable(why)}", hint) from error


def _keypoints(name: str, array: NDArray[np.generic]) -> NDArray[np.float32]:
    """Raise ValueError unless ``array`` is ``(N, K, 2)``, floating and finite."""
    if array.ndim != 3 or array.shape[2] != 2 or array.dtype.kind != "f":
        raise ValueError(f"{name!r} is {array.dtype} of the shape {array.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        keypoints = array.astype(np.float32)
    wrong = np.argwhere(~np.isfinite(keypoints).all(axis=2))
    if len(wrong):
        image, keypoint = wrong[0]
        what = "too large" if np.isfinite(array[image, keypoint]).all() else "not finite"
        raise ValueError(f"{name!r} is {what} at image {image}, keypoint {keypoint}")
    return keypoints


def run_predictions(run: Run) -> Predictions:
    """Return the stored predictions of a run, their hash checked.

    Raises:
        DkpError: if they are not there, damaged, or not those that the record describes.
    """
    return read_predictions(run.checked_file(PREDICTIONS))


def score_predictions(annotations: Annotations, predictions: Predictions) -> list[Score]:
    """Score under the protocols of a dataset that apply, and by keypoints on the figure where it has masks.

    Raises:
        DkpError: if the predictions do not fit the dataset.
    """
    fit, test = labelled_splits(annotations, predictions)
    skeleton = annotations.skeleton
    return score_all(annotations.protocols, fit, test, skeleton.pairs, skeleton.names)


def score_under(
    run: Run, annotations: Annotations, protocols: Iterable[str], predictions: Predictions | None = None
) -> Run:
    """Score a run under further protocols, whether its dataset lists them or not; nothing is written.

    Args:
        run: finished.
        annotations: what it was scored against.
        protocols: names in :data:`dkp_bench.scoring.PROTOCOLS`.
        predictions: what is scored; if None, those stored with the run.

    Returns:
        The run with a record that also has those of their scores that it lacks.

    Raises:
        DkpError: if there is no such protocol or it does not apply, or the predictions are damaged.
    """
    fit, test = labelled_splits(annotations, predictions or run_predictions(run))
    known, skeleton = {each.protocol for each in run.record.scores}, annotations.skeleton
    further = [
        found
        for name in protocols
        if name not in known
        for found in score_protocol(name, fit, test, skeleton.pairs, skeleton.names)
    ]
    return Run(run.path, run.record.model_copy(update={"scores": [*run.record.scores, *further]}))


def is_recomputed(recorded: float, computed: float) -> bool:
    """Return whether a recorded number is the one computed from the stored predictions, but for rounding."""
    return math.isclose(recorded, computed, rel_tol=TOLERANCE, abs_tol=NOTHING)


def labelled_splits(annotations: Annotations, predictions: Predictions) -> tuple[LabelledKeypoints, LabelledKeypoints]:
    """Return the predictions of ``regression`` and of ``test`` beside their labels, checked.

    Raises:
        DkpError: if the predictions do not fit the dataset.
    """
    sets = []
    for split, keypoints in zip(LABELLED, (predictions.regression, predictions.test), strict=True):
        labels = annotations.labels(split)
        if len(keypoints) != len(labels):
            problem = f"there are {len(keypoints)} predictions for the {split} split of {annotations.dataset}"
            raise DkpError(problem, f"the split has {len(labels)} images; predict all of them, in their order")
        sets.append(labelled(keypoints, labels))
    return sets[0], sets[1]


def labelled(keypoints: NDArray[np.float32], labels: Labels) -> LabelledKeypoints:
    """Return predicted keypoints beside the labels of their images, checked.

    Raises:
        DkpError: if a shape does not fit or a value is not finite.
    """
    joints = labels.joints.astype(np.float64)
    return LabelledKeypoints(keypoints.astype(np.float64), joints, labels.visible, labels.mask, labels.groups)
