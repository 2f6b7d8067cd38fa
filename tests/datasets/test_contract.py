"""What holds for every dataset; a new one is checked here by being there."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from dkp_bench.datasets import Dataset, datasets, find_dataset, open_dataset
from dkp_bench.datasets.base import Labels
from dkp_bench.datasets.contact_sheet import contact_sheet
from dkp_bench.datasets.splits import LABELLED, LabelledSplit
from dkp_bench.datasets.usable import require_usable, usable_findings
from dkp_bench.datasets.views import ForChoosing
from dkp_bench.errors import DkpError
from dkp_bench.scoring import PROTOCOLS

SPLITS = ("train", "regression", "test")
COUNTS = {"train": 6, "regression": 4, "test": 3}
EVERY = sorted(datasets())


@pytest.fixture(scope="module", params=EVERY)
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, publish: Callable[[str, Path], Path]
) -> tuple[str, Path]:
    """A dataset's name and a folder, with its published files where it needs some."""
    made = tmp_path_factory.mktemp(request.param)
    if find_dataset(request.param).needs_files:
        publish(find_dataset(request.param).files, made / "published")
    return request.param, made


def opened(name: str, size: int, folder: Path) -> Dataset:
    kind = find_dataset(name)
    if kind.needs_files:
        return kind(size, cache=folder / "cache", data=folder / "published")
    return kind(size, cache=folder / "cache", counts=COUNTS)


@pytest.fixture(scope="module")
def dataset(folder: tuple[str, Path]) -> Dataset:
    made = opened(folder[0], 64, folder[1])
    made.prepare()
    return made


@pytest.mark.parametrize("name", EVERY)
def test_it_says_what_it_is(name: str) -> None:
    kind = find_dataset(name)
    assert kind.name == name
    assert kind.licence
    assert 10 < len(kind.summary) <= 110
    assert "\n" not in kind.summary
    assert kind.sizes
    assert kind.protocols
    assert set(kind.protocols) <= set(PROTOCOLS)


@pytest.mark.parametrize("name", EVERY)
def test_its_skeleton_is_sound(name: str) -> None:
    skeleton = find_dataset(name).skeleton
    assert len(set(skeleton.names)) == len(skeleton.names)
    assert set(chain(*skeleton.bones, *skeleton.pairs)) <= set(range(len(skeleton.names)))
    assert all(a != b for a, b in skeleton.bones)
    paired = list(chain(*skeleton.pairs))
    assert len(set(paired)) == len(paired), "a swap must undo itself"
    for a, b in skeleton.pairs:
        assert {skeleton.names[a].split()[0], skeleton.names[b].split()[0]} == {"left", "right"}
        assert skeleton.names[a].split()[1:] == skeleton.names[b].split()[1:]
    sided = {i for i, joint in enumerate(skeleton.names) if joint.startswith(("left ", "right "))}
    assert sided == set(paired)


@pytest.mark.parametrize("name", EVERY)
def test_another_size_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=f"{name} has images of .* px, not 7 px"):
        open_dataset(name, 7, cache=tmp_path)


