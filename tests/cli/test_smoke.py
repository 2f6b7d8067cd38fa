"""Smoke runs: a few steps that show that everything works; no table, comparison or store takes them for results."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import store
from typer.testing import Result

from dkp_bench.bundle.untrusted import find_runs, read_tree
from dkp_bench.datasets import open_dataset
from dkp_bench.runs.cells import CellTable, planned_specs
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.smoke import STEPS, smoke_settings
from dkp_bench.runs.spec import RunSpec

Call = Callable[..., Result]
SMOKE = Path("results") / "smoke"
RUNS = Path("results") / "runs"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_few_steps_unless_the_user_says_how_many() -> None:
    assert smoke_settings({"gamma": 0.4}, ["distill_dkp"]) == {"gamma": 0.4, "steps": STEPS}
    assert smoke_settings({"steps": 2}, ["autolink"]) == {"steps": 2}
    assert smoke_settings({}, ["mean_pose"]) == {}


def test_it_is_another_run_than_the_one_it_tries_out(tmp_path: Path) -> None:
    dataset = open_dataset("squares", 64, cache=tmp_path)
    real, smoke = (RunSpec("squares", "mean_pose", smoke=smoke).bind(dataset, tmp_path) for smoke in (False, True))
    assert (real.identity.smoke, smoke.identity.smoke) == (False, True)
    assert smoke.identity.version == f"{real.identity.version}+smoke"
    assert real.folder != smoke.folder
    table = CellTable(profile="tiny", datasets=["squares"], methods=["autolink"])
    (cell,) = planned_specs([table], smoke=True)
    assert (cell.smoke, dict(cell.overrides)) == (True, {"steps": STEPS})
    assert cell.bind(dataset, tmp_path).identity.smoke
    assert not planned_specs([table])[0].smoke


def test_nothing_takes_it_for_a_result(call: Call, tmp_path: Path) -> None:
    answer = call("train", "mean_pose", "squares", "--smoke")
    assert answer.exit_code == 0, answer.output
    assert "smoke run of mean_pose, seed 0: trained, predicted and scored; no result" in answer.stdout
    assert "mean_l2" not in answer.stdout
    assert not RUNS.exists()
    assert load_runs(SMOKE) == []
    (run,) = load_runs(SMOKE, smoke=True)
    for arguments in (("compare", run.path), ("compare", run.path.parent), ("compare", run.path / "record.json")):
        refused = call(*map(str, arguments), "--baselines", str(SMOKE))
        assert refused.exit_code == 2
        assert "is a smoke run" in refused.stderr
    for arguments in (("store", SMOKE), ("report", "--runs", SMOKE)):
        refused = call(*map(str, arguments))
        assert refused.exit_code == 2
        assert "holds only smoke runs" in refused.stderr
    assert call("score", str(run.path)).stdout.startswith("a smoke run, no result\n")
    assert [problem.what for problem in find_runs(read_tree(SMOKE), alone=True)[1]] == [
        "is of a smoke run, which is no result"
    ]


def test_moved_among_results_it_is_left_out_and_said(call: Call, tmp_path: Path) -> None:
    call("train", "mean_pose", "squares", "--smoke", "--runs", str(RUNS / "moved"))
    store(RUNS, "base", np.linspace(1.0, 3.2, 12))
    answer = call("report")
    assert answer.exit_code == 0, answer.output
    assert "note: 1 smoke run in results/runs left out: they are no results" in answer.stderr
    page = (Path("results") / "report" / "report.md").read_text(encoding="utf-8")
    assert "base" in page
    assert "+smoke" not in page


@pytest.mark.parametrize(
    ("arguments", "problem", "hint"),
    [
        (
            ("report", "--runs", "results/rnus"),
            "there is no finished run in results/rnus, which does not exist",
            "the nearest folder is results/runs",
        ),
        (
            ("report", "--runs", "elsewhere/a"),
            "there is no finished run in elsewhere/a, which does not exist",
            "the nearest folder is .",
        ),
        (
            ("report", "--runs", "afile"),
            "there is no finished run in afile, which is a file, not a folder",
            "the nearest folder is .",
        ),
        (("report", "--runs", "results/empty"), "there is no finished run in results/empty", "name a folder of runs"),
        (("report", "--baselines", "results/empty"), "there is no finished run in results/empty", "name a folder"),
        (
            ("store", "results/rnus"),
            "there is no finished run in results/rnus, which does not exist",
            "the nearest folder is results/runs",
        ),
    ],
)
def test_a_folder_that_was_typed_wrong_is_named(
    arguments: tuple[str, ...], problem: str, hint: str, call: Call
) -> None:
    for folder in ("runs", "empty"):
        (Path("results") / folder).mkdir()
    Path("afile").touch()
    answer = call(*arguments)
    assert answer.exit_code == 2, answer.output
    assert answer.stderr.startswith(f"error: {problem}\n  {hint}")
    assert not (Path("results") / "report").exists()


def test_the_default_folder_may_be_absent(call: Call) -> None:
    answer = call("report")
    assert answer.exit_code == 0, answer.output
    assert "Nothing measured yet." in (Path("results") / "report" / "report.md").read_text(encoding="utf-8")
