"""What ``train``, ``reproduce`` and ``check-baselines`` share with ``run``: budget, isolation, events, workers."""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.files import write_json
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]
RUNS = Path("results") / "runs"
SMALL = ("steps=1", "batch_size=4", "keypoints=2", "detector_width=2", "decoder_width=2", "perceptual=pyramid-random")
SET = [word for setting in SMALL for word in ("--set", setting)]
MOODY = """
import numpy as np
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitResult, Method

class Moody(Method):
    name = "moody"
    summary = "it fails with seeds 0 and 3"
    keypoints = 1

    def fit(self, images, context):
        if context.seed == 0:
            raise DkpError("seed 0 is not to its liking", "take another one")
        if context.seed == 3:
            raise ZeroDivisionError("a bug")
        return FitResult()

    def predict(self, images):
        return np.zeros((len(images), 1, 2), np.float32)
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixtures_in_workers: None) -> None:
    (tmp_path / "moody.py").write_text(MOODY, encoding="utf-8")
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)


def seeds() -> list[int]:
    return [run.record.identity.seed for run in load_runs(RUNS)]


def events() -> list[str]:
    return [json.loads(line)["event"] for line in (RUNS / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_stops_at_the_first_failure(call: Call) -> None:
    answer = call("train", "moody:Moody", "squares", "--seeds", "0,1")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: seed 0 is not to its liking\n  take another one\n")
    assert "failed:" not in answer.stderr
    assert seeds() == []
    assert events() == ["began", "failed"]


def test_a_bug_keeps_its_traceback(call: Call) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug"):
        call("train", "moody:Moody", "squares", "--seeds", "3,4")
    assert events() == ["began", "failed"]
    assert "Traceback" in (RUNS / "journal.jsonl").read_text(encoding="utf-8")


def test_asked_to_keep_going_it_isolates_failures(call: Call) -> None:
    answer = call("train", "moody:Moody", "squares", "--seeds", "0,1,3,4", "--keep-going")
    assert answer.exit_code == 1, answer.output
    assert seeds() == [1, 4]
    told = answer.stderr.replace("\n  ", " ")
    assert "failed: moody:Moody on squares, tiny, seed 0: seed 0 is not to its liking take another one" in told
    assert "failed: moody:Moody on squares, tiny, seed 3: ZeroDivisionError: a bug (" in told
    assert "mean ± standard deviation over 2 seeds (1, 4)" in answer.stdout


def test_what_the_time_does_not_reach_is_left(call: Call) -> None:
    assert call("train", "mean_pose", "squares", "--seeds", "1").exit_code == 0
    (run,) = load_runs(RUNS)
    content = run.record.model_dump(mode="json")
    content["timings"]["predict_seconds"] = 7200.0
    write_json(run.path / "record.json", content)
    answer = call("train", "mean_pose", "squares", "--seeds", "0,1", "--budget", "1h")
    assert answer.exit_code == 3, answer.output
    assert seeds() == [1]
    assert "|seed:1|" in answer.stdout
    assert call("train", "mean_pose", "squares", "--budget", "soon").exit_code == 2


def test_events_are_logged_and_what_is_reused_is_none(call: Call) -> None:
    for _ in range(2):
        assert call("train", "mean_pose", "squares", "--seeds", "0,1").exit_code == 0
    assert events() == ["began", "finished"] * 2


def test_size_is_an_axis(call: Call) -> None:
    for size in ("32", "64"):
        assert call("train", "mean_pose", "squares", "--size", size).exit_code == 0
    assert sorted(run.record.identity.image_size for run in load_runs(RUNS)) == [32, 64]
    assert "mean_pose on squares at 32 px, tiny, seed 0" in (RUNS / "journal.jsonl").read_text(encoding="utf-8")
    answer = call("train", "mean_pose", "squares", "--size", "48")
    assert answer.exit_code == 2
    assert "not 48 px" in answer.stderr


def test_what_a_finished_run_required_is_not_made_again(call: Call) -> None:
    assert call("train", "distill_dkp", "squares", *SET).exit_code == 0
    assert {run.record.identity.method for run in load_runs(RUNS)} == {"distill_dkp", "teacher_only"}
    shutil.rmtree(RUNS / "squares" / "tiny" / "teacher_only")
    answer = call("train", "distill_dkp", "squares", *SET)
    assert "was finished before: nothing is trained" in answer.stderr
    assert {run.record.identity.method for run in load_runs(RUNS)} == {"distill_dkp"}


@pytest.mark.slow
def test_workers_train_several_at_once(call: Call) -> None:
    answer = call("train", "own_method:Corner", "squares", "--seeds", "0,1", "--processes", "2", "--device", "cpu")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.index("|seed:0|") < answer.stdout.index("|seed:1|")
    assert seeds() == [0, 1]
    assert sorted(events()) == ["began", "began", "finished", "finished"]


@pytest.mark.parametrize("option", [("--processes", "2"), ("--keep-going",)])
def test_torchrun_shares_one_training(option: tuple[str, ...], call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.cli.session._session", nullcontext)  # there is no other process to join
    monkeypatch.setenv("WORLD_SIZE", "2")
    answer = call("train", "mean_pose", "squares", *option)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"error: {option[0]} cannot be used under torchrun\n")
    assert not RUNS.exists()
