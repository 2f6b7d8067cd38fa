"""Depth sources by name: what is parsed, what is refused before any work, and which maps come out."""

from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets import find_dataset, open_dataset
from dkp_bench.datasets.depth_sources import WorseDepth, check_depth_source, parse_depth_source
from dkp_bench.datasets.other_depth import WorseMaps
from dkp_bench.depth.corruption import FAMILIES, corrupt, min_max, parse_corruption
from dkp_bench.errors import DkpError
from dkp_bench.runs.cells import CellTable, planned_specs


@pytest.fixture(autouse=True)
def with_squares(small_datasets: None) -> None:
    """The dataset ``squares``, which has exact depth."""


def test_a_name_says_where_maps_come_from_and_what_is_done_to_them(tmp_path: Path) -> None:
    dataset = open_dataset("squares", 32, cache=tmp_path, depth="exact+lowres-8+gaussian-0.180")
    assert isinstance(dataset, WorseDepth)
    assert dataset.depth_source == "exact+lowres-8+gaussian-0.18"
    plain = open_dataset("squares", 32, cache=tmp_path)
    assert dataset.content_hash() == plain.content_hash()
    some = np.array([5, 2])
    for split, seed in (("train", 0), ("regression", 1), ("test", 2)):
        worse, exact = dataset.images(split), plain.images(split)
        assert (len(worse), worse.size, worse.has_depth) == (len(exact), 32, True)
        np.testing.assert_array_equal(worse.rgb(some), exact.rgb(some))
        by_hand = corrupt(exact.depth(some), some, parse_corruption("lowres-8"), seed)
        by_hand = corrupt(by_hand, some, parse_corruption("gaussian-0.18"), seed)
        np.testing.assert_array_equal(worse.depth(some), by_hand)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_image_has_one_map_whatever_batch_it_is_read_in(family: str, tmp_path: Path) -> None:
    levels = FAMILIES[family].levels
    name = family if levels is None else f"{family}-{max(levels[0], min(levels[1], 2)):g}"
    images = open_dataset("squares", 16, cache=tmp_path, depth=f"exact+{name}").images("train")
    together = images.depth(np.arange(6))
    assert together.dtype == np.float32
    for number in range(6):
        np.testing.assert_array_equal(images.depth(np.array([number]))[0], together[number])


def test_shuffled_gives_each_image_the_map_of_another_one(tmp_path: Path) -> None:
    exact = open_dataset("squares", 16, cache=tmp_path).images("test")
    images = WorseMaps(exact, [parse_corruption("shuffled")], seed=0)
    every = np.arange(len(images))
    given, own = images.depth(every), min_max(exact.depth(every))
    assert sorted(each.tobytes() for each in given) == sorted(each.tobytes() for each in own)
    assert not any(np.array_equal(one, other) for one, other in zip(given, own, strict=True))


def test_val_is_made_worse_as_well(tmp_path: Path) -> None:
    dataset = open_dataset("squares", 16, cache=tmp_path, depth="exact+uniform", scored="val")
    dataset.prepare()
    assert dataset.scored == "val"
    assert dataset.depth_source == "exact+uniform"
    assert np.unique(dataset.images("test").depth(np.arange(3))).tolist() == [0.5]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("exact+gausian-0.1", "Did you mean 'gaussian'"),
        ("exact+gaussian", "gaussian"),
        ("exact+gaussian-7", "gaussian"),
        ("+gaussian-0.1", "names no maps to start from"),
        ("exat+gaussian-0.1", "unknown depth source of Mannequin 'exat'"),
        ("midas", "unknown depth source of Mannequin 'midas'"),
    ],
)
def test_a_wrong_name_is_refused_when_a_plan_is_read(name: str, told: str) -> None:
    with pytest.raises(DkpError) as error:
        check_depth_source(find_dataset("mannequin"), name)
    assert told in f"{error.value.problem} {error.value.hint}"
    table = {"profile": "tiny", "datasets": ["mannequin"], "methods": ["teacher_only"], "depth": name}
    with pytest.raises(DkpError, match=r"\[\[cells\]\] number 1"):
        planned_specs([CellTable.model_validate(table)])


def test_the_parts_of_a_name() -> None:
    assert parse_depth_source("dpt_levit_224") == ("dpt_levit_224", ())
    source, corruptions = parse_depth_source("exact+holes-0.3+invert")
    assert (source, [str(each) for each in corruptions]) == ("exact", ["holes-0.3", "invert"])
