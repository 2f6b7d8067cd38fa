"""``redraw``: the pictures of a run are made again, and its numbers stay."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.files import sha256
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_datasets: None) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_was_lost_is_drawn_again_bit_for_bit(call: Call) -> None:
    call("train", "untrained", "squares")
    (run,) = load_runs(Path("results/runs"))
    before = {name: (run.path / name).read_bytes() for name in ("samples.npz", "samples.png", "record.json")}
    for name in ("samples.npz", "samples.png"):
        (run.path / name).unlink()
    answer = call("redraw", run.path)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout == f"{run.path / 'samples.npz'}\n"
    assert {name: (run.path / name).read_bytes() for name in before} == before


def test_the_record_names_the_new_pictures(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("train", "untrained", "squares")
    (run,) = load_runs(Path("results/runs"))
    monkeypatch.setattr("dkp_bench.runs.samples.COUNT", 3)
    assert call("redraw", run.path).exit_code == 0
    (again,) = load_runs(Path("results/runs"))
    assert again.record.files["samples.npz"] == sha256(run.path / "samples.npz")
    assert again.record.files["samples.npz"] != run.record.files["samples.npz"]
    assert again.record.scores == run.record.scores


def test_what_cannot_be_redrawn_is_refused_before_a_dataset_is_made(
    call: Call, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dkp_bench.cli.opening.make_ready", None)
    stored = call("redraw", repository / "results/baselines/mannequin/tiny/autolink/seed0-0358ac14")
    assert stored.exit_code == 2
    assert stored.stderr.endswith(
        "\n  make a run like it: dkp-bench train autolink mannequin --profile tiny --seeds 0\n"
    )


def test_a_method_of_the_current_folder_is_found(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    own = "from dkp_bench.baselines.mean_pose import MeanPose\n\n\nclass Own(MeanPose):\n    name = 'own'\n"
    Path("lies_here.py").write_text(own, encoding="utf-8")
    for command in ("train", "redraw"):
        with monkeypatch.context() as patch:
            patch.setattr("sys.path", [*sys.path])
            runs = load_runs(Path("results/runs"))
            answer = call("redraw", runs[0].path) if runs else call("train", "lies_here:Own", "squares")
        sys.modules.pop("lies_here", None)
        assert answer.exit_code == 0, f"{command}: {answer.output}"


def test_without_weights_and_on_other_images_it_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("train", "untrained", "squares")
    (run,) = load_runs(Path("results/runs"))
    with monkeypatch.context() as patch:
        patch.setattr("dkp_bench.datasets.squares.Squares.content_hash", lambda _: "0" * 16)
        assert "and what is here has 0000000000000000" in call("redraw", run.path).stderr
    (run.path / "weights.safetensors").unlink()
    answer = call("redraw", run.path)
    assert answer.exit_code == 2
    assert "weights" in answer.stderr
