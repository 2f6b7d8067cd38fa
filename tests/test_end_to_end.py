"""The main job on a miniature of Mannequin: one command trains, scores and reports; stopped, it goes on."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import Result

from dkp_bench.datasets.mannequin import dataset as mannequin
from dkp_bench.methods import built_in_methods, find_method
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.training import loop

Call = Callable[..., Result]
COUNTS = {"train": 16, "regression": 24, "test": 9}
METHODS = sorted(built_in_methods())
TINY = [
    word
    for setting in ("steps=2", "batch_size=4", "keypoints=4", "detector_width=2", "decoder_width=2")
    for word in ("--set", setting)
]
REPRODUCE = ("reproduce", "mannequin", *TINY)
STOPPED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from dkp_bench.datasets.mannequin import dataset
from dkp_bench.training import loop
dataset.COUNTS.update({counts})
loop.CHECKPOINT_SECONDS = 0
from dkp_bench.cli import main
main()
"""


def enter(folder: Path, repository: Path, patch: pytest.MonkeyPatch) -> None:
    """Make ``folder`` the working directory, as a fresh clone has it, with few images to render."""
    (folder / "results").mkdir()
    (folder / "results" / "published.toml").write_bytes((repository / "results" / "published.toml").read_bytes())
    patch.chdir(folder)
    patch.setenv("DKP_BENCH_CACHE", str(folder / "cache"))
    patch.setattr(mannequin, "COUNTS", COUNTS)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("workplace")
        enter(folder, repository, patch)
        yield folder


@pytest.fixture(scope="module")
def first(workplace: Path, call: Call) -> Result:
    """The first call of the main job."""
    answer = call(*REPRODUCE)
    assert answer.exit_code == 0, answer.output
    return answer


def runs(workplace: Path) -> dict[str, Run]:
    return {run.record.identity.method: run for run in load_runs(workplace / "results" / "runs")}


def trained_at(workplace: Path) -> dict[str, int]:
    """When each method's predictions were written."""
    return {name: (run.path / "predictions.npz").stat().st_mtime_ns for name, run in runs(workplace).items()}


def test_every_method_leaves_its_record(first: Result, workplace: Path) -> None:
    made = runs(workplace)
    assert sorted(made) == METHODS
    for name, run in made.items():
        assert run.record.inputs == ("depth" if find_method(name).depth == "test" else "rgb")
        assert run.record.identity.dataset == "mannequin"
        assert run.samples is not None
        trained = find_method(name).learns
        assert run.record.timings.steps == (2 if trained else 0)
        assert run.record.curves.get("step", []) == ([1, 2] if trained else [])
        assert not (run.path / "checkpoint.pt").exists()


def test_it_says_what_it_does_and_ends_with_the_table_and_the_report(first: Result) -> None:
    assert "mannequin, tiny profile: 7 runs, 0 of them finished before" in first.stdout
    assert re.findall(r"^\[(\d)/7\] (\w+), seed 0: mean_l2 \d+\.\d\d % of edge$", first.stdout, re.MULTILINE) == [
        (str(number), name) for number, name in enumerate(built_in_methods(), start=1)
    ]
    closing = first.stdout.rpartition("[7/7]")[2]
    assert "on figure" in closing
    assert [name for name in METHODS if name not in closing] == []
    assert "published in" in closing
    assert closing.endswith("\n\nreport: results/report/report.html\n")
    assert max(map(len, first.stdout.splitlines())) <= 80


@pytest.mark.parametrize("suffix", ["html", "md", "tex"])
def test_the_report_mentions_every_method(suffix: str, first: Result, workplace: Path) -> None:
    text = (workplace / "results" / "report" / f"report.{suffix}").read_text(encoding="utf-8").replace("\\_", "_")
    assert [name for name in METHODS if name not in text] == []


def test_no_teacher_equals_autolink(first: Result, workplace: Path) -> None:
    made = runs(workplace)
    assert made["no_teacher"].record.scores == made["autolink"].record.scores
    assert made["distill_dkp"].record.scores != made["autolink"].record.scores


def test_a_second_call_trains_nothing_and_reports_the_same(first: Result, workplace: Path, call: Call) -> None:
    before, page = trained_at(workplace), (workplace / "results" / "report" / "report.html").read_bytes()
    again = call(*REPRODUCE)
    assert "7 runs, 7 of them finished before" in again.stdout
    assert trained_at(workplace) == before
    assert (workplace / "results" / "report" / "report.html").read_bytes() == page
    assert again.stdout.partition("[1/7]")[2] == first.stdout.partition("[1/7]")[2]


