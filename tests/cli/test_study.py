"""``study``: a study is one new file; it is listed, run, told with its verdicts, and drawn in the report."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_study import CORNER, LEARNER, store_arm, toy_text
from typer.testing import Result

from dkp_bench.datasets import open_dataset
from dkp_bench.runs.execute import complete
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.spec import RunSpec

Call = Callable[..., Result]
RUNS, STUDIES, BASELINES = (Path("results") / name for name in ("runs", "studies", "baselines"))


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, fixtures_in_workers: None) -> Path:
    study = tmp_path / STUDIES / "toy.toml"
    study.parent.mkdir(parents=True)
    text = toy_text("corner@0.5 < corner@-1", "learner@* <= mean", datasets='"squares", "flat-squares"')
    study.write_text(text, encoding="utf-8")
    (tmp_path / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_file_is_a_new_study(call: Call) -> None:
    store_arm(BASELINES, CORNER, 3.0, x=-1.0)
    store_arm(BASELINES, CORNER, 2.0, x=0.5)
    answer = call("study")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines() == [
        "toy  Does it matter how far out the corner is?",
        "     place at 4 levels, 3 arms, 2 settings",
        "     6 of 54 runs measured; left: 48 of unknown speed",
        "     undecided: first",
    ]


def test_its_table_and_its_verdicts(call: Call) -> None:
    for x, error in ((-1.0, 3.0), (0.5, 2.0)):
        store_arm(BASELINES, CORNER, error, x=x)
        store_arm(RUNS, LEARNER, error / 2, seeds=1, x=x)
    answer = call("study", "toy", "--table")
    assert answer.exit_code == 0, answer.output
    assert not (RUNS / "journal.jsonl").exists()
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert "squares, tiny profile: mean L2 error, % of edge, lower is better\nplace" in answer.stdout
    assert "\n-1       3.01 ± 0.01 (3)   1.50 (1)\n" in answer.stdout
    assert "undecided: first: It does." in answer.stdout
    told = " ".join(answer.stdout.split())
    assert "holds: corner@0.5 < corner@-1 on squares, tiny profile: −33.3 % (−33.3 to −33.3), 3 seeds" in told
    assert "not run on squares, tiny profile: mean, learner@-0.5, learner@1; not run on flat-squares, tiny" in told
    assert answer.stdout.endswith("to add what is missing: dkp-bench study toy\n")

    found = json.loads(call("study", "toy", "--json").stdout)
    assert (found["measured"], found["verdicts"]) == (8, {"first": "undecided"})
    measured = {each["condition"]: each["seeds"] for each in found["measurements"][0]["conditions"]}
    assert measured == {"corner@-1": [0, 1, 2], "corner@0.5": [0, 1, 2], "learner@-1": [0], "learner@0.5": [0]}
    assert json.loads(call("study", "--json").stdout)[0]["left_of_unknown_speed"] == 46


@pytest.mark.slow
def test_what_is_missing_is_run_and_what_is_stored_is_not(call: Call) -> None:
    text = toy_text("corner@0.5 < corner@1").replace("seeds = [0, 1, 2]", "seeds = [0]")
    path = STUDIES / "toy.toml"
    path.write_text(text.replace(', "own_method:Learner", "mean_pose"', "").replace(ARMS, ""), encoding="utf-8")
    store_arm(BASELINES, CORNER, 3.0, seeds=1, x=-1.0)
    dataset = open_dataset("squares", 64, cache=Path("cache"))
    for x in (-0.5, 0.5):
        complete(RunSpec("squares", CORNER, overrides=(("x", x),)).bind(dataset, RUNS))
    dry = call("study", "toy", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert dry.stdout.splitlines()[0] == f"waiting   {CORNER} on squares, tiny, seed 0, x=1.0"
    answer = call("study", "toy")
    assert answer.exit_code == 0, answer.output
    assert [run.record.settings["x"] for run in load_runs(RUNS)] == [-0.5, 0.5, 1.0]
    assert "4 of 4 runs measured" in answer.stdout
    assert "one seed says nothing of chance in training" in answer.stdout.replace("\n    ", " ")
    again = call("study", "toy")
    assert "[1/1]" not in again.output


ARMS = toy_text()[toy_text().index('[[arm]]\nname = "learner"') : toy_text().index("[[cells]]")]


def test_mistakes_are_named(call: Call) -> None:
    answer = call("study", "tpy")
    assert answer.exit_code == 2
    assert "unknown study 'tpy'. Did you mean 'toy'?" in answer.stderr
    (STUDIES / "toy.toml").write_text(toy_text(datasets='"sqares"'), encoding="utf-8")
    answer = call("run", "toy")  # which reads the cells of a study as a plan
    assert answer.exit_code == 2
    assert "[[cells]] number 1: unknown dataset 'sqares'" in answer.stderr
    (STUDIES / "toy.toml").write_text("title = 3", encoding="utf-8")
    answer = call("study")
    assert answer.exit_code == 2
    assert "toy.toml: no study: title: Input should be a valid string" in answer.stderr


def test_the_report_finds_the_methods_of_ones_own_studies(
    call: Call, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (repository / "tests" / "fixtures" / "own_method.py").read_text(encoding="utf-8")
    Path("method_beside_the_study.py").write_text(source, encoding="utf-8")
    text = (STUDIES / "toy.toml").read_text(encoding="utf-8").replace("own_method:", "method_beside_the_study:")
    (STUDIES / "toy.toml").write_text(text, encoding="utf-8")
    store_arm(BASELINES, "mean_pose", 3.0)
    monkeypatch.setattr("sys.path", list(sys.path))
    answer = call("report")
    assert answer.exit_code == 0, answer.output
    assert "Where the corner lies" in (Path("results") / "report" / "report.md").read_text(encoding="utf-8")
