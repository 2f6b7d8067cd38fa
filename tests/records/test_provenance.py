"""Provenance: the code hash follows the meaning of the code alone, and the checkout is described as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import dkp_bench
from dkp_bench.methods import Method, find_method
from dkp_bench.records.provenance import PACKAGES, code_hash, processor_name, provenance

SOURCE = '''
"""A method."""
from dkp_bench.baselines.mean_pose import MeanPose

class Own(MeanPose):
    """Own."""

    name = "own"
    summary = "own"

    def helper(self, x):
        # why
        return x + 1
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[type[Method], Path]:
    """A method in a file of its own, and that file."""
    file = tmp_path / "hashed_method.py"
    file.write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hashed_method", raising=False)
    return find_method("hashed_method:Own"), file


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"),
        ("        # why\n", ""),
        ('"""A method."""', '"""Another text."""'),
        ('    """Own."""\n\n', ""),
        ("x + 1", "(x  +\n            1)"),
        ("\nclass", "\n\n\n\nclass"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(old: str, new: str, own: tuple[type[Method], Path]) -> None:
    method, file = own
    before = code_hash([method])
    assert SOURCE.replace(old, new) != SOURCE
    file.write_text(SOURCE.replace(old, new), encoding="utf-8")
    assert code_hash([method]) == before


@pytest.mark.parametrize(("old", "new"), [("x + 1", "x + 2"), ("x + 1", "x - 1"), ('"own"\n    s', '"mine"\n    s')])
def test_code_counts(old: str, new: str, own: tuple[type[Method], Path]) -> None:
    method, file = own
    before = code_hash([method])
    assert SOURCE.replace(old, new) != SOURCE
    file.write_text(SOURCE.replace(old, new), encoding="utf-8")
    assert code_hash([method]) != before


def test_the_code_of_what_a_method_derives_from_counts(own: tuple[type[Method], Path]) -> None:
    _, file = own
    file.with_name("base_of_hashed.py").write_text(SOURCE, encoding="utf-8")
    derived = "from base_of_hashed import Own as Base\nclass Own(Base):\n    pass\n"
    file.with_name("derived_of_hashed.py").write_text(derived, encoding="utf-8")
    child = find_method("derived_of_hashed:Own")
    before = code_hash([child])
    file.with_name("base_of_hashed.py").write_text(SOURCE.replace("x + 1", "x + 2"), encoding="utf-8")
    assert code_hash([child]) != before


def test_the_training_code_counts(monkeypatch: pytest.MonkeyPatch, own: tuple[type[Method], Path]) -> None:
    method, _ = own
    before = code_hash([method])
    monkeypatch.setattr("dkp_bench.records.provenance.SHARED_CODE", ("depth/encoding.py", "ops/*.py"))
    assert code_hash([method]) != before


def test_it_is_the_same_in_every_process() -> None:
    code = (
        "from dkp_bench.methods import find_method; from dkp_bench.records.provenance import code_hash;"
        "print(code_hash([find_method('mean_pose')]))"
    )
    start = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, text=True, stdout=subprocess.PIPE
        )
        for seed in ("0", "1")
    ]
    answers = {process.communicate()[0].strip() for process in start}
    assert answers == {code_hash([find_method("mean_pose")])}


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


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_checkout_is_clean_until_something_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("a = 1\n", encoding="utf-8")
    monkeypatch.setattr(dkp_bench, "__file__", str(package / "__init__.py"))
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--no-gpg-sign", "-m", "first")
    assert made() == (git("rev-parse", "HEAD"), True)
    (package / "__init__.py").write_text("a = 2\n", encoding="utf-8")
    assert made() == (git("rev-parse", "HEAD"), False)


def test_it_says_on_what_it_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/dkp-bench", "train", "autolink"])
    monkeypatch.setattr("dkp_bench.records.provenance._git", lambda *_: None)
    told = provenance("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:01+00:00", torch.device("cpu"), "bf16", "c0dec0de")
    assert told.command == "dkp-bench train autolink"
    assert (told.accelerator, told.precision, told.code_hash) == ("none", "bf16", "c0dec0de")
    assert told.threads == torch.get_num_threads()
    assert set(told.packages) == set(PACKAGES)
    assert told.packages["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert told.processor == processor_name() != ""
