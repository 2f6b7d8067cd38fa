"""``check-baselines`` and ``store``: a number that has moved is found, and only finished, committed work is kept."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from dkp_bench.files import write_json
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]
SMALL_DATASETS = str(Path(__file__).parents[1] / "fixtures" / "small_datasets")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> None:
    monkeypatch.chdir(tmp_path)


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    write_json(path, content)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, call: Call) -> Path:
    """Two stored seeds of a method whose numbers depend on the seed; not to be changed."""
    import dkp_bench.datasets

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkp_bench.datasets, "__path__", [*dkp_bench.datasets.__path__, SMALL_DATASETS])
        patch.chdir(folder)
        assert call("train", "untrained", "squares", "--seeds", "0,1").exit_code == 0
        for run in load_runs(Path("results/runs")):
            change(run.path / "record.json", lambda content: content["provenance"].update(git_clean=True))
        answer = call("store")
    assert answer.exit_code == 0, answer.output
    assert [line.split("/")[:5] for line in answer.stdout.splitlines()] == [
        ["results", "baselines", "squares", "tiny", "untrained"]
    ] * 2
    return folder / "results" / "baselines"


@pytest.fixture
def stored(made: Path) -> Path:
    """A copy of the stored seeds, in the current folder."""
    return Path(shutil.copytree(made, "results/baselines"))


def check(call: Call, *more: str) -> Result:
    return call("check-baselines", "squares", "--methods", "untrained", *more)


def test_unchanged_code_gives_the_stored_number_twice(call: Call, stored: Path) -> None:
    for _ in range(2):
        answer = check(call)
        assert answer.exit_code == 0, answer.output
        verdict, numbers, expected = answer.stdout.splitlines()
        assert verdict == "untrained, seed 0: the stored number to the last digit"
        assert numbers.split()[0] == numbers.split()[-1]
        assert expected.endswith("of 95 % of further seeds, from 2 stored ones")


def test_a_number_that_has_moved_fails(call: Call, stored: Path) -> None:
    for path in stored.rglob("record.json"):
        change(path, lambda content: content["scores"][0].update(value=1 + content["identity"]["seed"] / 1000))
    answer = check(call)
    assert answer.exit_code == 1
    assert "stored 1.0000" in answer.stdout
    assert "untrained, seed 0: HAS MOVED\n" in answer.stdout


def test_a_number_that_another_seed_might_give_holds(call: Call, stored: Path) -> None:
    for path in stored.rglob("record.json"):
        change(path, lambda content: content["scores"][0].update(value=100.0 * content["identity"]["seed"]))
        change(path, lambda content: content["provenance"].update(processor="Abacus"))
    answer = check(call)
    assert answer.exit_code == 0
    assert "untrained, seed 0: holds\n" in answer.stdout
    said = " ".join(answer.stdout.split())
    assert "stored ones are from Abacus, made on " in said
    assert said.endswith(": each trains to digits of its own; whether it holds, the interval decides")


def test_what_is_not_stored_is_named(call: Call, stored: Path) -> None:
    answer = check(call, "--seed", "7")
    assert answer.exit_code == 2
    assert "seed 7 and another one are needed" in answer.stderr
    assert not Path("results/check").exists(), "nothing is trained for it"
    assert call("check-baselines", "squares", "--baselines", "nowhere").exit_code == 2


@pytest.mark.parametrize("folder", ["results/baselines", "results/../results/baselines/new"])
def test_the_stored_runs_are_never_replaced(call: Call, stored: Path, folder: str) -> None:
    before = sorted(stored.rglob("*"))
    answer = check(call, "--runs", folder)
    assert answer.exit_code == 2
    assert "name another folder with --runs" in answer.stderr
    assert sorted(stored.rglob("*")) == before


def test_uncommitted_work_and_no_work_are_not_stored(call: Call) -> None:
    assert call("store").stderr.startswith("error: there is no finished run in results/runs, which does not exist\n")
    call("train", "mean_pose", "squares")
    (run,) = load_runs(Path("results/runs"))
    change(run.path / "record.json", lambda content: content["provenance"].update(git_clean=False))
    answer = call("store")
    assert answer.exit_code == 1
    assert "by code that is not committed" in answer.stderr
