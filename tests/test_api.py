"""What ``import dkp_bench`` offers: the numbers and refusals of the commands, nothing imported before it is used."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

import dkp_bench
from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.runs.run import load_runs


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))


def test_it_gives_what_the_command_line_gives(call: Callable[..., Result], tmp_path: Path) -> None:
    squares = open_dataset("squares", 64, cache=tmp_path)
    fit, test = (squares.labels(split).joints * 0.9 for split in ("regression", "test"))
    np.savez("mine.npz", fit=fit, test=test)
    assert call("score", "mine.npz", "--dataset", "squares").exit_code == 0
    (run,) = load_runs(Path("results/runs"))
    assert dkp_bench.score(fit, test, dataset="squares") == run.record.scores
    assert dkp_bench.score(fit.tolist(), test.tolist(), dataset="squares", profile="small", size=64)
    assert len(list(Path("results/runs").rglob("record.json"))) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"fit": np.zeros((3, 1, 2))}, "predictions: 'fit' has the shape"),
        ({"test": [[0.5, 0.5], [0.5]]}, "predictions: "),
        ({"test": "keypoints"}, "predictions: 'test' holds <U9, not coordinates"),
        ({"dataset": "sqares"}, "Did you mean 'squares'?"),
        ({"profile": "tyni"}, "Did you mean 'tiny'?"),
    ],
)
def test_what_cannot_be_keypoints_of_these_images_is_refused(change: dict[str, object], problem: str) -> None:
    squares = open_dataset("squares", 64, cache=Path())
    arrays = {"fit": squares.labels("regression").joints, "test": squares.labels("test").joints}
    with pytest.raises(DkpError) as caught:
        dkp_bench.score(**{"dataset": "squares", **arrays, **change})  # type: ignore[arg-type]
    assert problem in caught.value.problem


def test_importing_the_package_imports_nothing() -> None:
    code = "import sys, dkp_bench; print(sorted({'numpy', 'torch', 'cv2', 'pydantic'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    with pytest.raises(AttributeError, match="has no attribute 'scores'"):
        getattr(dkp_bench, "scores")  # noqa: B009


@pytest.mark.parametrize("name", dkp_bench.__all__)
def test_every_public_name_is_what_its_room_calls_so_and_is_documented(name: str) -> None:
    found = getattr(dkp_bench, name)
    assert found.__name__ == name
    assert inspect.getdoc(found)
    assert name in dir(dkp_bench)


def test_type_checkers_see_what_python_finds() -> None:
    tree = ast.parse(inspect.getsource(dkp_bench))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imported = {node.names[0].asname: node.module for node in block.body if isinstance(node, ast.ImportFrom)}
    assert imported == dkp_bench._HOMES


def test_the_package_says_what_it_offers() -> None:
    undocumented = [name for name in dkp_bench.__all__ if name not in (dkp_bench.__doc__ or "")]
    assert undocumented == ["DkpError", "edge_index"]  # each is met where one of the others is explained


def test_a_run_is_compared_as_the_command_does(
    call: Callable[..., Result], repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    runs = dkp_bench.load_baselines("mannequin-plain")
    tested = [run for run in runs if (run.record.identity.profile, run.record.identity.split) == ("tiny", "test")]
    run = next(run for run in tested if run.record.identity.method == "autolink")
    found = dkp_bench.compare(run, ["mean_pose"])
    answer = call("compare", run.path / "record.json", "--against", "mean_pose", "--out", tmp_path)
    assert answer.stdout.startswith(dkp_bench.comparison_text(found))
    assert {run.path.parent for run in dkp_bench.compare(run.path, ["mean_pose"]).candidate.variant.runs} == {
        run.path.parent
    }


def test_where_no_baselines_are_stored_it_is_said_where_they_are() -> None:
    with pytest.raises(DkpError, match="there are no stored baselines") as caught:
        dkp_bench.load_baselines()
    assert "results/baselines" in caught.value.hint
