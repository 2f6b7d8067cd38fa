"""Depth estimated by a network trained here: better with more steps, made once, made again when its code changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from dkp_bench.datasets import check_depth, estimated_depth, open_dataset
from dkp_bench.datasets.depth_sources import UnetSource, parse_unet, quality_finding, without_digits
from dkp_bench.datasets.estimated_depth import EstimatedDepth
from dkp_bench.depth import unet
from dkp_bench.depth.quality import depth_quality
from dkp_bench.errors import DkpError
from dkp_bench.runs.spec import RunSpec


@pytest.fixture(autouse=True)
def with_squares(small_datasets: None) -> None:
    """The dataset ``squares``, which has exact depth."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The steps of each training that takes place."""
    found, train = [], unet.train_unet

    def noted(*args: object, **options: object) -> unet.DepthUnet:
        found.append(args[1])
        return train(*args, **options)

    monkeypatch.setattr(unet, "train_unet", noted)
    return found


def test_maps_are_better_the_longer_the_network_learned(cache: Path) -> None:
    plain, every = open_dataset("squares", 16, cache=cache), np.arange(12)
    truth = plain.images("test").depth(every)
    errors = []
    for steps in (1, 30):
        dataset = open_dataset("squares", 16, cache=cache, depth=f"unet-{steps}")
        dataset.prepare()
        assert isinstance(dataset, EstimatedDepth)
        assert without_digits(dataset.depth_source) == f"unet-{steps}" != dataset.depth_source
        assert dataset.content_hash() == plain.content_hash(), "runs on it stay comparable"
        images = dataset.images("test")
        np.testing.assert_array_equal(images.rgb(every), plain.images("test").rgb(every))
        maps = images.depth(every)
        assert (maps.shape, maps.dtype, maps.min(), maps.max()) == ((12, 16, 16), np.float32, 0, 1)
        np.testing.assert_array_equal(images.depth(every[5:6])[0], maps[5])
        errors.append(depth_quality(maps, truth).abs_rel)
    assert errors[1] < 0.8 * errors[0]


def test_they_are_made_once(cache: Path, trained: list[int]) -> None:
    made = []
    for _ in range(2):
        dataset = open_dataset("squares", 16, cache=cache, depth="unet-2+gaussian-0.1", scored="val")
        dataset.prepare()
        made.append(dataset.images("test").depth(np.arange(3)))
    assert without_digits(dataset.depth_source) == "unet-2+gaussian-0.1"
    assert trained == [2]
    np.testing.assert_array_equal(*made)


def test_a_seed_fixes_them(cache: Path, tmp_path: Path) -> None:
    """Whatever the caller draws, and the caller's random numbers stay where they are."""
    maps, reports = [], dict[str, int]()
    for seed, folder in enumerate((cache, tmp_path)):
        torch.manual_seed(seed)
        state = torch.random.get_rng_state()
        dataset = open_dataset("squares", 16, cache=folder, depth="unet-3")
        dataset.prepare(lambda what, done, total, note="": reports.update({what: total}))
        assert torch.equal(torch.random.get_rng_state(), state)
        maps.append(dataset.images("train").depth(np.arange(24)))
    np.testing.assert_array_equal(*maps)
    of_splits = {"train": 24, "fit": 40, "test": 12}
    assert reports == {
        "training unet-3 on squares 16 px": 3,
        **{f"depth unet-3 of squares 16 px, {split}": count for split, count in of_splits.items()},
    }


def test_other_code_makes_them_again(
    cache: Path, tmp_path: Path, trained: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    source = Path(unet.__file__).read_text(encoding="utf-8")
    for name, text in (("same", source), ("comment", f"{source}# a comment\n"), ("code", f"{source}NEW = 1\n")):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(estimated_depth, "NETWORK", tmp_path / f"{name}.py")
        dataset = open_dataset("squares", 16, cache=cache, depth="unet-4")
        dataset.prepare()
        names.append(dataset.depth_source)
    assert trained == [4, 4]
    assert names[0] == names[1] != names[2]
    assert without_digits(names[2]) == "unet-4"
    open_dataset("squares", 16, cache=cache, depth=names[2]).prepare()
    with pytest.raises(DkpError, match="made by other code or from other images") as error:
        open_dataset("squares", 16, cache=cache, depth=names[0]).prepare()
    assert names[2] in error.value.hint


def test_a_network_can_have_learned_on_another_dataset(cache: Path, trained: list[int]) -> None:
    flat, squares = (open_dataset(name, 16, cache=cache) for name in ("flat-squares", "squares"))
    dataset = EstimatedDepth(flat, 5, learned_on=squares)
    dataset.prepare()
    assert dataset.images("test").depth(np.arange(2)).shape == (2, 16, 16)
    assert without_digits(dataset.depth_source) == "unet-5@squares" != dataset.depth_source
    open_dataset("squares", 16, cache=cache, depth="unet-5").prepare()
    assert trained == [5]
    assert open_dataset("squares", 16, cache=cache, depth="unet-5@squares").depth_source == "unet-5"


def test_how_good_they_are_is_among_the_findings(cache: Path) -> None:
    found = {}
    for depth in ("unet-30", "exact+invert", "exact+uniform"):
        dataset = open_dataset("squares", 16, cache=cache, depth=depth)
        found[depth] = dataset.check()[-1]
    assert without_digits(found["unet-30"].what.split()[3]) == "unet-30"
    assert found["unet-30"].what.endswith("against exact")
    assert found["exact+invert"].found == "AbsRel 0.000, δ1 100.0% after scale and shift"
    assert float(found["exact+uniform"].found.split()[1][:-1]) > float(found["unet-30"].found.split()[1][:-1])
    assert quality_finding(dataset, dataset).what == "test: depth maps exact+uniform against exact+uniform"


@pytest.mark.parametrize(
    ("dataset", "depth", "told"),
    [
        ("mannequin", "unet", "unknown depth source 'unet'"),
        ("mannequin", "unet-0", "unknown depth source 'unet-0'"),
        ("mannequin", "unet-100001", "with 1 to 100,000 steps"),
        ("mannequin", "unet-50@maniquin", "Did you mean 'mannequin'"),
        ("mannequin", "unet-50@lsp", "lsp has no exact depth"),
        ("lsp", "unet-50", "lsp has no exact depth"),
    ],
)
def test_a_wrong_name_is_refused(dataset: str, depth: str, told: str) -> None:
    with pytest.raises(DkpError) as error:
        check_depth(dataset, depth)
    assert told in f"{error.value.problem} {error.value.hint}"


def test_the_parts_of_a_name() -> None:
    assert parse_unet("exact") is None
    assert parse_unet("unet-3200") == UnetSource(3200)
    assert parse_unet("unet-8@mannequin-plain-1a2b3c4d") == UnetSource(8, "mannequin-plain", "1a2b3c4d")


def test_the_identity_of_a_run_names_the_maps(cache: Path) -> None:
    spec = RunSpec("squares", "teacher_only", size=16, depth="unet-2")
    dataset = spec.open_dataset(cache)
    dataset.prepare()
    assert spec.bind(dataset, cache).identity.depth == dataset.depth_source
