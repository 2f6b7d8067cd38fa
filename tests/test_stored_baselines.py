"""The stored baselines: every number follows from what is stored beside it, and nothing is missing or left over."""

import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.analysis.required_settings import all_settings
from dkp_bench.datasets import open_dataset
from dkp_bench.datasets.base import ArrayImages
from dkp_bench.files import sha256
from dkp_bench.methods import built_in_methods
from dkp_bench.runs.annotations import Annotations, AnnotationsFile, read_annotations_file
from dkp_bench.runs.layout import KEPT_WEIGHTS, STORED_FILES, object_path, run_folder
from dkp_bench.runs.load import load_method
from dkp_bench.runs.needed_weights import MOST_MOVED
from dkp_bench.runs.rescore import wrong_scores
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.samples import read_samples
from dkp_bench.runs.store import annotations_of_run

ROOT = Path(__file__).parents[1] / "results" / "baselines"
SETTINGS = ("mannequin", "mannequin-studio", "mannequin-plain")
SEEDS = (0, 1, 2)
RUNS = load_runs(ROOT)
LAST = {(each.dataset_hash, each.profile, each.method): run for run in RUNS for each in [run.record.identity]}
"""A run of each method on each dataset; `nox -s check-baselines` scores all of them."""


def name_of(run: Run) -> str:
    return str(run.path.relative_to(ROOT))


@cache
def annotations(run_root: Path, dataset_hash: str) -> Annotations:
    run = next(run for run in RUNS if run.record.identity.dataset_hash == dataset_hash)
    assert run.root == run_root
    return annotations_of_run(run)


@pytest.mark.parametrize("run", LAST.values(), ids=name_of)
def test_every_score_follows_from_the_stored_predictions(run: Run) -> None:
    assert wrong_scores(run, annotations(run.root, run.record.identity.dataset_hash)) == []


def test_a_changed_score_would_be_found() -> None:
    run = RUNS[0]
    first, *rest = run.record.scores
    scores = [replace(first, value=first.value * (1 + 1e-8)), *rest]
    lie = Run(run.path, run.record.model_copy(update={"scores": scores}))
    assert len(wrong_scores(lie, annotations_of_run(run))) == 1


def test_every_setting_has_every_method_with_three_seeds() -> None:
    found = {(run.record.identity.dataset, run.record.identity.method, run.record.identity.seed) for run in RUNS}
    assert found >= set(itertools.product(SETTINGS, built_in_methods(), SEEDS))


def test_each_run_was_made_by_committed_code_and_has_its_curves() -> None:
    for run in RUNS:
        assert run.record.provenance.git_clean is True, name_of(run)
        assert bool(run.record.curves) == bool(run.record.timings.steps), name_of(run)


def test_each_run_lies_where_it_would_be_looked_for() -> None:
    for run in RUNS:
        assert run.path == run_folder(ROOT, run.record.identity)
        assert run.record.identity.scores_version == 1, name_of(run)
        beside = [other for other in RUNS if other.record.identity.dataset == run.record.identity.dataset]
        assert all_settings(run, beside) is not None, name_of(run)


def test_what_is_stored_is_what_the_records_name() -> None:
    files = [(digest, name) for run in RUNS for name, digest in run.record.files.items() if name in STORED_FILES]
    named = {object_path(ROOT, digest, Path(name).suffix) for digest, name in files}
    for path in (ROOT / "annotations").iterdir():
        named.add(object_path(ROOT, AnnotationsFile.model_validate_json(path.read_bytes()).arrays))
    objects = set((ROOT / "objects").iterdir())
    assert objects == named
    assert all(path.stem == sha256(path) for path in objects)


@pytest.mark.parametrize("run", [run for run in RUNS if KEPT_WEIGHTS in run.record.files], ids=name_of)
def test_kept_weights_are_small_and_find_the_stored_keypoints(run: Run) -> None:
    assert run.file(KEPT_WEIGHTS).stat().st_size < 1.1e6
    samples = read_samples(run.file("samples.npz"))
    found = load_method(run).predict(ArrayImages(samples.rgb, samples.depth))
    assert np.linalg.norm(found - samples.keypoints, axis=-1).mean() < 1.5 * MOST_MOVED, "half of it for the processor"


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_stored_labels_are_those_that_the_dataset_makes(setting: str, tmp_path: Path) -> None:
    from dkp_bench.datasets.mannequin.dataset import MannequinBase

    identities = [run.record.identity for run in RUNS if run.record.identity.split == "test"]
    (content,) = {one.dataset_hash for one in identities if (one.dataset, one.image_size) == (setting, 64)}
    path = ROOT / "annotations" / f"{setting}-64px-{content}.json"
    stored, counts = read_annotations_file(path), {"train": 1, "regression": 3, "test": 3}
    kind = type(open_dataset(setting, 64, cache=tmp_path))
    assert issubclass(kind, MannequinBase)
    dataset = kind(64, cache=tmp_path, counts=counts)
    dataset.prepare()
    for split in ("regression", "test"):
        made, kept = dataset.labels(split), stored.labels(split)
        np.testing.assert_allclose(kept.joints[:3], made.joints, atol=1e-6)
        np.testing.assert_array_equal(kept.visible[:3], made.visible)
    assert stored.test.mask is not None
    np.testing.assert_array_equal(stored.test.mask[:3], dataset.labels("test").mask)
