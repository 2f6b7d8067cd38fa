"""Several processes on GPUs: the replicated task of each method, and two GPUs against one."""

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from devices import full_float32, gradients, noise, on_every_device, relative_error, small_method, task_of
from safetensors.torch import load_file
from torch import Tensor, nn

from dkp_bench.baselines.autolink import AutoLinkTask
from dkp_bench.training import distributed
from dkp_bench.training.batches import make_generator, read_batch
from dkp_bench.training.curves import MetricsLog
from dkp_bench.training.inference import WEIGHTS_FILE
from dkp_bench.training.loop import Losses

COUNT = 4


@contextmanager
def group_of_one(device: str, folder: Path) -> Iterator[None]:
    """Connects this process with itself, by what processes on such devices talk over."""
    backend = "nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, store=dist.FileStore(str(folder / "store"), 1), rank=0, world_size=1)
    try:
        yield
    finally:
        dist.destroy_process_group()


def step(objective: nn.Module, device: str) -> Tensor:
    """A step's loss, with its gradients left in the parameters."""
    batch = read_batch(noise(0), np.arange(COUNT), torch.device(device), depth=True)
    losses: Losses = objective(batch, make_generator(0, "step"))
    losses.total.backward()
    return losses.total


def buffers(task: AutoLinkTask) -> dict[str, Tensor]:
    """Running statistics and the like, those of the frozen networks too."""
    return {name: buffer.detach().cpu().double() for name, buffer in task.named_buffers()}


@on_every_device
@pytest.mark.parametrize("name", ["autolink", "teacher_only", "distill_dkp"])
def test_a_task_that_is_replicated_takes_the_same_step(
    device: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, teacher = small_method(name, 0), small_method("teacher_only", 1)
    pairs = [(method, teacher), copy.deepcopy((method, teacher))]
    plain, shared = (task_of(*pair).to(device).to(memory_format=torch.channels_last) for pair in pairs)
    with full_float32(), group_of_one(device, tmp_path):
        expected = step(plain, device)
        with monkeypatch.context() as patch:
            patch.setattr(distributed, "size", lambda: 2)
            objective = distributed.replicated(shared)
        found = step(objective, device)
        synchronised = any(isinstance(module, nn.SyncBatchNorm) for module in shared.modules())
    assert objective is not shared
    assert synchronised == (device == "cuda")
    assert relative_error(found, expected) < 1e-5
    whole = [torch.cat([gradient.flatten() for gradient in gradients(task).values()]) for task in (shared, plain)]
    assert relative_error(*whole) < 0.01  # a sum in another order may move an argument over its kink
    left, right = buffers(shared), buffers(plain)
    assert left.keys() == right.keys()
    for key, value in left.items():
        torch.testing.assert_close(value, right[key], atol=1e-5, rtol=1e-4)


SCRIPT = """
import sys
from pathlib import Path
import torch
from devices import noise
from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.methods import FitContext
from dkp_bench.training import parallel
from dkp_bench.training.device import find_device
from dkp_bench.training.inference import save_module

torch.backends.cudnn.conv.fp32_precision = "ieee"
folder, small = Path(sys.argv[1]), dict(steps=6, batch_size=8, learning_rate=1e-3, precision="fp32")
with parallel.session():
    settings = AutoLinkSettings(keypoints=6, detector_width=4, decoder_width=4, perceptual="pyramid-random", **small)
    method = AutoLink(settings, 64)
    method.fit(noise(0, 10), FitContext(0, str(find_device(sys.argv[2])), folder))
    save_module(method.model, folder / f"weights{parallel.rank()}")
"""
"""Trains in one process or in several, which leave their weights and the main one's curves in a folder."""


def trained(folder: Path, repository: Path, processes: int, device: str) -> Tensor:
    """The losses of all steps."""
    script = folder.with_suffix(".py")
    script.write_text(SCRIPT, encoding="utf-8")
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    path = os.pathsep.join([str(repository), str(repository / "tests" / "fixtures")])
    here = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *(torchrun if processes > 1 else []), str(script), str(folder), device]
    done = subprocess.run(command, env=here, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return torch.tensor(MetricsLog(folder, 6).curves()["loss"])


@pytest.mark.gpu
def test_two_gpus_train_what_one_trains(tmp_path: Path, repository: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two CUDA devices")
    one, two = (trained(tmp_path / str(count), repository, count, "cuda") for count in (1, 2))
    assert len(one) == 6
    assert relative_error(two[:1], one[:1]) < 1e-4  # statistics of each half of the batch would make it a hundredth
    assert relative_error(two, one) < 0.01
    main, other = (load_file(tmp_path / "2" / f"weights{rank}" / WEIGHTS_FILE) for rank in range(2))
    assert all(torch.equal(main[name], other[name]) for name in main)
