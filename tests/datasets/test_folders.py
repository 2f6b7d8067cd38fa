from pathlib import Path

import pytest

from dkp_bench.datasets.folders import cache_folder, data_folder, data_variable


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