@pytest.mark.parametrize("name", [name for name in EVERY if find_dataset(name).needs_files])
def test_without_its_files_it_says_what_to_get(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LSP", "H36M", "TAICHI", "DEEPFASHION"):
        monkeypatch.delenv(f"DKP_BENCH_{variable}", raising=False)
    with pytest.raises(DkpError) as error:
        open_dataset(name, 64, cache=tmp_path / "cache").prepare()
    assert error.value.problem.startswith(name)
    for told in ("http", "--data PATH", "DKP_BENCH_", f"dkp-bench data check {name}"):
        assert told in error.value.hint
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("split", SPLITS)
def test_images(dataset: Dataset, split: str) -> None:
    images = dataset.images(split)
    assert len(images) > 1
    assert images.size == 64
    every = images.rgb(np.arange(len(images)))
    assert every.dtype == np.uint8
    assert every.shape == (len(images), 64, 64, 3)
    assert every.std(axis=(1, 2)).max() > 0, "an image is more than one colour"
    backwards = np.arange(len(images))[::-1]
    np.testing.assert_array_equal(images.rgb(backwards), every[::-1])
    np.testing.assert_array_equal(images.rgb(np.array([1, 1, 0])), every[[1, 1, 0]])


@pytest.mark.parametrize("split", SPLITS)
def test_depth(dataset: Dataset, split: str) -> None:
    images = dataset.images(split)
    assert images.has_depth == (dataset.why_no_depth() is None) == (dataset.depth_source != "none")
    if not images.has_depth:
        with pytest.raises(DkpError, match="no depth"):
            images.depth(np.arange(1))
        return
    depth = images.depth(np.arange(len(images)))
    assert depth.dtype == np.float32
    assert depth.shape == (len(images), 64, 64)
    assert np.isfinite(depth).all()
    assert (depth >= 0).all()
    np.testing.assert_array_equal(images.depth(np.array([1, 0])), depth[[1, 0]])


@pytest.mark.parametrize("split", ["regression", "test"])
def test_labels(dataset: Dataset, split: str) -> None:
    labels, images = dataset.labels(split), dataset.images(split)
    joints = len(dataset.skeleton.names)
    assert len(labels) == len(images)
    assert labels.joints.dtype == np.float32
    assert labels.joints.shape == (len(images), joints, 2)
    assert labels.visible.dtype == np.bool_
    assert labels.visible.shape == (len(images), joints)
    assert labels.visible.any(axis=1).all(), "an image without a joint cannot be scored"
    assert np.isfinite(labels.joints).all()
    if labels.mask is not None:
        assert labels.mask.dtype == np.bool_
        assert labels.mask.shape == (len(images), 64, 64)
        assert labels.mask.any(axis=(1, 2)).all()
        assert not labels.mask.all(axis=(1, 2)).any()


def test_a_run_on_it_reaches_its_score(dataset: Dataset) -> None:
    require_usable(dataset)
    found = usable_findings(dataset)
    assert all(finding.ok for finding in found)
    assert found[-1].what == "protocols that can score it"


class Spoilt:
    """A dataset whose labels are others than they were; everything else is passed on."""

    def __init__(self, dataset: Dataset, spoil: Callable[[Labels], Labels], splits: tuple[str, ...]) -> None:
        self._dataset, self._spoil, self._splits = dataset, spoil, splits

    def __getattr__(self, name: str) -> object:
        return getattr(self._dataset, name)

    def labels(self, split: LabelledSplit) -> Labels:
        labels = self._dataset.labels(split)
        return self._spoil(labels) if split in self._splits else labels

    def image_count(self, split: LabelledSplit) -> int:
        return len(self.labels(split).visible) if split in LABELLED else self._dataset.image_count(split)


def taken(labels: Labels, count: int) -> Labels:
    groups = {name: group[:count] for name, group in labels.groups.items()}
    return Labels(labels.joints[:count], labels.visible[:count], labels.mask if count else None, groups)


def at_one_place(labels: Labels) -> Labels:
    return replace(labels, joints=np.where(np.arange(labels.joints.shape[1])[:, None] == 2, 0.5, labels.joints))


def invisible(labels: Labels, *, image: int | None = None, joint: int | None = None) -> Labels:
    visible = labels.visible.copy()
    visible[slice(None) if image is None else image, slice(None) if joint is None else joint] = False
    return replace(labels, visible=visible)


STOPS: dict[str, tuple[Callable[[Labels], Labels], str]] = {
    "no image": (lambda labels: taken(labels, 0), "{split}: images: 0, expected at least 1"),
    "an image without joints": (partial(invisible, image=1), "{split}: images with a visible joint"),
    "a joint that is nowhere": (partial(invisible, joint=2), "{split}: joints that are visible in some image"),
    "a joint at one place": (at_one_place, "{split}: joints that move"),
    "a label too few": (
        lambda labels: replace(labels, joints=labels.joints[1:]),
        "{split}: shapes of the labels' arrays",
    ),
    "a mask too few": (
        lambda labels: replace(labels, mask=np.ones((1, 64, 64), dtype=bool)),
        "{split}: shapes of the labels' arrays",
    ),
    "a group too short": (
        lambda labels: replace(labels, groups={"sequence": np.array(["a"])}),
        "{split}: shapes of the labels' arrays",
    ),
    "no number": (lambda labels: replace(labels, joints=labels.joints * np.nan), "{split}: finite places"),
}


@pytest.mark.parametrize("split", LABELLED)
@pytest.mark.parametrize("stop", STOPS)
def test_what_would_stop_a_run_after_the_training_stops_it_before(dataset: Dataset, stop: str, split: str) -> None:
    spoil, told = STOPS[stop]
    spoilt = cast(Dataset, Spoilt(dataset, spoil, (split,)))
    assert not all(finding.ok for finding in usable_findings(spoilt))
    with pytest.raises(DkpError) as error:
        require_usable(spoilt)
    assert told.format(split=split) in error.value.problem
    assert f"dkp-bench data check {dataset.name}" in error.value.hint


def test_it_is_the_same_the_next_time(dataset: Dataset, folder: tuple[str, Path]) -> None:
    again = opened(folder[0], 64, folder[1])
    again.prepare()
    assert again.content_hash() == dataset.content_hash()
    assert again.notes() == dataset.notes()
    for split in SPLITS:
        np.testing.assert_array_equal(again.images(split).rgb(np.arange(2)), dataset.images(split).rgb(np.arange(2)))
    np.testing.assert_array_equal(again.labels("test").joints, dataset.labels("test").joints)


def test_settings_can_be_chosen_on_it_and_test_is_not_read(
    dataset: Dataset, folder: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed = opened(folder[0], 64, folder[1])
    viewed.prepare()
    for part in ("images", "labels"):
        monkeypatch.setattr(viewed, part, refuse_test(getattr(viewed, part)))
    view = ForChoosing(viewed)
    view.prepare()
    assert view.scored == "val"
    assert view.content_hash() != dataset.content_hash()
    fitted, val, every = view.labels("regression"), view.labels("test"), dataset.labels("regression")
    for split, labels in (("regression", fitted), ("test", val)):
        assert len(view.images(split)) == view.image_count(split) == len(labels) > 0
        assert view.images(split).rgb(np.arange(len(labels))).shape == (len(labels), 64, 64, 3)
    assert len(view.images("train")) == len(dataset.images("train"))
    apart = [joints.tobytes() for joints in (*fitted.joints, *val.joints)]
    assert len(set(apart)) == len(set(map(np.ndarray.tobytes, val.joints))) + len(
        set(map(np.ndarray.tobytes, fitted.joints))
    )
    if dataset.needs_files:  # val was part of the regression split, and each image went to one side
        assert sorted(apart) == sorted(joints.tobytes() for joints in every.joints)
        for name in every.groups.keys() & {"subject", "sequence"}:
            whole = len(np.unique(every.groups[name])) > 1
            assert not (whole and set(val.groups["sequence"]) & set(fitted.groups["sequence"]))


def refuse_test(read: Callable[[str], object]) -> Callable[[str], object]:
    """Stand for a reader of splits that fails the test when it is asked for the images that are reported."""

    def guarded(split: str) -> object:
        assert split != "test", "test was read while choosing"
        return read(split)

    return guarded


def test_its_hash_tells_sizes_apart(dataset: Dataset, folder: tuple[str, Path]) -> None:
    other = opened(folder[0], 128, folder[1])
    other.prepare()
    for made in (dataset, other):
        assert len(made.content_hash()) == 16
        int(made.content_hash(), base=16)
    assert other.content_hash() != dataset.content_hash()
    assert other.images("test").rgb(np.arange(1)).shape == (1, 128, 128, 3)


def test_joints_do_not_depend_on_the_size(dataset: Dataset, folder: tuple[str, Path]) -> None:
    other = opened(folder[0], 128, folder[1])
    other.prepare()
    small, large = dataset.labels("test"), other.labels("test")
    shown = small.visible & large.visible
    assert shown.sum() >= 0.9 * small.visible.sum()
    assert np.abs(small.joints - large.joints)[shown].max() < 2 / 64, "the same place to a pixel"


@pytest.mark.parametrize("split", SPLITS)
def test_it_can_be_looked_at(dataset: Dataset, split: str) -> None:
    sheet = contact_sheet(dataset, split, count=2)
    assert sheet.shape[1] > 2 * 192
    assert sheet.std() > 0
