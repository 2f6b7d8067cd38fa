"""What the doctor finds, in words."""

from pathlib import Path

import pytest
import torch

from dkp_bench.datasets import datasets
from dkp_bench.depth.store import open_for_writing
from dkp_bench.runs.machine import dataset_findings, machine_findings


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VGG16", "LSP", "H36M", "TAICHI", "DEEPFASHION"):
        monkeypatch.delenv(f"DKP_BENCH_{name}", raising=False)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))


def test_threads_are_counted_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for threads, words in ((1, ", 1 thread, "), (8, ", 8 threads, ")):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert words in dict(machine_findings())["processor"]


@pytest.mark.parametrize(
    ("there", "profiles"),
    [(False, "tiny, laptop; small and paper want a GPU"), (True, "tiny, laptop; small and paper")],
)
def test_the_gpu_decides_about_the_profiles(there: bool, profiles: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU{index}")
    found = dict(machine_findings())
    assert found["profiles"] == profiles
    assert found["GPU"] == ("GPU0, GPU1" if there else "none: trains on the CPU")


def test_the_weights_are_found_or_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.runs.machine.imagenet_weights_file", lambda: None)
    assert dict(machine_findings())["VGG16 (ImageNet)"].startswith("missing: put vgg16-397923af.pth into ")
    monkeypatch.undo()
    monkeypatch.setenv("DKP_BENCH_VGG16", str(tmp_path / "vgg16.pth"))
    assert "which is not a file" in dict(machine_findings())["VGG16 (ImageNet)"]
    (tmp_path / "vgg16.pth").touch()
    assert dict(machine_findings())["VGG16 (ImageNet)"] == str(tmp_path / "vgg16.pth")


def test_midas_weights_are_found_or_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DKP_BENCH_MIDAS", str(tmp_path))
    assert dict(machine_findings())["MiDaS 3.1"].startswith("no weights: 'dkp-bench data depth' says ")
    (tmp_path / "dpt_levit_224.pt").touch()
    assert dict(machine_findings())["MiDaS 3.1"] == str(tmp_path / "dpt_levit_224.pt")


def test_a_cache_that_cannot_be_written_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dict(machine_findings())["cache"] == str(tmp_path / "cache")
    monkeypatch.setattr("os.access", lambda *_: False)
    assert dict(machine_findings())["cache"] == f"{tmp_path / 'cache'} cannot be written: set DKP_BENCH_CACHE"


def test_a_missing_package_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.runs.machine.PACKAGES", ("numpy", "no-such-package"))
    assert dict(machine_findings())["packages"].endswith("no-such-package MISSING")


def test_each_dataset_is_ready_or_wants_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict(dataset_findings())
    assert list(found) == list(datasets())
    for name, kind in datasets().items():
        if not kind.needs_files:
            assert found[name] == "ready: makes its own images"
        else:
            assert found[name].startswith("give its folder by --data or DKP_BENCH_")
            assert f"'dkp-bench data check {name}'" in found[name]
    assert "DKP_BENCH_H36M;" in found["h36m-nobg"], "both settings read the same files"
    monkeypatch.setenv("DKP_BENCH_LSP", str(tmp_path))
    assert dict(dataset_findings())["lsp"] == f"{tmp_path}, no depth maps beside it"
    open_for_writing(tmp_path / "depth", "model-1a2b", {})
    assert dict(dataset_findings())["lsp"] == f"{tmp_path}, depth maps: model-1a2b"


def test_no_dataset_is_ready_without_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").touch()
    monkeypatch.setenv("DKP_BENCH_LSP", str(tmp_path))
    told = f"not ready: the cache {tmp_path / 'cache'} cannot be written: set DKP_BENCH_CACHE"
    assert dict(dataset_findings())["mannequin"] == told
    assert dict(dataset_findings())["lsp"] == f"{tmp_path}, no depth maps beside it; {told}"


def test_folders_that_lack_their_files_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "data folders" not in dict(machine_findings())
    monkeypatch.setenv("DKP_BENCH_LSP", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DKP_BENCH_TAICHI", str(tmp_path))
    found = dict(machine_findings())["data folders"]
    assert f"DKP_BENCH_LSP names {tmp_path / 'nowhere'}, and there is no such folder" in found
    assert f"DKP_BENCH_TAICHI: {tmp_path} lacks train, eval_images" in found
