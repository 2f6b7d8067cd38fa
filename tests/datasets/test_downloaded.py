"""What every dataset with downloaded files says about getting them, and how it finds its depth store."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets import datasets, find_dataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.depth.store import open_for_writing
from dkp_bench.errors import DkpError

TOLD = {
    "h36m": ("vision.imar.ro/human3.6m", "human_images.tar.gz", "BackgroudMask", "DKP_BENCH_H36M="),
    "h36m-nobg": ("vision.imar.ro/human3.6m", "human_images.tar.gz", "BackgroudMask", "DKP_BENCH_H36M="),
    "taichi": ("CC BY-NC", "motion-cosegmentation", "taichi_{train,test}_gt.pkl", "DKP_BENCH_TAICHI="),
    "deepfashion": ("agreement", "mmlab.ie.cuhk.edu.hk", "unsupervised-disentangling", "DKP_BENCH_DEEPFASHION="),
    "lsp": ("sam.johnson.io", "lspet_dataset.zip", "joints.mat", "DKP_BENCH_LSP="),
}


@pytest.fixture(autouse=True)
def _no_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("H36M", "TAICHI", "DEEPFASHION", "LSP", "DEPTH"):
        monkeypatch.delenv(f"DKP_BENCH_{name}", raising=False)


@pytest.fixture
def lsp(tmp_path: Path, publish: Callable[[str, Path], Path]) -> Callable[..., DownloadedDataset]:
    """Opens a miniature of LSP."""
    data = publish("lsp", tmp_path / "data")

    def opened(**options: str) -> DownloadedDataset:
        dataset = find_dataset("lsp")(64, cache=tmp_path / "cache", data=data, **options)
        assert isinstance(dataset, DownloadedDataset)
        return dataset

    return opened


def make_store(dataset: DownloadedDataset, name: str, value: float) -> None:
    store = open_for_writing(dataset.depth_root, name, {"model": name})
    flat = np.full((150, 140), value, dtype=np.float32)
    store.add(dict.fromkeys(dataset.photographs(), flat))


def test_all_of_them_are_looked_at() -> None:
    assert sorted(TOLD) == sorted(name for name, kind in datasets().items() if issubclass(kind, DownloadedDataset))


@pytest.mark.parametrize("name", TOLD)
def test_it_says_what_to_get_from_whom_and_where_to_put_it(name: str, tmp_path: Path) -> None:
    dataset = find_dataset(name)(64, cache=tmp_path / "cache")
    for use in (
        dataset.prepare,
        lambda: dataset.images("train"),
        lambda: dataset.labels("test"),
        dataset.content_hash,
        dataset.check,
        dataset.photographs,
    ):
        with pytest.raises(DkpError) as error:
            use()
        assert error.value.problem == f"{name}: no folder with its files was named."
        for told in (*TOLD[name], "--data PATH", f"dkp-bench data check {name} --data PATH"):
            assert told in error.value.hint
    assert not (tmp_path / "cache").exists(), "nothing is done before the refusal"


@pytest.mark.parametrize("name", TOLD)
def test_a_folder_that_is_not_there_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = find_dataset(name)
    assert issubclass(kind, DownloadedDataset)
    monkeypatch.setenv(f"DKP_BENCH_{kind.files.upper()}", str(tmp_path / "nowhere"))
    with pytest.raises(DkpError, match=f"there is no folder {tmp_path / 'nowhere'}"):
        kind(64, cache=tmp_path / "cache").prepare()


@pytest.mark.parametrize("name", TOLD)
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(DkpError, match=f"{name}: {tmp_path / 'data'} lacks "):
        find_dataset(name)(64, cache=tmp_path / "cache", data=tmp_path / "data").prepare()


def test_without_a_store_it_says_how_to_make_one(lsp: Callable[..., DownloadedDataset]) -> None:
    dataset = lsp()
    lack = dataset.why_no_depth()
    assert lack is not None
    assert lack.problem.startswith("lsp has no depth maps")
    assert f"dkp-bench data depth lsp --data {dataset.data}" in lack.hint
    assert dataset.depth_source == "none"
    assert not dataset.images("train").has_depth


def test_the_only_store_is_used(lsp: Callable[..., DownloadedDataset]) -> None:
    make_store(lsp(), "one", 3.0)
    dataset = lsp()
    assert dataset.why_no_depth() is None
    assert dataset.depth_source == "one"
    assert dataset.images("test").depth(np.arange(2)).max() == pytest.approx(3)


def test_of_several_stores_one_must_be_chosen(lsp: Callable[..., DownloadedDataset]) -> None:
    make_store(lsp(), "one", 3.0)
    make_store(lsp(), "two", 5.0)
    with pytest.raises(DkpError) as error:
        lsp().why_no_depth()
    assert error.value.hint == "choose with --depth: one, two"
    chosen = lsp(depth="two")
    assert chosen.depth_source == "two"
    assert chosen.images("regression").depth(np.arange(1)).max() == pytest.approx(5)
    with pytest.raises(DkpError, match="no depth store 'tow'"):
        lsp(depth="tow").why_no_depth()


def test_a_store_with_gaps_is_not_enough(lsp: Callable[..., DownloadedDataset]) -> None:
    dataset = lsp()
    first, *_ = dataset.photographs()
    open_for_writing(dataset.depth_root, "begun", {}).add({first: np.ones((150, 140))})
    lack = lsp().why_no_depth()
    assert lack is not None
    assert f"lacks {len(dataset.photographs()) - 1} maps" in lack.problem
    assert "dkp-bench data depth lsp" in lack.hint


def test_stores_may_lie_elsewhere(
    lsp: Callable[..., DownloadedDataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DKP_BENCH_DEPTH", str(tmp_path / "elsewhere"))
    make_store(lsp(), "one", 1.0)
    assert (tmp_path / "elsewhere" / "lsp" / "one" / "store.json").is_file()
    assert lsp().why_no_depth() is None


def test_a_map_that_was_altered_is_refused(lsp: Callable[..., DownloadedDataset]) -> None:
    dataset = lsp()
    make_store(dataset, "one", 1.0)
    first, *_ = dataset.photographs()
    path = dataset.depth_root / "one" / f"{first}.png"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DkpError, match=f"{path} is not the map that was written"):
        lsp().images("train").depth(np.arange(1))
