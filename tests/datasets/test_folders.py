import errno
from pathlib import Path
from unittest import mock

import pytest

from dkp_bench.datasets.folders import cache_folder, cache_problem, data_folder, data_variable


def test_variable_of_a_name_with_a_dash() -> None:
    assert data_variable("h36m-nobg") == "DKP_BENCH_H36M_NOBG"


def test_the_given_folder_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DKP_BENCH_LSP", "/from/environment")
    assert data_folder("lsp", None) == Path("/from/environment")
    assert data_folder("lsp", Path("/given")) == Path("/given")


@pytest.mark.parametrize("value", [None, ""])
def test_no_folder(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("DKP_BENCH_LSP", raising=False)
    if value is not None:
        monkeypatch.setenv("DKP_BENCH_LSP", value)
    assert data_folder("lsp", None) is None


def test_cache_folder_prefers_its_own_variable_then_xdg_then_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/reader")
    monkeypatch.delenv("DKP_BENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/home/reader/.cache/dkp-bench")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/dkp-bench")
    monkeypatch.setenv("DKP_BENCH_CACHE", "~/own")
    assert cache_folder() == Path("/home/reader/own")


def test_a_cache_that_can_be_written_is_well_and_nothing_stays(tmp_path: Path) -> None:
    assert cache_problem(tmp_path / "not" / "yet") == ""
    assert cache_problem(tmp_path) == ""
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    link.symlink_to(tmp_path / "nowhere")
    for folder in (file, file / "beneath", link, Path("/proc/nowhere")):
        assert cache_problem(folder) == f"{folder} cannot be written: set DKP_BENCH_CACHE"
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with mock.patch("dkp_bench.datasets.folders.TemporaryDirectory", full):
        assert cache_problem(tmp_path).startswith(f"{tmp_path} cannot be written: the disk is full; free some space")
    monkeypatch.setattr("os.access", lambda *_: False)
    assert cache_problem(tmp_path) == f"{tmp_path} cannot be written: set DKP_BENCH_CACHE"
