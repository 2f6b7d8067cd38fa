"""``dkp_bench.score``: the numbers and refusals of the command line, and nothing imported before it is used."""

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
