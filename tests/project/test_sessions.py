"""The README, the noxfile and CI name the same commands."""

import re
import runpy
from pathlib import Path

import nox.registry
import pytest

from dkp_bench.datasets import datasets

INSTALL = 'python -m pip install "nox[uv]"'


@pytest.fixture(scope="module")
def sessions(repository: Path) -> dict[str, str]:
    """The help of each session by its name, as nox reads the noxfile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        nox.registry.reset()
        runpy.run_path("noxfile.py")
    return {name: session.func.__doc__ or "" for name, session in nox.registry.get().items()}


def test_each_session_has_its_help(sessions: dict[str, str]) -> None:
    assert sessions.keys() >= {"tests", "lint", "types", "bench", "report"}
    assert [name for name, summary in sessions.items() if not summary] == []


def test_the_sessions_that_reproduce_name_datasets(sessions: dict[str, str]) -> None:
    reproduced = {name.removeprefix("reproduce-") for name in sessions if name.startswith("reproduce-")}
    assert "mannequin" in reproduced
    assert reproduced <= set(datasets())


@pytest.mark.parametrize("session", ["reproduce-mannequin", "tests"])
def test_the_readme_gives_the_commands(repository: Path, session: str) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert f"{INSTALL} && nox -s {session}" in readme


def test_ci_ends_with_the_test_command_of_the_readme(repository: Path) -> None:
    script = (repository / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-1] == f"{INSTALL} && nox -s tests"


def test_documents_name_only_sessions_that_exist(repository: Path, sessions: dict[str, str]) -> None:
    documents = [repository / "README.md", repository / "CONTRIBUTING.md", *(repository / "docs").rglob("*.md")]
    named = {
        session
        for document in documents
        for command in re.findall(r"nox -s ((?:[a-z][\w-]*[ \t]*)+)", document.read_text(encoding="utf-8"))
        for session in command.split()
    }
    assert named <= sessions.keys()
