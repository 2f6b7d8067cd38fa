"""Provenance: the checkout is described as it is, and so is the machine."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

import dkp_bench
from dkp_bench.runs.provenance import PACKAGES, processor_name, provenance


def made() -> tuple[str, bool | None]:
    made = provenance("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00", torch.device("cpu"), "bf16", "c0dec0de")
    return made.git_commit, made.git_clean


def test_outside_a_checkout_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert made() == ("unknown", None)


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert made() == ("unknown", None)


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Calls git in a checkout of a package ``dkp_bench`` with a link to ``methods``, which is what runs."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def call(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    for name in ("dkp_bench/__init__.py", "methods/mean.py", "own.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a = 1\n", encoding="utf-8")
    (tmp_path / "dkp_bench" / "methods").symlink_to("../methods")
    (tmp_path / ".gitignore").write_text("mine/\n__pycache__/\n", encoding="utf-8")
    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "dkp_bench" / "__init__.py"))
    call("init", "--quiet")
    call("add", ".")
    call("commit", "--quiet", "--no-gpg-sign", "-m", "first")
    return call


@pytest.mark.parametrize("file", ["dkp_bench/__init__.py", "methods/mean.py", "dkp_bench/new.py", "methods/new.toml"])
def test_a_checkout_is_clean_until_code_changes(file: str, git: Callable[..., str], tmp_path: Path) -> None:
    assert made() == (git("rev-parse", "HEAD"), True)
    (tmp_path / file).write_text("a = 2\n", encoding="utf-8")
    assert made() == (git("rev-parse", "HEAD"), False)


def test_what_is_no_code_of_the_run_may_differ(git: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("README.md", "own.py", "notes.txt", "other_idea.py", "mine/idea.py"):
        (tmp_path / name).write_text("a = 3\n", encoding="utf-8")
    assert made() == (git("rev-parse", "HEAD"), True)


@pytest.mark.parametrize(
    ("file", "clean"), [("own.py", True), ("other_idea.py", False), ("mine/idea.py", False), ("mine/[a]*.py", False)]
)
def test_what_is_imported_from_the_checkout_is_code(
    file: str, clean: bool, git: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    if not clean:
        path.write_text("a = 4\n", encoding="utf-8")
    module = ModuleType("own_code_of_a_user")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert made() == (git("rev-parse", "HEAD"), clean)


def test_what_is_installed_in_the_checkout_or_lies_elsewhere_is_no_code_of_it(
    git: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("own_code_of_a_user")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    for folder in (tmp_path / "environment" / "site-packages", tmp_path.parent / f"beside-{tmp_path.name}"):
        folder.mkdir(parents=True)
        (folder / "idea.py").touch()
        module.__file__ = str(folder / "idea.py")
        assert made() == (git("rev-parse", "HEAD"), True)


def test_it_says_on_what_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/dkp-bench", "train", "autolink", "--runs", "my runs"])
    monkeypatch.setattr("dkp_bench.runs.provenance._git", lambda *_: None)
    told = provenance("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00", torch.device("cpu"), "bf16", "c0dec0de")
    assert told.command == "dkp-bench train autolink --runs 'my runs'"
    assert (told.accelerator, told.precision, told.code_hash) == ("none", "bf16", "c0dec0de")
    assert told.threads == torch.get_num_threads()
    assert set(told.packages) == set(PACKAGES)
    assert told.packages["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert told.processor == processor_name() != ""
