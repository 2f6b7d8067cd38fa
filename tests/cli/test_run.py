"""``run``: what it leaves and prints, its exit codes, and what is refused before any work begins."""

import os
import signal
import tarfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from dkp_bench.cli.running import RESERVE_SECONDS
from dkp_bench.datasets import open_dataset
from dkp_bench.files import write_json
from dkp_bench.plans.workers import WorkerSlot, worker_slots
from dkp_bench.runs.execute import complete
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.spec import RunSpec

Call = Callable[..., Result]
RUNS = Path("results") / "runs"
PLAN = """
[[cells]]
profile = "tiny"
datasets = ["squares"]
methods = [{methods}]
seeds = [{seeds}]
"""
SMALL = "set = { untrained = { keypoints = 4, detector_width = 2, decoder_width = 2 } }\n"
OWN = """
from dkp_bench.methods import Method

class AtFault(Method):
    name = "at_fault"
    summary = "it fails"
    keypoints = 1

    def fit(self, images, context):
        raise ZeroDivisionError("a bug of one's own")

    def predict(self, images):
        raise AssertionError
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, fixtures_in_workers: None) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    (tmp_path / "at_fault.py").write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(*methods: str, seeds: str = "0") -> str:
    """Write a plan, and return its name."""
    text = PLAN.format(methods=", ".join(f'"{method}"' for method in methods), seeds=seeds)
    Path("plan.toml").write_text(text + SMALL * ("untrained" in methods), encoding="utf-8")
    return "plan.toml"


def finish(method: str, seed: int = 0, predict_seconds: float | None = None) -> Run:
    """A finished run where ``dkp-bench run`` looks for it, which says that it took so long."""
    dataset = open_dataset("squares", 64, cache=Path("cache"))
    run = complete(RunSpec("squares", method, "tiny", seed).bind(dataset, RUNS))
    if predict_seconds is not None:
        timings = run.record.timings.model_copy(update={"predict_seconds": predict_seconds})
        content = run.record.model_copy(update={"timings": timings}).model_dump(mode="json")
        write_json(run.path / "record.json", content)
    return run


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_what_can_be_finished_is_and_what_failed_is_told(call: Call) -> None:
    answer = call("run", plan("at_fault:AtFault", "mean_pose", "untrained"), "--weights", "half")
    assert answer.exit_code == 1, answer.output
    assert [run.record.identity.method for run in load_runs(RUNS)] == ["mean_pose", "untrained"]
    told = answer.stderr.replace("\n  ", " ")
    assert (
        "failed: at_fault:AtFault on squares, tiny, seed 0: ZeroDivisionError: a bug of one's own (at_fault.py, "
        in told
    )
    assert "[1/3] mean_pose on squares, tiny, seed 0: mean_l2 " in told
    assert "[2/3] untrained on squares, tiny, seed 0, untrained.keypoints=4, " in told
    assert "Traceback" not in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80

    assert "published in" not in answer.stdout  # nothing was measured that a published change could stand beside
    assert "\n3 cells: 2 finished, 1 failed\nsummary: results/runs/summary.md\n" in answer.stdout
    assert "to carry away: results/runs/carry.tar, " in answer.stdout
    assert "a bug of one's own" in (RUNS / "summary.md").read_text(encoding="utf-8")
    assert "Traceback" in (RUNS / "journal.jsonl").read_text(encoding="utf-8")
    with tarfile.open(RUNS / "carry.tar") as tar:
        assert sum(name.endswith("weights.safetensors") for name in tar.getnames()) == 1


def test_cells_that_the_time_does_not_reach_are_left(call: Call) -> None:
    finish("mean_pose", predict_seconds=7200.0)
    answer = call("run", plan("mean_pose", seeds="0, 1"), "--budget", "1h")
    assert answer.exit_code == 3, answer.output
    assert "\n2 cells: 1 waiting, 1 finished\nleft: 1 cell of about 2 h 00 min in all\n" in answer.stdout
    summary = (RUNS / "summary.md").read_text(encoding="utf-8")
    assert "Time budget of the last call: 1h." in summary
    assert "- mean_pose on squares, tiny, seed 1: it needs 2 h 00 min more" in summary
    assert not (RUNS / "journal.jsonl").exists()


def test_a_dry_run_says_where_cells_stand_and_leaves_nothing(call: Call) -> None:
    answer = call("run", plan("mean_pose", "fateful:Crashes"), "--dry-run")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines() == [
        "waiting   mean_pose on squares, tiny, seed 0",
        "waiting   fateful:Crashes on squares, tiny, seed 0",
        "2 cells: 2 waiting",
    ]
    assert not RUNS.exists()
    finish("mean_pose")
    before = files(RUNS)
    assert call("run", plan("mean_pose"), "--dry-run").stdout.endswith("\n1 cell: 1 finished\n")
    assert files(RUNS) == before


def test_a_dry_run_needs_no_gpu(call: Call) -> None:
    file = Path(plan("mean_pose"))
    file.write_text(file.read_text(encoding="utf-8").replace("tiny", "small"))
    assert call("run", file).exit_code == 2
    answer = call("run", file, "--dry-run")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.endswith("1 cell: 1 waiting\n")
    assert answer.stderr.startswith(
        "note: the plan has cells of the small profile, which wants a GPU, and this machine"
    )


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_leaves_its_summary(end: signal.Signals, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.plans.schedule.Schedule.run", lambda _: os.kill(os.getpid(), end))
    before = signal.getsignal(end)
    assert call("run", plan("mean_pose")).exit_code == 130
    assert "summary.md" in files(RUNS)
    assert signal.getsignal(end) == before


@pytest.mark.parametrize(
    ("state", "note"),
    [
        (("0123abcd", True), ""),
        (("0123abcd", False), "note: this code is not committed as it is, and "),
        (("unknown", None), "note: this code is in no git checkout, and "),
    ],
)
def test_runs_that_could_not_be_kept_are_announced(
    state: tuple[str, bool | None], note: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish("mean_pose")
    monkeypatch.setattr("dkp_bench.runs.provenance.git_state", lambda: state)
    answer = call("run", plan("mean_pose"))
    assert answer.exit_code == 0, answer.output
    assert answer.stderr.startswith(note)
    assert ("dkp-bench store" in answer.stderr) == bool(note)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("predictions.npz", "predictions.npz is not the file its record describes"),
        ("record.json", "record.json: cannot be read as JSON"),
    ],
)
def test_damaged_results_are_found_before_the_work(file: str, problem: str, call: Call) -> None:
    run = finish("mean_pose")
    (run.path / file).write_bytes(b"damaged")
    answer = call("run", plan("untrained"))
    assert answer.exit_code == 2
    assert problem in answer.stderr.replace("\n  ", " ")
    assert not (RUNS / "journal.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--weights", "hal"), "unknown choice of weights 'hal'. Did you mean 'half'?"),
        (("--budget", "soon"), "'soon' is not a time such as 90s, 24m or 1h30m"),
        (("--budget", "0s"), "'0s' is not a time"),
        (("--processes", "0"), "--processes"),
        (("--device", "tpu"), "cannot use the device 'tpu'"),
    ],
)
def test_mistakes_are_named_before_any_work(options: tuple[str, ...], problem: str, call: Call) -> None:
    answer = call("run", plan("mean_pose"), *options)
    assert answer.exit_code == 2
    assert problem in answer.stderr
    assert "Traceback" not in answer.output
    assert not RUNS.exists()


def test_a_folder_that_cannot_be_written_is_named_before_any_work(call: Call) -> None:
    answer = call("run", plan("mean_pose"), "--out", "plan.toml")
    assert answer.exit_code == 2
    assert answer.stderr == "error: cannot write to plan.toml: File exists\n  name another folder with --out\n"


def test_the_budget_begins_with_the_command(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, given = 0.5, []

    def places_found_slowly(*args: Any, **paths: Any) -> list[WorkerSlot]:
        time.sleep(slow)
        return worker_slots(*args, **paths)

    monkeypatch.setattr("dkp_bench.plans.workers.worker_slots", places_found_slowly)
    monkeypatch.setattr("dkp_bench.cli.run._work", lambda specs, options, outputs: given.append(options.seconds))
    assert call("run", plan("mean_pose"), "--budget", "1h").exit_code == 0
    assert given[0] <= 3600 - RESERVE_SECONDS - slow


def test_mistakes_in_a_plan_are_named_before_any_work(call: Call) -> None:
    assert call("run", "nowhere.toml").stderr.startswith("error: nowhere.toml: there is no such file")
    answer = call("run", plan("mean_poes"))
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: [[cells]] number 1: unknown method 'mean_poes'. Did you mean 'mean_pose'?")
    assert not RUNS.exists()


def test_torchrun_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dkp_bench.cli.session._session", nullcontext)  # there is no other process to join
    monkeypatch.setenv("WORLD_SIZE", "2")
    answer = call("run", plan("mean_pose"))
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: a plan is not run by torchrun\n  start it without torchrun")
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert call("run", plan("mean_pose"), "--dry-run").exit_code == 0
