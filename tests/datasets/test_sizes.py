"""Image sizes: each dataset at each of its sizes, and Mannequin's smaller ones against those that it renders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.datasets import find_dataset, open_dataset
from dkp_bench.datasets.base import Dataset
from dkp_bench.datasets.mannequin import Mannequin
from dkp_bench.datasets.splits import LABELLED, SPLITS
from dkp_bench.datasets.usable import require_usable
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, built_in_methods
from dkp_bench.runs.execute import complete
from dkp_bench.runs.spec import RunSpec

COUNTS = {"train": 16, "regression": 24, "test": 9}
SIZES = (16, 32, 64, 128, 256)
SMALL = {"steps": 2, "batch_size": 4, "detector_width": 2, "decoder_width": 2, "perceptual": "pyramid-random"}


@pytest.fixture(scope="module")
def mannequin(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Mannequin]:
    """The same few images at any size, each rendered once."""
    cache = tmp_path_factory.mktemp("mannequin")

    def opened(size: int) -> Mannequin:
        dataset = Mannequin(size, cache=cache, counts=COUNTS)
        dataset.prepare()
        return dataset

    return opened


def check(dataset: Dataset, size: int) -> None:
    require_usable(dataset)
    for split in SPLITS:
        images = dataset.images(split)
        assert images.size == size
        assert images.rgb(np.arange(2)).shape == (2, size, size, 3)
        assert images.rgb(np.arange(2)).dtype == np.uint8
        if images.has_depth:
            assert images.depth(np.arange(2)).shape == (2, size, size)
            assert images.depth(np.arange(2)).dtype == np.float32
    masks = [dataset.labels(split).mask for split in LABELLED]
    assert all(mask is None or mask.shape[1:] == (size, size) for mask in masks)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["h36m", "h36m-nobg", "taichi", "deepfashion", "lsp"])
def test_photographs_are_resized_to_any_size(
    name: str, size: int, tmp_path: Path, publish: Callable[[str, Path], Path]
) -> None:
    data = publish(name.removesuffix("-nobg"), tmp_path / "data")
    dataset = open_dataset(name, size, cache=tmp_path / "cache", data=data)
    dataset.prepare()
    check(dataset, size)


@pytest.mark.parametrize("size", SIZES)
def test_mannequin_has_every_size(size: int, mannequin: Callable[[int], Mannequin]) -> None:
    check(mannequin(size), size)


@pytest.mark.parametrize("size", [16, 32])
def test_small_images_are_area_means_of_the_rendered_ones(size: int, mannequin: Callable[[int], Mannequin]) -> None:
    small, rendered, block = mannequin(size), mannequin(64), 64 // size
    indices = np.array([7, 0])
    for of in ("rgb", "depth"):
        means = getattr(small.images("test"), of)(indices)
        large = getattr(rendered.images("test"), of)(indices).astype(float)
        for row, column in ((0, 0), (size // 2, size // 3), (size - 1, 1)):
            block_of = large[:, row * block : (row + 1) * block, column * block : (column + 1) * block]
            np.testing.assert_allclose(means[:, row, column], block_of.mean(axis=(1, 2)), atol=0.5 + 1e-6)
            if of == "depth":
                np.testing.assert_allclose(means[:, row, column], block_of.mean(axis=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize("size", [16, 32])
def test_labels_of_small_images_lie_where_the_rendered_ones_have_them(
    size: int, mannequin: Callable[[int], Mannequin]
) -> None:
    labels, rendered, block = mannequin(size).labels("test"), mannequin(64).labels("test"), 64 // size
    pixels, large = ((one.joints + 1) / 2 * (side - 1) + 0.5 for one, side in ((labels, size), (rendered, 64)))
    np.testing.assert_allclose(pixels * block, large, atol=1e-4)
    assert labels.mask is not None
    assert rendered.mask is not None
    covered = rendered.mask.reshape(-1, size, block, size, block).mean(axis=(2, 4))
    np.testing.assert_array_equal(labels.mask, covered >= 0.5)


def test_small_images_need_no_cache_of_their_own(mannequin: Callable[[int], Mannequin]) -> None:
    folders = {size: mannequin(size).folder for size in (16, 32, 64)}
    assert len(set(folders.values())) == 1
    assert len({mannequin(size).content_hash() for size in (16, 32, 64)}) == 3


@pytest.mark.parametrize(("size", "content"), [(64, "1f3d7251302965b1"), (128, "e32d25ffedb1916c")])
def test_what_was_rendered_before_is_still_used(size: int, content: str, mannequin: Callable[[int], Mannequin]) -> None:
    dataset = mannequin(size)
    assert dataset.folder.name == f"{size}px-16-24-9-c88b831a19", "caches of dkp-bench 0.1.0 would be rendered again"
    assert dataset.content_hash() == content


def test_the_error_names_the_sizes_that_there_are(tmp_path: Path) -> None:
    for name in ("mannequin", "h36m"):
        with pytest.raises(DkpError, match=f"^{name} has images of 16, 32, 64, 128 or 256 px, not 48 px$"):
            find_dataset(name)(48, cache=tmp_path)


@pytest.mark.parametrize("method", sorted(built_in_methods()))
@pytest.mark.parametrize("size", [16, 32])
def test_every_method_learns_from_small_images(
    size: int, method: str, mannequin: Callable[[int], Mannequin], tmp_path: Path
) -> None:
    settings = {} if method == "mean_pose" else SMALL
    spec = RunSpec("mannequin", method, overrides=tuple(settings.items()), size=size)
    run = complete(spec.bind(mannequin(size), tmp_path, "cpu"))
    assert run.record.identity.image_size == size
    assert np.isfinite([score.value for score in run.record.scores]).all()


def test_one_small_image_a_batch_is_refused_with_the_setting(
    mannequin: Callable[[int], Mannequin], tmp_path: Path
) -> None:
    method = AutoLink(AutoLinkSettings(**{**SMALL, "batch_size": 1}), 16)
    with pytest.raises(DkpError, match="batches of one image of 16 px") as caught:
        method.fit(mannequin(16).images("train"), FitContext(0, "cpu", tmp_path))
    assert "batch_size=2" in caught.value.hint
