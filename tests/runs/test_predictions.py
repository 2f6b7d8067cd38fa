"""Reading stored predictions: whatever is in the file, an error names it, and nothing in it is executed."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.datasets.base import Labels
from dkp_bench.errors import DkpError
from dkp_bench.runs.annotations import annotations_of
from dkp_bench.runs.predictions import (
    Predictions,
    labelled,
    labelled_splits,
    read_predictions,
    score_predictions,
    write_predictions,
)
from dkp_bench.runs.spec import BoundRun

FIT = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 3, 2)
TEST = FIT[:2] / 2


class Bomb:
    """Leaves a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def saved(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def with_raw_entry(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fit.npy", content)
        archive.writestr("test.npy", content)
    return path


def header(shape: str) -> bytes:
    """An array file that promises a shape and holds nothing."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_they_come_back_as_they_were(tmp_path: Path) -> None:
    write_predictions(tmp_path, Predictions(FIT, TEST))
    read = read_predictions(tmp_path / "predictions.npz")
    np.testing.assert_array_equal(read.regression, FIT)
    np.testing.assert_array_equal(read.test, TEST)


def test_float64_is_read_as_float32(tmp_path: Path) -> None:
    read = read_predictions(saved(tmp_path / "p.npz", fit=FIT.astype(np.float64), test=TEST))
    assert read.regression.dtype == np.float32


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"fit": FIT}, "test"),
        ({"train": FIT, "test": TEST}, "fit"),
        ({"fit": FIT[0], "test": TEST}, r"'fit' is float32 of the shape \(3, 2\)"),
        ({"fit": FIT, "test": np.zeros((2, 3, 3), np.float32)}, r"'test' is float32 of the shape \(2, 3, 3\)"),
        ({"fit": FIT.astype(int), "test": TEST}, "'fit' is int64"),
        ({"fit": FIT.astype(str), "test": TEST}, "'fit' is <U"),
        ({"fit": FIT.astype(complex), "test": TEST}, "'fit' is complex128"),
        ({"fit": FIT, "test": np.copysign(np.nan, TEST)}, "'test' is not finite at image 0, keypoint 0"),
        (
            {"fit": np.where(FIT[3, 1, 0] > FIT, FIT, np.inf), "test": TEST},
            "'fit' is not finite at image 3, keypoint 1",
        ),
        (
            {"fit": np.where(FIT[3, 1, 0] > FIT, FIT.astype(float), 1e39), "test": TEST},
            "'fit' is too large at image 3, keypoint 1",
        ),
    ],
)
def test_wrong_arrays_are_named(arrays: dict[str, Any], why: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "p.npz", **arrays)
    with pytest.raises(DkpError, match=why) as caught:
        read_predictions(path)
    assert caught.value.problem.startswith(f"{path} is not a file of predictions: ")
    assert "'fit' and 'test'" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"text", header("(2,)"), b"\x80\x04\x95", bytes(100)], ids=lambda content: content[:8].hex()
)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(DkpError, match="is not a file of predictions"):
        read_predictions(tmp_path / "p.npz")


@pytest.mark.parametrize(
    "entry", [b"", b"raw bytes", *map(header, ("(2, 3, 2)", "(9999999999, 9999, 2)", "(-1, 3, 2)"))]
)
def test_an_entry_that_is_no_array_is_refused(entry: bytes, tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="is not a file of predictions"):
        read_predictions(with_raw_entry(tmp_path / "p.npz", entry))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"nowhere\.npz is not a file of predictions"):
        read_predictions(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("archive", [True, False])
def test_pickled_objects_are_refused_and_never_executed(archive: bool, tmp_path: Path) -> None:
    touched, path = tmp_path / "touched", tmp_path / "p.npz"
    objects = np.array([Bomb(touched)], dtype=object)
    if archive:
        np.savez(path, fit=objects, test=TEST)
    else:
        buffer = io.BytesIO()
        np.save(buffer, objects)
        path.write_bytes(buffer.getvalue())
    with pytest.raises(DkpError, match="is not a file of predictions"):
        read_predictions(path)
    assert not touched.exists()
    np.load(path, allow_pickle=True)[slice(None) if not archive else "fit"]
    assert touched.exists(), "the bomb is real"


@given(st.integers(0, 2**32 - 1))
def test_damaged_bytes_are_never_another_error(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, fit=FIT, test=TEST)
    content = bytearray(buffer.getvalue())
    for at in rng.integers(0, len(content), 3):
        content[at] = rng.integers(256)
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(content[: rng.integers(1, len(content) + 1)])
    try:
        read = read_predictions(path)
    except DkpError:
        return
    assert np.isfinite(read.regression).all()
    assert read.regression.shape[2] == 2


def test_a_wrong_count_names_split_and_dataset(make_job: Callable[..., BoundRun]) -> None:
    dataset = make_job().dataset
    right = Predictions(np.zeros((40, 2, 2), np.float32), np.zeros((12, 2, 2), np.float32))
    assert score_predictions(annotations_of(dataset), right)
    with pytest.raises(DkpError, match="39 predictions for the regression split of squares") as caught:
        score_predictions(annotations_of(dataset), Predictions(right.regression[1:], right.test))
    assert "40 images" in caught.value.hint
    with pytest.raises(DkpError, match="13 predictions for the test split of squares"):
        score_predictions(annotations_of(dataset), Predictions(right.regression, right.regression[:13]))


def test_scores_are_those_of_each_protocol_and_the_share_on_the_figure(make_job: Callable[..., BoundRun]) -> None:
    dataset = make_job().dataset
    truth = Predictions(dataset.labels("regression").joints, dataset.labels("test").joints)
    scores = {(score.protocol, score.metric): score for score in score_predictions(annotations_of(dataset), truth)}
    assert {protocol for protocol, _ in scores} >= set(dataset.protocols)
    assert scores["no-swap+intercept", "mean_l2"].value == pytest.approx(0, abs=1e-3)
    assert scores["on-figure", "on_figure"].value == 100
    assert set(scores["no-swap+intercept", "mean_l2"].per_joint) == set(dataset.skeleton.names)


def test_labels_come_with_all_that_a_protocol_may_ask_for() -> None:
    groups = {"subject": np.array(["S9", "S11"]), "action": np.array(["Walking", "Posing"])}
    labels = Labels(TEST[:, :2], np.array([[True, False], [True, True]]), np.ones((2, 4, 4), dtype=bool), groups)
    beside = labelled(TEST, labels)
    np.testing.assert_array_equal(beside.keypoints, TEST)
    np.testing.assert_array_equal(beside.joints[beside.visible], TEST[:, :2][labels.visible])
    assert beside.mask is labels.mask
    assert beside.groups == groups


def test_both_splits_stand_beside_their_own_labels(make_job: Callable[..., BoundRun]) -> None:
    dataset = make_job().dataset
    truth = Predictions(dataset.labels("regression").joints, dataset.labels("test").joints)
    for beside in labelled_splits(annotations_of(dataset), truth):
        np.testing.assert_array_equal(beside.keypoints, beside.joints)


def test_a_protocol_that_does_not_apply_is_left_out(
    make_job: Callable[..., BoundRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_job().dataset
    truth = Predictions(dataset.labels("regression").joints, dataset.labels("test").joints)
    monkeypatch.setattr(type(dataset), "protocols", ("no-swap+intercept", "bkind", "lmdis"))
    named = list(dict.fromkeys(score.protocol for score in score_predictions(annotations_of(dataset), truth)))
    assert named == ["no-swap+intercept", "lmdis", "on-figure"]
