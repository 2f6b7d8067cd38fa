"""A run that was cut off and went on equals one that was not, bit for bit on the CPU."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from dkp_bench.datasets import ArrayImages
from dkp_bench.methods import FitContext, Method, find_method
from dkp_bench.presets import preset
from dkp_bench.training import loop
from dkp_bench.training.checkpoint import CHECKPOINT_FILE
from dkp_bench.training.curves import METRICS_FILE
from dkp_bench.training.inference import WEIGHTS_FILE

STEPS = 8
SMALL = {
    "steps": STEPS,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
    "schedule": "cosine",
}


def images() -> ArrayImages:
    rng = np.random.default_rng(0)
    return ArrayImages(rng.integers(0, 256, (10, 64, 64, 3), dtype=np.uint8), rng.random((10, 64, 64)))


def created(name: str, precision: str) -> Method:
    kind = find_method(name)
    return kind(preset(kind, "mannequin", "tiny", SMALL | {"precision": precision}), 64)


def run(name: str, precision: str, folder: Path, stop: int | None = None) -> None:
    def progress(what: str, done: int, total: int, note: str = "") -> None:
        if stop is not None and done >= stop:
            raise KeyboardInterrupt

    torch.manual_seed(0)
    required = {other: created(other, precision) for other in find_method(name).requires}
    method = created(name, precision)
    method.fit(images(), FitContext(0, "cpu", folder, required, progress))
    method.save(folder)


@pytest.mark.parametrize(
    ("name", "precision", "points_per_curve"),
    [("autolink", "fp32", 200), ("autolink", "bf16", 2), ("distill_dkp", "fp32", 2), ("distill_dkp", "bf16", 200)],
)
def test_interruptions_leave_no_trace(
    name: str, precision: str, points_per_curve: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    monkeypatch.setattr(loop, "POINTS_PER_CURVE", points_per_curve)
    run(name, precision, tmp_path / "whole")
    for stop in (3, 6):
        with pytest.raises(KeyboardInterrupt):
            run(name, precision, tmp_path / "cut", stop)
        assert (tmp_path / "cut" / CHECKPOINT_FILE).exists()
    run(name, precision, tmp_path / "cut")
    for file in (WEIGHTS_FILE, METRICS_FILE):
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


SCRIPT = """
import os, signal, sys, time, traceback
from pathlib import Path
import numpy as np
import torch
import torch._dynamo
from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.datasets import ArrayImages
from dkp_bench.methods import FitContext
from dkp_bench.training import loop

torch.set_num_threads(1)
loop.CHECKPOINT_SECONDS = 0.1
STEPS = 30

def train(folder, pause):
    images = ArrayImages(np.random.default_rng(0).integers(0, 256, (10, 64, 64, 3), dtype=np.uint8))
    small = dict(batch_size=4, keypoints=4, detector_width=4, decoder_width=2, perceptual="pyramid-random")
    method = AutoLink(AutoLinkSettings(steps=STEPS, **small), 64)
    method.fit(images, FitContext(0, "cpu", folder, progress=lambda *said: time.sleep(pause)))
    method.save(folder)

def start(folder, pause=0.0):
    process = os.fork()
    if process == 0:
        code = 1
        try:
            train(folder, pause)
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    return process

def ended(process):
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

def lines(folder):
    file = folder / "metrics.jsonl"
    return file.read_text().count("\\n") if file.exists() else 0

whole, killed = (Path(folder) for folder in sys.argv[1:])
assert ended(start(whole)) == 0
victim = start(killed, pause=0.05)
while lines(killed) < STEPS // 3:
    time.sleep(0.005)
os.kill(victim, signal.SIGKILL)
assert ended(victim) == -signal.SIGKILL
assert (killed / "checkpoint.pt").exists()
assert lines(killed) < STEPS
assert ended(start(killed)) == 0
"""
"""Trains to the end; trains, is killed in the middle, and goes on: in the precision that the machine would choose.

The pause after each step is the time to be killed in. One process that imports everything once, also what PyTorch
imports at the first step, and never computes itself forks the ones that do.
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, repository: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([sys.executable, "-c", SCRIPT, whole, killed], cwd=repository, check=True, timeout=120)
    for file in (WEIGHTS_FILE, METRICS_FILE):
        assert (killed / file).read_bytes() == (whole / file).read_bytes()
