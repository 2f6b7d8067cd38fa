"""Published numbers, plans and stored baselines are found wherever a command is typed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

import dkp_bench
from dkp_bench import shipped
from dkp_bench.cli.opening import note_missing
from dkp_bench.errors import DkpError
from dkp_bench.shipped import checkout_around, find_plan, find_shipped, own_checkout

FILE = "published.toml"
own_checkout_as_it_is = own_checkout


def make_checkout(root: Path) -> Path:
    """A folder that is a checkout as far as one is known by its looks, with published numbers."""
    for name in ("pyproject.toml", "dkp_bench/__init__.py", f"results/{FILE}"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """All places that have the published numbers, in the order that they are looked into, by name."""
    around, own, package = (make_checkout(tmp_path / name) for name in ("around", "own", "package"))
    here = around / "docs"
    for folder in (here / "results", package / "dkp_bench" / "results"):
        folder.mkdir(parents=True)
        (folder / FILE).touch()
    monkeypatch.chdir(here)
    monkeypatch.setattr(shipped, "own_checkout", lambda: own)
    monkeypatch.setattr(dkp_bench, "__file__", str(package / "dkp_bench" / "__init__.py"))
    return {
        "here": Path("results", FILE),
        "around": around / "results" / FILE,
        "own": own / "results" / FILE,
        "package": package / "dkp_bench" / "results" / FILE,
    }


def test_each_place_is_looked_into_once_those_before_it_have_nothing(places: dict[str, Path]) -> None:
    for path in places.values():
        assert find_shipped(FILE) == path
        path.unlink()
    assert find_shipped(FILE) == places["here"], "the error that it is missing names a path as the user would"


def test_a_checkout_is_known_by_its_looks(repository: Path, tmp_path: Path) -> None:
    assert checkout_around(repository / "docs" / "images") == repository
    assert own_checkout_as_it_is() == repository
    (tmp_path / "pyproject.toml").touch()
    assert checkout_around(tmp_path) is None, "somebody else's project"


def test_a_plan_is_found_by_its_path_or_by_its_name(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "docs")
    assert find_plan(Path("toy")) == repository / "results" / "plans" / "toy.toml"
    monkeypatch.chdir(tmp_path)
    Path("toy").touch()
    for own in ("toy", "toy.toml", "plans/toy", "./nowhere.toml"):
        assert find_plan(Path(own)) == Path(own)


def test_a_plan_that_nobody_has_is_answered_with_those_that_come_along(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    with pytest.raises(DkpError, match=r"unknown plan 'tou'. Did you mean 'toy'\?") as caught:
        find_plan(Path("tou"))
    assert caught.value.hint.startswith("known: baselines, full-size, laptop, toy\n")


@pytest.mark.parametrize("command", [("report",), ("reproduce", "mannequin"), ("run", "toy")])
def test_a_named_file_of_published_numbers_is_taken_and_a_missing_one_is_called_missing(
    command: tuple[str, ...],
    repository: Path,
    tmp_path: Path,
    call: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shipped, "own_checkout", lambda: repository)
    monkeypatch.chdir(tmp_path)
    answer = call(*command, "--published", "mine.toml")
    assert answer.exit_code == 2
    assert "error: mine.toml: there is no such file\n  name another file with --published\n" in answer.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_away_from_a_checkout_commands_use_what_the_package_has(
    repository: Path, tmp_path: Path, small_datasets: None, call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = '[[cells]]\nprofile = "tiny"\ndatasets = ["squares"]\nmethods = ["mean_pose"]\n'
    (tmp_path / "plan.toml").write_text(plan, encoding="utf-8")
    command = "run", "plan.toml", "--dry-run", "--cache", tmp_path
    alone = call(*command)
    assert alone.exit_code == 2
    assert "results/published.toml: there is no such file\n  restore it: git checkout -- results/" in alone.stderr
    (tmp_path / "package" / "results").mkdir(parents=True)
    (tmp_path / "package" / "results" / FILE).write_bytes((repository / "results" / FILE).read_bytes())
    monkeypatch.setattr(dkp_bench, "__file__", str(tmp_path / "package" / "__init__.py"))
    answer = call(*command)
    assert answer.exit_code == 0, answer.output
    assert "1 cell: 1 waiting" in answer.stdout


def test_that_no_baselines_are_there_is_said(
    tmp_path: Path, call: Callable[..., Result], capsys: pytest.CaptureFixture[str]
) -> None:
    note_missing(tmp_path)
    assert capsys.readouterr() == ("", "")
    note_missing(tmp_path / "nowhere")
    assert capsys.readouterr().err.startswith("note: no stored baselines are shown beside your runs; ")
    answer = call("check-baselines", "--baselines", tmp_path / "nowhere")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: there are no stored baselines in ")
    assert "--baselines" in answer.stderr.splitlines()[1]
