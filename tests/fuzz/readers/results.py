"""What runs leave and people bring: records, annotations, predictions, sample images, bundles."""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
from made_up import make_record
from miniature import make_annotations, make_results

from dkp_bench.bundle.untrusted import read_tree
from dkp_bench.bundle.verify import check_results
from dkp_bench.files import sha256, write_json
from dkp_bench.runs.annotations import Annotations, read_annotations_file, write_annotations
from dkp_bench.runs.external import doubts, read_external
from dkp_bench.runs.fitted import saved_fit_result
from dkp_bench.runs.layout import object_path
from dkp_bench.runs.predictions import Predictions, read_predictions, write_predictions
from dkp_bench.runs.run import load_runs, read_record
from dkp_bench.runs.samples import Samples, read_samples
from dkp_bench.runs.schema import Record
from fuzz.reader import Reader, written

made_annotations = cache(make_annotations)


def _record(folder: Path) -> list[Path]:
    write_json(folder / "record.json", make_record().model_dump(mode="json"))
    return [folder / "record.json"]


def _is_record(value: object) -> None:
    assert isinstance(value, Record)
    assert Record.model_validate_json(value.model_dump_json()) == value


def _annotations(folder: Path) -> list[Path]:
    path = write_annotations(folder, made_annotations())
    return [path, *(folder / "objects").iterdir()]


def _place_annotations(folder: Path, file: Path, content: bytes) -> None:
    """Arrays are named by their content, so those that are damaged get the name that goes with them."""
    (description,) = (folder / "annotations").iterdir()
    if file == description:
        file.write_bytes(content)
        return
    shutil.rmtree(folder / "objects")
    digest = hashlib.sha256(content).hexdigest()
    object_path(folder, digest).parent.mkdir()
    object_path(folder, digest).write_bytes(content)
    described = json.loads(description.read_text(encoding="utf-8"))
    write_json(description, described | {"arrays": digest})


def _read_annotations(folder: Path) -> Annotations:
    (description,) = (folder / "annotations").iterdir()
    return read_annotations_file(description)


def _predictions(folder: Path) -> list[Path]:
    annotations = made_annotations()
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(folder, Predictions(annotations.regression.joints, annotations.test.joints))
    return [folder / "predictions.npz"]


def _are_keypoints(value: object) -> None:
    assert isinstance(value, Predictions)
    for points in (value.regression, value.test):
        assert points.dtype == np.float32
        assert points.ndim == 3
        assert np.isfinite(points).all()


def _external(folder: Path) -> Predictions:
    found = read_external(folder / "predictions.npz", made_annotations())
    doubts(made_annotations(), found)
    return found


def _samples(folder: Path) -> list[Path]:
    rng, count, side = np.random.default_rng(0), 4, 8
    arrays = {
        "indices": np.arange(count),
        "choice": np.array(["first", "best", "median", "worst"]),
        "errors": rng.random(count),
        "rgb": rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8),
        "depth": rng.random((count, side, side)).astype(np.float32),
        "keypoints": rng.random((count, 3, 2)).astype(np.float32),
        "joints": rng.random((count, 3, 2)).astype(np.float32),
        "truth": rng.random((count, 3, 2)).astype(np.float32),
        "visible": np.ones((count, 3), dtype=bool),
        "bones": np.array([[0, 1], [1, 2]]),
        "edges": rng.random((count, side, side)).astype(np.float32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "samples.npz", **arrays)
    return [folder / "samples.npz"]


def _are_samples(value: object) -> None:
    assert isinstance(value, Samples)
    for array in (value.errors, value.keypoints, value.joints, value.edges, value.depth):
        assert array is None or np.isfinite(array).all()


def _fitted(folder: Path) -> list[Path]:
    written(folder, {"weights.npz": b"weights"})
    fit = {"seconds": 1.5, "steps": 3, "images_per_second": 2.0, "precision": "fp32", "curves": {"step": [1, 2]}}
    write_json(folder / "fitted.json", {**fit, "files": {"weights.npz": sha256(folder / "weights.npz")}})
    return [folder / "fitted.json"]


def _results(folder: Path) -> list[Path]:
    make_results(folder)
    return [path for path in folder.rglob("*") if path.is_file()]


READERS = (
    Reader(
        "record",
        ("runs.run",),
        _record,
        lambda folder: read_record(folder / "record.json"),
        check=_is_record,
    ),
    Reader(
        "annotations",
        ("runs.annotations",),
        _annotations,
        _read_annotations,
        place=_place_annotations,
        restores=True,
    ),
    Reader(
        "predictions",
        ("runs.predictions", "array_files"),
        _predictions,
        lambda folder: read_predictions(folder / "predictions.npz"),
        check=_are_keypoints,
    ),
    Reader("predictions made elsewhere", ("runs.external",), _predictions, _external, check=_are_keypoints),
    Reader(
        "sample images",
        ("runs.samples",),
        _samples,
        lambda folder: read_samples(folder / "samples.npz"),
        check=_are_samples,
    ),
    Reader("a finished fit", ("runs.fitted",), _fitted, saved_fit_result),
    Reader(
        "stored results",
        ("bundle.verify", "bundle.untrusted"),
        _results,
        lambda folder: check_results(read_tree(folder), lambda *_: None, alone=True),
    ),
    Reader("a folder of runs", ("runs.run",), _results, load_runs),
)
