"""``freeze``: what it prints, and how it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import build_once, git, make_checkout
from typer.testing import Result

import dkp_bench
from dkp_bench.bundle import freeze
from dkp_bench.files import sha256

Call = Callable[..., Result]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(freeze, "build_report", build_once())
    folder = make_checkout(tmp_path / "repository")
    monkeypatch.setattr(dkp_bench, "__file__", str(folder / "dkp_bench" / "__init__.py"))
    monkeypatch.chdir(folder)
    return folder


def test_it_says_what_it_made_and_what_comes_next(call: Call, checkout: Path) -> None:
    answer = call("freeze", "v1.0")
    path = Path("results/bundles/dkp-bench-results-1.0")
    assert answer.exit_code == 0, answer.output
    first, made, commit, manifest, *following = answer.stdout.splitlines()
    assert first == str(path)
    assert made.startswith("  made: ")
    assert commit == f"  from commit {git(checkout, 'rev-parse', 'HEAD').strip()}"
    assert manifest == f"  SHA-256 of its manifest: {sha256(path / 'manifest-sha256.txt')}"
    assert following == [f"next: dkp-bench verify {path}", f"      dkp-bench cite {path}"]
    assert "  was there already, with the same content: " in call("freeze", "1.0").stdout


def test_an_unclean_checkout_is_an_error(call: Call, checkout: Path) -> None:
    (checkout / "new.txt").touch()
    answer = call("freeze", "v1.0")
    assert answer.exit_code == 2
    assert answer.stderr.splitlines()[:2] == [
        "error: the checkout is not clean: 1 of its files are not as in the commit",
        "  new.txt",
    ]
    assert not Path("results/bundles").exists()


def test_outside_a_checkout_is_an_error(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "__init__.py"))
    answer = call("freeze", "v1.0", "--out", tmp_path)
    assert answer.exit_code == 2
    assert "is not in a git checkout" in answer.stderr