def test_a_missing_record_is_made_again_alone(first: Result, workplace: Path, call: Call) -> None:
    before, lost = trained_at(workplace), runs(workplace)["teacher_only"]
    (lost.path / "record.json").unlink()
    again = call(*REPRODUCE)
    assert "7 runs, 6 of them finished before" in again.stdout
    changed = {name for name, when in trained_at(workplace).items() if when != before[name]}
    assert changed == {"teacher_only"}
    assert runs(workplace)["teacher_only"].record.scores == lost.record.scores


def test_changed_code_trains_again(first: Result, workplace: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    before = trained_at(workplace)
    monkeypatch.setattr("dkp_bench.runs.spec.code_hash", lambda _: "0ther000")
    assert call("train", "no_teacher", "mannequin", *TINY).exit_code == 0
    changed = {name for name, when in trained_at(workplace).items() if when != before[name]}
    assert changed == {"no_teacher"}


def test_scoring_a_trained_run_gives_the_same(first: Result, workplace: Path, call: Call) -> None:
    run = runs(workplace)["autolink"]
    answer = call("score", run.path)
    assert answer.exit_code == 0, answer.output
    assert runs(workplace)["autolink"].record == run.record
    for score in run.record.scores:
        assert re.search(rf"{re.escape(score.protocol)} +{score.metric} +{score.value:.2f} ", answer.stdout)


def test_the_report_can_be_written_again(first: Result, workplace: Path, call: Call) -> None:
    answer = call("report", "--out", "again")
    assert answer.stdout == "again/report.html\n"
    assert (workplace / "again" / "report.html").is_file()


def test_a_teachers_run_cannot_predict_on_photographs(first: Result, workplace: Path, call: Call) -> None:
    answer = call("predict", runs(workplace)["teacher_only"].path, ".")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: teacher_only sees depth maps, not photographs\n")


def test_without_depth_maps_it_stops_unless_told_to_run_the_rest(
    tmp_path: Path, repository: Path, call: Call, small_datasets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(tmp_path, repository, monkeypatch)
    refused = call("reproduce", "flat-squares", *TINY)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("error: flat-squares has no depth maps")
    answer = call("reproduce", "flat-squares", "--without-depth", *TINY)
    assert answer.exit_code == 0, answer.output
    assert "not run without depth maps: distill_dkp, teacher_only, untrained_depth\n" in answer.stdout
    assert sorted(runs(tmp_path)) == ["autolink", "mean_pose", "no_teacher", "untrained"]


@pytest.mark.slow
def test_ctrl_c_loses_little_and_the_next_call_goes_on(
    tmp_path: Path, repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(tmp_path, repository, monkeypatch)
    command = (*REPRODUCE, "--set", "autolink.steps=80")
    code = STOPPED.format(counts=COUNTS)
    with subprocess.Popen([sys.executable, "-c", code, *command], stderr=subprocess.PIPE, text=True) as process:
        wait_for(tmp_path, "results/runs/mannequin/tiny/autolink/*/metrics.jsonl", process)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]
    assert process.returncode == 130, told
    assert told.endswith("\nstopped; the same command goes on from here (at most 20 s of training is repeated)\n")
    assert "Traceback" not in told

    (metrics,) = tmp_path.glob("results/runs/mannequin/tiny/autolink/*/metrics.jsonl")
    reached = torch.load(metrics.with_name("checkpoint.pt"), weights_only=True)["step"]
    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    steps: list[int] = []
    indices = loop.step_indices
    monkeypatch.setattr(loop, "step_indices", lambda *args: (steps.append(args[-1]), indices(*args))[1])
    answer = call(*command)
    assert answer.exit_code == 0, answer.output
    assert 0 < reached < 80
    assert steps[: 80 - reached] == list(range(reached, 80))
    curves = runs(tmp_path)["autolink"].record.curves
    assert curves["step"] == list(range(1, 81))
    kept = [line for line in lines if line["step"] <= reached]
    assert kept
    assert curves["loss"][: len(kept)] == [line["loss"] for line in kept]


def wait_for(folder: Path, pattern: str, process: "subprocess.Popen[str]") -> None:
    """Wait until a file that matches has some lines."""
    deadline = time.monotonic() + 300
    while not any(path.read_bytes().count(b"\n") > 3 for path in folder.glob(pattern)):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
