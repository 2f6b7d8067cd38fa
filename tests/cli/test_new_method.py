"""``new-method``: what it writes works as it is, and what it must not write it refuses."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("my_idea", None)


def next_commands(answer: Result) -> list[list[str]]:
    """The commands that were printed, without the program's name."""
    lines = answer.stdout.partition("\nnext:\n")[2].splitlines()
    return [line.split()[1:] for line in lines if line.startswith("dkp-bench ")]


def test_untouched_it_keeps_the_rules_and_trains(call: Call, workplace: Path) -> None:
    written = call("new-method", "my_idea")
    assert written.exit_code == 0
    assert {path.name for path in workplace.iterdir()} == {"my_idea.py", "my_idea.toml"}
    check, train = next_commands(written)
    checked = call(*check)
    assert checked.exit_code == 0, checked.output
    assert "none is broken" in checked.stdout
    answer = call(*["squares" if word == "mannequin-plain" else word for word in train], "--set", "keypoints=3")
    assert answer.exit_code == 0, answer.output
    (run,) = load_runs(workplace / "results" / "runs")
    assert run.record.identity.method == "my_idea:MyIdea"
    assert run.record.settings["keypoints"] == 3
    assert run.record.curves["loss"][-1] < run.record.curves["loss"][0]


def test_it_learns_where_the_square_is(call: Call, workplace: Path) -> None:
    call("new-method", "my_idea")
    found = call("train", "my_idea:MyIdea", "squares", "--set", "keypoints=4")
    known_nothing = call("train", "mean_pose", "squares")
    assert found.exit_code == known_nothing.exit_code == 0
    mine, other = sorted(load_runs(workplace / "results" / "runs"), key=lambda run: run.record.identity.method)[::-1]
    assert mine.headline.value < 0.5 * other.headline.value


def test_nothing_is_left_of_the_templates_name(call: Call, workplace: Path) -> None:
    call("new-method", "my_idea")
    text = "".join(path.read_text(encoding="utf-8") for path in workplace.iterdir())
    assert "colour_clusters" not in text
    assert "ColourClusters" not in text
    assert "class MyIdea(Method)" in text


def test_it_goes_where_it_is_told(call: Call, workplace: Path) -> None:
    answer = call("new-method", "my_idea", "--out", "my ideas")
    assert {path.name for path in (workplace / "my ideas").iterdir()} == {"my_idea.py", "my_idea.toml"}
    assert "\nnext:\ncd 'my ideas'\n" in answer.stdout


def test_in_the_root_of_a_checkout_it_goes_where_git_looks_away(
    call: Call, workplace: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "/mine/" in (repository / ".gitignore").read_text(encoding="utf-8").splitlines()
    for name in ("pyproject.toml", "dkp_bench/__init__.py"):
        (workplace / name).parent.mkdir(exist_ok=True)
        (workplace / name).touch()
    answer = call("new-method", "my_idea")
    assert {path.name for path in (workplace / "mine").iterdir()} == {"my_idea.py", "my_idea.toml"}
    assert "\nnext:\ncd mine\ndkp-bench check-method my_idea:MyIdea\n" in answer.stdout
    monkeypatch.chdir(workplace / "mine")
    call("new-method", "other_idea")
    call("new-method", "third_idea", "--out", "..")
    assert (workplace / "mine" / "other_idea.py").exists()
    assert (workplace / "third_idea.py").exists()


@pytest.mark.parametrize("existing", ["my_idea.py", "my_idea.toml"])
def test_it_overwrites_nothing(existing: str, call: Call, workplace: Path) -> None:
    (workplace / existing).write_text("precious", encoding="utf-8")
    answer = call("new-method", "my_idea")
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {existing} exists already\n")
    assert [path.name for path in workplace.iterdir()] == [existing]
    assert (workplace / existing).read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("MyIdea", "cannot be the name of a method"),
        ("my-idea", "cannot be the name of a method"),
        ("2nd", "cannot be the name of a method"),
        ("lambda", "cannot be the name of a method"),
        ("../up", "cannot be the name of a method"),
        ("autolink", "is a built-in method, in dkp_bench.baselines.autolink"),
        ("method", "would name a class Method, and the file has one"),
        ("fit_result", "would name a class FitResult, and the file has one"),
        ("random", "there is a module 'random' already"),
        ("torch", "there is a module 'torch' already"),
    ],
)
def test_a_name_that_would_mean_something_else_is_refused(name: str, problem: str, call: Call, workplace: Path) -> None:
    answer = call("new-method", name)
    assert answer.exit_code == 2
    assert problem in answer.stderr
    assert list(workplace.iterdir()) == []


def test_a_file_here_takes_no_place_of_an_installed_module(call: Call, workplace: Path) -> None:
    source = """
        raise SystemExit("the wrong file was imported")
    """
    (workplace / "baselines.py").write_text(textwrap.dedent(source), encoding="utf-8")
    assert call("check-method", "dkp_bench.baselines.mean_pose:MeanPose").exit_code == 0
