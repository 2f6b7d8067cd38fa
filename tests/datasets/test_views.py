"""What views of a dataset hand out: val in place of test, chosen from the regression split by whole groups."""

from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets import find_scored, open_dataset
from dkp_bench.datasets.base import ArrayImages, Labels
from dkp_bench.datasets.mannequin import MannequinPlain, render_sample
from dkp_bench.datasets.mannequin.dataset import SOURCES, FigureDepth
from dkp_bench.datasets.splits import VAL_SHARE
from dkp_bench.datasets.views import DatasetView, ForChoosing
from dkp_bench.errors import DkpError


def labels(count: int, **groups: list[str]) -> Labels:
    joints = np.random.default_rng(0).uniform(-1, 1, (count, 4, 2)).astype(np.float32)
    named = {name: np.array(values) for name, values in groups.items()}
    return Labels(joints, np.ones((count, 4), dtype=bool), None, named)


def for_choosing(fitted: Labels, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> ForChoosing:
    squares = open_dataset("squares", 16)
    rgb = np.zeros((len(fitted), 16, 16, 3), dtype=np.uint8)
    rgb += np.arange(len(fitted), dtype=np.uint8)[:, None, None, None]
    monkeypatch.setattr(squares, "labels", lambda split: {"regression": fitted}[split])
    monkeypatch.setattr(squares, "images", lambda split: {"regression": ArrayImages(rgb), "train": None}[split])
    view = ForChoosing(squares)
    view.prepare()
    return view


@pytest.mark.parametrize("group", ["subject", "sequence"])
def test_whole_groups_are_held_out(group: str, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> None:
    names = ["S1"] * 8 + ["S5"] * 3 + ["S6"] * 5 + ["S7"] * 4
    view = for_choosing(labels(20, **{group: names}), monkeypatch, small_datasets)
    val, rest = (set(view.labels(split).groups[group]) for split in ("test", "regression"))
    assert val
    assert rest
    assert not val & rest
    assert len(view.labels("test")) >= VAL_SHARE * 20
    assert len(view.labels("test")) + len(view.labels("regression")) == 20


def test_without_groups_the_last_images_are_held_out(monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> None:
    every = labels(20)
    view = for_choosing(every, monkeypatch, small_datasets)
    np.testing.assert_array_equal(view.labels("test").joints, every.joints[16:])
    np.testing.assert_array_equal(view.images("test").rgb(np.array([0, 3]))[:, 0, 0, 0], [16, 19])
    np.testing.assert_array_equal(view.images("regression").rgb(np.array([15]))[:, 0, 0, 0], [15])
    one_group = for_choosing(labels(20, subject=["S1"] * 20), monkeypatch, small_datasets)
    assert len(one_group.labels("test")) == 4, "one group cannot be on both sides, so it is cut"


def test_mannequin_renders_further_images_and_its_hash_stays(tmp_path: Path) -> None:
    counts = {"train": 3, "regression": 3, "test": 2}
    dataset = MannequinPlain(64, cache=tmp_path, counts=counts)
    dataset.prepare()
    before = dataset.content_hash(), sorted(path.name for path in dataset.folder.iterdir())
    view = ForChoosing(dataset)
    view.prepare()
    assert dataset.content_hash() == before[0]
    assert sorted(path.name for path in dataset.folder.iterdir()) == sorted([*before[1], "val-2"])
    assert len(view.labels("regression")) == 3, "nothing is taken away from the regression"
    np.testing.assert_array_equal(
        view.images("test").rgb(np.array([1]))[0], render_sample("mannequin-plain", 64, "val", 1).rgb
    )
    again = ForChoosing(MannequinPlain(64, cache=tmp_path, counts=counts))
    again.prepare()
    assert again.content_hash() == view.content_hash() != before[0]
    assert "scored on val" in view.notes()[-1]


def test_a_view_says_what_the_dataset_says(small_datasets: None) -> None:
    squares = open_dataset("squares", 16)
    view = DatasetView(squares)
    for name in (
        "name",
        "summary",
        "licence",
        "skeleton",
        "protocols",
        "sizes",
        "scored",
        "depth_source",
        "on_command_line",
    ):
        assert getattr(view, name) == getattr(squares, name)
    assert view.content_hash() == squares.content_hash()
    assert view.why_no_depth() is None
    assert view.check() == squares.check()
    assert view.photographs() == squares.photographs()
    assert view.image_count("train") == squares.image_count("train")
    assert len(view.validation().labels) == len(squares.validation().labels)


def test_mannequin_shows_the_figure_or_its_outline_in_place_of_depth(tmp_path: Path) -> None:
    made = {}
    for source in SOURCES:
        dataset = MannequinPlain(64, cache=tmp_path, counts={"train": 2, "regression": 2, "test": 2}, depth=source)
        dataset.prepare()
        assert dataset.depth_source == source
        made[source], mask = dataset.images("test").depth(np.arange(2)), dataset.labels("test").mask
    assert mask is not None
    np.testing.assert_array_equal(made["silhouette"], mask.astype(np.float32))
    for exact, figure, person in zip(made["exact"], made["figure"], mask, strict=True):
        np.testing.assert_array_equal(figure[person], exact[person])
        scaled = (figure - figure.min()) / (figure.max() - figure.min())
        assert scaled[~person].max() == 0
        assert scaled[person].min() == pytest.approx(0.5), "the outline is one half of the range, the relief the other"
    with pytest.raises(DkpError, match="unknown depth source of Mannequin 'exat'"):
        MannequinPlain(64, cache=tmp_path, depth="exat")
    empty = FigureDepth(np.zeros((1, 4, 4, 3), np.uint8), np.ones((1, 4, 4), np.float32), np.zeros((1, 4, 4), bool))
    np.testing.assert_array_equal(empty.depth(np.arange(1)), np.zeros((1, 4, 4)))


def test_only_test_and_val_can_be_scored() -> None:
    assert find_scored("val") == "val"
    with pytest.raises(DkpError, match="split to score") as error:
        find_scored("train")
    assert "test, val" in error.value.hint
