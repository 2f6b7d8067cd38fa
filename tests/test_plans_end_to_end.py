"""A plan as a user runs it: killed, terminated and resumed; out of time."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from dkp_bench.runs.cells import planned_specs, read_plan
from dkp_bench.runs.execute import complete
from dkp_bench.runs.predictions import read_predictions
from dkp_bench.runs.run import Run, load_runs

pytestmark = pytest.mark.slow
PLAN = """
[[cells]]
profile = "tiny"
datasets = ["lsp"]
methods = ["impatient:Impatient"]
set = {{ steps = {steps}, batch_size = 4, keypoints = 4, detector_width = 2, decoder_width = 2 }}
"""
IMPATIENT = """
from dkp_bench.baselines.autolink import AutoLink
from dkp_bench.training import loop

loop.CHECKPOINT_SECONDS = 0


class Impatient(AutoLink):
    name = "impatient"
    summary = "AutoLink with a checkpoint after each step"
"""
STEPS = 100
PATIENCE = 300.0
"""Seconds; ten times what the slowest wait takes where nothing else runs."""

Publish = Callable[[str, Path], Path]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, repository: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts ``dkp-bench run`` on a plan of so many steps, in a folder of its own; none outlives the test."""
    (tmp_path / "impatient.py").write_text(IMPATIENT, encoding="utf-8")
    (tmp_path / "results").mkdir()
    shutil.copy(repository / "results" / "published.toml", tmp_path / "results")
    monkeypatch.setenv("DKP_BENCH_LSP", str(publish("lsp", tmp_path / "lsp")))
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(repository))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    processes = []

    def begin(*options: str, steps: int = STEPS) -> "subprocess.Popen[str]":
        plan = tmp_path / "plan.toml"
        plan.write_text(PLAN.format(steps=steps), encoding="utf-8")
        command = [sys.executable, "-m", "dkp_bench", "run", plan.name, *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        processes.append(subprocess.Popen(command, cwd=tmp_path, text=True, **pipes))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def events(folder: Path) -> list[str]:
    return [json.loads(line)["event"] for line in (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def step_reached(folder: Path) -> int:
    """The step of the only checkpoint there is; 0 where there is none."""
    steps = [torch.load(path, weights_only=True)["step"] for path in folder.glob("*/*/*/*/checkpoint.pt")]
    return sum(steps)


def wait_for_step(process: "subprocess.Popen[str]", folder: Path, step: int) -> None:
    """Wait until the run under way has left a checkpoint of a step."""
    give_up = time.monotonic() + PATIENCE
    while step_reached(folder) < step:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < give_up, "it does not train"
        time.sleep(0.05)


def children(process: "subprocess.Popen[str]") -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listed.exists():
        pytest.skip("the children of a process are read from Linux's /proc")
    return [int(pid) for pid in listed.read_text(encoding="utf-8").split()]


def goes_on(pid: int) -> bool:
    """Whether a process is at work; one that has ended may stay as a zombie, where nobody asks how it ended."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end(pids: list[int]) -> None:
    give_up = time.monotonic() + PATIENCE
    while any(map(goes_on, pids)):
        assert time.monotonic() < give_up, f"one of {pids} goes on"
        time.sleep(0.05)


def uninterrupted(plan: Path) -> Run:
    """The same spec, run in this process with one thread as there."""
    [spec] = planned_specs(read_plan(plan))
    dataset, threads = spec.open_dataset(plan.parent / "cache"), torch.get_num_threads()
    dataset.prepare()
    torch.set_num_threads(1)
    try:
        return complete(spec.bind(dataset, plan.parent / "whole"))
    finally:
        torch.set_num_threads(threads)


def test_killed_and_terminated_it_goes_on_where_it_was(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "results" / "runs"
    killed = start()
    wait_for_step(killed, out, 1)
    workers = children(killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    wait_for_the_end(workers)
    reached = step_reached(out)
    assert 1 <= reached < STEPS

    terminated = start()
    wait_for_step(terminated, out, reached + 1)
    terminated.terminate()
    said = terminated.communicate(timeout=PATIENCE)[0]
    assert terminated.returncode == 130, said
    assert "the same command goes on from here" in said
    assert f"to carry away: {Path('results', 'runs', 'carry.tar')}" in said
    assert "stopped before its end" in (out / "summary.md").read_text(encoding="utf-8")
    assert (out / "carry.tar").is_file()
    assert load_runs(out) == []

    last = start()
    said = last.communicate(timeout=PATIENCE)[0]
    assert last.returncode == 0, said
    assert events(out) == ["began", "began", "stopped", "began", "finished"]
    [run] = load_runs(out)
    monkeypatch.syspath_prepend(tmp_path)
    whole = uninterrupted(tmp_path / "plan.toml")
    a, b = (read_predictions(each.file("predictions.npz")) for each in (run, whole))
    np.testing.assert_array_equal(a.test, b.test)


def test_out_of_time_it_stops_and_says_what_is_left(start: Start, tmp_path: Path) -> None:
    process, out = start("--budget", "60s", steps=20_000), tmp_path / "results" / "runs"
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 3, said
    assert "1 cell: 1 waiting" in said
    assert events(out) == ["began", "stopped"]
    assert load_runs(out) == []
