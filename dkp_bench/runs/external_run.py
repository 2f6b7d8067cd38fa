"""The record of predictions made elsewhere, so that they can be compared and reported like a run's."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dkp_bench import __version__
from dkp_bench.errors import DkpError, shell_command
from dkp_bench.files import write_json
from dkp_bench.methods import built_in_methods
from dkp_bench.presets import Profile, settings_hash
from dkp_bench.runs.annotations import Annotations, store_annotations
from dkp_bench.runs.layout import PREDICTIONS, RECORD, run_folder
from dkp_bench.runs.predictions import Predictions, run_predictions, score_predictions, to_bytes, write_predictions
from dkp_bench.runs.provenance import provenance
from dkp_bench.runs.rescore import recompute_scores
from dkp_bench.runs.run import Run, open_run
from dkp_bench.runs.schema import NO_DEPTH, NO_TRAINING, SCORES_VERSION, UNKNOWN, Identity, Record, Timings
from dkp_bench.scoring import Score
from dkp_bench.text import utc_now


def check_name(name: str) -> None:
    """Raise unless predictions may go by this name.

    Raises:
        DkpError: if it is no plain name, or that of a built-in method.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise DkpError(f"{name!r} cannot be a name", "use letters, digits, _, - and .: --name my-method")
    if name in built_in_methods():
        problem = f"{name!r} is a built-in method, and nothing here made these predictions"
        raise DkpError(problem, f"choose another name, such as --name my-{name}")


@dataclass(frozen=True)
class ExternalRun:
    """Predictions made elsewhere, scored; nothing is written before :meth:`save`.

    Attributes:
        run: its folder, and its record in memory.
        annotations: what it was scored against.
        predictions: what was scored.
        differences: in words, what a record that is there already has otherwise; empty for a new one.
    """

    run: Run
    annotations: Annotations
    predictions: Predictions
    differences: tuple[str, ...] = ()

    def save(self) -> Run:
        """Write what is not there yet, the record last, as in every run; return the run."""
        if not (self.run.path / RECORD).exists():
            store_annotations(self.run.root, self.annotations)
            write_predictions(self.run.path, self.predictions)
            write_json(self.run.path / RECORD, self.run.record.model_dump(mode="json"))
        return self.run


def score_external(
    root: Path,
    annotations: Annotations,
    predictions: Predictions,
    *,
    name: str,
    profile: Profile,
    seed: int,
    sees_depth: bool,
) -> ExternalRun:
    """Score predictions made elsewhere, in memory.

    Args:
        root: results root.
        annotations: those of the dataset.
        predictions: as read.
        name: stands for the method.
        profile: the profile whose runs they are to be compared with.
        seed: the seed that they were made with, or a number for each set of them.
        sees_depth: whether the detector was given depth maps.

    Raises:
        DkpError: if the name cannot be used, or other predictions go by it already; those stay.
    """
    check_name(name)
    identity = _identity(annotations, name, profile, predictions.test.shape[1], seed, sees_depth)
    folder = run_folder(root, identity)
    if (folder / RECORD).exists():
        return _same_run(folder, annotations, predictions)
    started = utc_now()
    scores = score_predictions(annotations, predictions)
    return ExternalRun(Run(folder, _record(identity, scores, predictions, started)), annotations, predictions)


def _identity(
    annotations: Annotations, name: str, profile: Profile, keypoints: int, seed: int, sees_depth: bool
) -> Identity:
    return Identity(
        dataset=annotations.dataset,
        dataset_hash=annotations.dataset_hash,
        image_size=annotations.image_size,
        depth=UNKNOWN if sees_depth else NO_DEPTH,
        method=name,
        preset_hash=settings_hash({}),
        profile=profile,
        keypoints=keypoints,
        seed=seed,
        perceptual=UNKNOWN,
        version=__version__,
        scores_version=SCORES_VERSION,
        split=annotations.split,
    )


def _same_run(folder: Path, annotations: Annotations, predictions: Predictions) -> ExternalRun:
    """Return the run that is there, if it is of these predictions."""
    run = open_run(folder)
    stored = run_predictions(run)
    pairs = ((stored.regression, predictions.regression), (stored.test, predictions.test))
    if not all(np.array_equal(*pair) for pair in pairs):
        name, seed = run.record.identity.method, run.record.identity.seed
        problem = f"{folder} has other predictions by the name {name!r}, seed {seed}"
        hint = f"choose another --name or --seed, or, to replace them, first: {shell_command('rm', '-r', folder)}"
        raise DkpError(problem, hint)
    found = recompute_scores(run, annotations)
    return ExternalRun(found.run, annotations, predictions, found.differences)


def _record(identity: Identity, scores: list[Score], predictions: Predictions, started: str) -> Record:
    return Record(
        identity=identity,
        inputs="rgb" if identity.depth == NO_DEPTH else "depth",
        settings={},
        required_settings={},
        overrides={},
        scores=scores,
        timings=Timings(fit_seconds=0, predict_seconds=0, steps=0, images_per_second=0),
        provenance=provenance(started, utc_now(), torch.device("cpu"), NO_TRAINING, UNKNOWN),
        curves={},
        files={PREDICTIONS: hashlib.sha256(to_bytes(predictions)).hexdigest()},
    )
