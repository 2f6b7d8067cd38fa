"""Annotations beside the runs: what was read equals what was written, and nothing damaged is read."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.datasets.base import Labels, Skeleton
from dkp_bench.errors import DkpError
from dkp_bench.runs.annotations import (
    Annotations,
    annotations_of,
    only_annotations,
    read_annotations,
    read_annotations_file,
    store_annotations,
    write_annotations,
)
from dkp_bench.runs.execute import complete
from dkp_bench.runs.spec import BoundRun

MakeJob = Callable[..., BoundRun]


def made_up(seed: int, *, side: int = 13, groups: bool = True) -> Annotations:
    rng = np.random.default_rng(seed)

    def labels(count: int, masked: bool) -> Labels:
        joints = rng.uniform(-1.2, 1.2, (count, 3, 2)).astype(np.float32)
        visible = rng.random((count, 3)) < 0.8
        mask = rng.random((count, side, side)) < 0.3 if masked else None
        sequences = {"sequence": rng.choice(["bend", "wäve"], count)} if groups else {}
        return Labels(joints, visible, mask, sequences)

    skeleton = Skeleton(("left", "right", "nose"), ((0, 1),), ((0, 2), (1, 2)))
    return Annotations("dots", side, "0123abcd", skeleton, ("no-swap+intercept",), labels(7, False), labels(5, True))


def same(one: Annotations, other: Annotations) -> bool:
    pairs = [(one.regression, other.regression), (one.test, other.test)]
    arrays = [(getattr(a, name), getattr(b, name)) for a, b in pairs for name in ("joints", "visible", "mask")] + [
        (a.groups[name], b.groups[name]) for a, b in pairs for name in a.groups
    ]
    rest = [replace(x, regression=one.regression, test=one.test) for x in (one, other)]
    return vars(rest[0]) == vars(rest[1]) and all(np.array_equal(a, b) for a, b in arrays)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.booleans())
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, seed: int, side: int, groups: bool
) -> None:
    annotations, root = made_up(seed, side=side, groups=groups), tmp_path_factory.mktemp("root")
    found = read_annotations_file(write_annotations(root, annotations))
    assert same(annotations, found)
    assert [path.name for path in (root / "annotations").iterdir()] == [f"dots-{side}px-0123abcd.json"]


def test_the_same_labels_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_annotations(tmp_path / name, made_up(0))
    files = [sorted((tmp_path / name).rglob("*.*")) for name in ("one", "two")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]
    assert [path.name for path in files[0]] == [path.name for path in files[1]]


def test_a_run_leaves_those_it_was_scored_against(make_job: MakeJob) -> None:
    job = make_job()
    run = complete(job)
    found = read_annotations(job.runs, run.record.identity)
    assert found is not None
    expected = annotations_of(job.dataset)
    for labels, wanted in ((found.regression, expected.regression), (found.test, expected.test)):
        np.testing.assert_array_equal(labels.joints, wanted.joints)
        np.testing.assert_array_equal(labels.visible, wanted.visible)
    assert found.regression.mask is None
    np.testing.assert_array_equal(found.test.mask, expected.test.mask)
    assert read_annotations(job.runs, run.record.identity.model_copy(update={"dataset_hash": "other"})) is None


def test_a_finished_run_without_them_gets_them(make_job: MakeJob) -> None:
    job = make_job()
    run = complete(job)
    for path in (job.runs / "annotations").iterdir():
        path.unlink()
    complete(make_job())
    assert read_annotations(job.runs, run.record.identity) is not None


def test_those_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    path = write_annotations(tmp_path, made_up(0))
    before = path.stat().st_mtime_ns
    store_annotations(tmp_path, made_up(1))
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["gone", "cut", "flipped"])
def test_damaged_arrays_are_refused(damage: str, tmp_path: Path) -> None:
    path = write_annotations(tmp_path, made_up(0))
    (arrays,) = (tmp_path / "objects").iterdir()
    content = bytearray(arrays.read_bytes())
    content[100] ^= 1
    arrays.unlink()
    if damage != "gone":
        arrays.write_bytes(content if damage == "flipped" else content[:100])
    with pytest.raises(DkpError, match="not the labels that") as caught:
        read_annotations_file(path)
    assert str(arrays) in caught.value.problem


def test_a_visible_joint_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    annotations = made_up(0)
    for value, told in ((True, "fit-joints has a visible joint that is not finite"), (False, "")):
        annotations.regression.joints[2, 1], annotations.regression.visible[2, 1] = np.nan, value
        path = write_annotations(tmp_path, annotations)
        with pytest.raises(DkpError, match=told) if told else nullcontext():
            read_annotations_file(path)


def test_a_file_that_is_no_annotations_is_refused(tmp_path: Path) -> None:
    path = write_annotations(tmp_path, made_up(0))
    path.write_text(path.read_text(encoding="utf-8").replace('"bones"', '"bone"'), encoding="utf-8")
    with pytest.raises(DkpError, match="not a valid file of annotations"):
        read_annotations_file(path)


def test_annotations_of_another_dataset_are_refused(make_job: MakeJob) -> None:
    job = make_job()
    identity = complete(job).record.identity
    (path,) = (job.runs / "annotations").iterdir()
    other = identity.model_copy(update={"dataset_hash": "f" * 16})
    path.rename(path.with_name(path.name.replace(identity.dataset_hash, "f" * 16)))
    with pytest.raises(DkpError, match=f"content {identity.dataset_hash}"):
        read_annotations(job.runs, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"protocols": [\n    "no-swap+intercept"\n  ]', '"protocols": []'),
        ('"bones": [\n    [\n      0,', '"bones": [\n    [\n      3,'),
        ('"pairs": [\n    [\n      0,', '"pairs": [\n    [\n      -1,'),
    ],
)
def test_a_skeleton_or_protocols_that_nothing_can_be_scored_with_are_refused(
    old: str, new: str, tmp_path: Path
) -> None:
    path = write_annotations(tmp_path, made_up(0))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DkpError, match="not a valid file of annotations"):
        read_annotations_file(path)


def test_those_of_a_dataset_are_found_where_there_is_one_content(tmp_path: Path) -> None:
    annotations = made_up(0, side=13)
    assert only_annotations(tmp_path, "dots", 13) is None
    write_annotations(tmp_path, annotations)
    found = only_annotations(tmp_path, "dots", 13)
    assert found is not None
    assert same(found, annotations)
    assert only_annotations(tmp_path, "dots", 128) is None
    assert only_annotations(tmp_path, "flat-dots", 13) is None
    write_annotations(tmp_path, replace(annotations, dataset_hash="0" * 16))
    assert only_annotations(tmp_path, "dots", 13) is None
