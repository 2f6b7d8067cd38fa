"""Numbers computed again from stored predictions, and what they are held to."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from shifted import PROTOCOL, make_annotations, store

from dkp_bench.analysis.comparable import Variant
from dkp_bench.analysis.measurement import find_annotations, measure, measure_joints, resampling_of
from dkp_bench.errors import DkpError
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.run import Run, load_runs

ERRORS = np.linspace(1.0, 3.2, 12)


@pytest.fixture(scope="module")
def annotations() -> Annotations:
    return make_annotations()


def variant(root: Path) -> Variant:
    return Variant("mine", "", tuple(load_runs(root)))


def two_seeds(root: Path) -> Variant:
    store(root, "mine", ERRORS)
    store(root, "mine", ERRORS + 1, seed=1)
    return variant(root)


def test_the_numbers_are_those_of_the_predictions(tmp_path: Path, annotations: Annotations) -> None:
    found = measure(two_seeds(tmp_path), annotations, PROTOCOL, "mean_l2", resampling_of(annotations))
    assert found.values == pytest.approx((2.1, 3.1), abs=1e-5)
    assert found.estimate.value == pytest.approx(2.6, abs=1e-5)
    assert found.estimate.covers_seeds
    assert (found.unit, found.higher_is_better) == ("% of edge", False)
    assert found.sums[0].contributions * 12 == pytest.approx(ERRORS, abs=1e-4)


def test_a_share_of_hits(tmp_path: Path, annotations: Annotations) -> None:
    # 6 pixels of 255 are 2.353 % of the edge: seven of the errors from 1 to 3.2 are smaller
    store(tmp_path, "mine", ERRORS)
    found = measure(variant(tmp_path), annotations, PROTOCOL, "pck", resampling_of(annotations))
    assert found.values == pytest.approx((100 * 7 / 12,))
    assert (found.unit, found.higher_is_better) == ("%", True)


def test_joints(tmp_path: Path, annotations: Annotations) -> None:
    joints = measure_joints(two_seeds(tmp_path), annotations, PROTOCOL, "mean_l2")
    assert tuple(joints) == annotations.skeleton.names
    for seeds in joints.values():
        assert [sums.value for sums in seeds] == pytest.approx([2.1, 3.1], abs=1e-5)


def test_the_share_on_the_figure_knows_no_joints(tmp_path: Path, annotations: Annotations) -> None:
    assert measure_joints(two_seeds(tmp_path), annotations, "on-figure", "on_figure") == {}


def test_sequences_are_drawn_whole(annotations: Annotations) -> None:
    assert resampling_of(annotations).clusters is None
    clusters = resampling_of(make_annotations(sequences=4)).clusters
    assert clusters is not None
    assert len(set(clusters.tolist())) == 4


@pytest.mark.parametrize("change", [1e-6, -0.5])
def test_a_record_that_says_something_else_is_named(tmp_path: Path, annotations: Annotations, change: float) -> None:
    folder = store(tmp_path, "mine", ERRORS)
    content = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    content["scores"][0]["value"] += change
    (folder / "record.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DkpError, match="its predictions give") as caught:
        measure(variant(tmp_path), annotations, PROTOCOL, "mean_l2", resampling_of(annotations))
    assert str(folder) in caught.value.problem
    assert caught.value.hint == f"score it again: dkp-bench score {folder} --update"


def test_predictions_that_were_changed_are_named(tmp_path: Path, annotations: Annotations) -> None:
    folder = store(tmp_path, "mine", ERRORS)
    (folder / "predictions.npz").write_bytes((store(tmp_path, "other", ERRORS + 1) / "predictions.npz").read_bytes())
    runs = Variant("mine", "", tuple(run for run in load_runs(tmp_path) if run.path == folder))
    with pytest.raises(DkpError, match=r"mine.*predictions\.npz is not the file its record describes"):
        measure(runs, annotations, PROTOCOL, "mean_l2", resampling_of(annotations))


@pytest.mark.parametrize(
    ("protocol", "metric", "problem"),
    [
        ("lmdis", "mean_l2", "has no mean_l2 under lmdis"),
        (PROTOCOL, "summed_l2", f"has no summed_l2 under {PROTOCOL.replace('+', '.')}"),
        ("on-figure", "figure_area", "figure_area"),
    ],
)
def test_what_was_not_scored_or_compares_nothing_is_refused(
    tmp_path: Path, annotations: Annotations, protocol: str, metric: str, problem: str
) -> None:
    store(tmp_path, "mine", ERRORS)
    with pytest.raises(DkpError, match=problem):
        measure(variant(tmp_path), annotations, protocol, metric, resampling_of(annotations))


def test_annotations_come_from_the_runs_own_root_or_from_another(tmp_path: Path, annotations: Annotations) -> None:
    folder = store(tmp_path / "here", "mine", ERRORS)
    store(tmp_path / "there", "base", ERRORS)
    run = load_runs(tmp_path / "here")[0]
    found = find_annotations([run])
    assert found is not None
    assert (found.test.joints == annotations.test.joints).all()
    for path in (tmp_path / "here" / "annotations").iterdir():
        path.unlink()
    assert find_annotations([run]) is None
    assert find_annotations([run], [tmp_path / "nowhere", tmp_path / "there"]) is not None
    other = run.record.identity.model_copy(update={"dataset_hash": "0" * 16})
    changed = Run(folder, run.record.model_copy(update={"identity": other}))
    assert find_annotations([changed], [tmp_path / "there"]) is None


def test_annotations_that_do_not_fit_the_predictions_are_refused(tmp_path: Path, annotations: Annotations) -> None:
    store(tmp_path, "mine", ERRORS)
    test = annotations.test
    fewer = dataclasses.replace(test, joints=test.joints[:5], visible=test.visible[:5], mask=None)
    with pytest.raises(DkpError, match="12 predictions for the test split"):
        measure(
            variant(tmp_path),
            dataclasses.replace(annotations, test=fewer),
            PROTOCOL,
            "mean_l2",
            resampling_of(annotations),
        )
