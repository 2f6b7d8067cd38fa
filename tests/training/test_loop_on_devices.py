"""The training loop on every device: it takes the steps it should, goes on where it stopped, and keeps nothing."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from devices import full_float32, noise, on_every_device, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dkp_bench.baselines.autolink import AutoLink, AutoLinkModel, AutoLinkSettings
from dkp_bench.methods import FitContext, FitResult
from dkp_bench.training import loop
from dkp_bench.training.batches import Arrays, Batch, make_generator, read_batch, step_indices, to_batch
from dkp_bench.training.checkpoint import CHECKPOINT_FILE

STEPS = 6
SMALL: dict[str, Any] = {
    "steps": STEPS,
    "batch_size": 4,
    "learning_rate": 1e-3,
    "keypoints": 6,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
    "precision": "fp32",
}
IMAGES = noise(0, 10)
seeds = st.integers(0, 2**32 - 1)
APART = 0.01
"""How far the losses of two runs of the same steps may be apart: sums in another order differ in the last digit, a
gradient changes where that moves an argument over its kink, and AdamW makes whole steps of gradients near 0."""

Report = Callable[..., None]


def fit(folder: Path, device: str, seed: int = 0, progress: Report | None = None, **chosen: object) -> FitResult:
    method = AutoLink(AutoLinkSettings.model_validate(SMALL | chosen), IMAGES.size)
    with full_float32():
        return method.fit(IMAGES, FitContext(seed, device, folder, progress=progress))


def losses(result: FitResult) -> Tensor:
    return torch.tensor(result.curves["loss"], dtype=torch.float64)


def losses_in_float64(seed: int, folder: Path) -> Tensor:
    """The loss of every step without mirroring, with AdamW one parameter at a time."""
    method = AutoLink(AutoLinkSettings.model_validate(SMALL), IMAGES.size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method.model = AutoLinkModel(method.settings).double()
    method.encode = lambda batch: batch.rgb.double()
    task, cpu = method.task(FitContext(seed, "cpu", folder)).double().train(), torch.device("cpu")
    optimizer = torch.optim.AdamW(method.model.parameters(), 1e-3, weight_decay=1e-3, foreach=False, fused=False)
    values = []
    for step in range(STEPS):
        batch = read_batch(IMAGES, step_indices(len(IMAGES), 4, seed, step), cpu, depth=False)
        optimizer.zero_grad()
        loss = task.losses(batch, make_generator(seed, "step", step)).total
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    return torch.tensor(values, dtype=torch.float64)


@on_every_device
@settings(max_examples=2)
@given(seed=seeds)
def test_the_losses_are_those_of_float64(device: str, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fit")
    found, expected = losses(fit(folder, device, seed, flip=False)), losses_in_float64(seed, folder)
    assert relative_error(found[:1], expected[:1]) < 1e-4
    assert relative_error(found, expected) < APART


def interrupted(folder: Path, device: str, stops: tuple[int, ...], **chosen: object) -> FitResult:
    """A fit that is started again after each of the steps ``stops``."""
    for stop in stops:

        def progress(what: str, done: int, total: int, note: str = "", stop: int = stop) -> None:
            if done == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fit(folder, device, progress=progress, **chosen)
    return fit(folder, device, **chosen)


@on_every_device
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_that_was_cut_off_goes_on_where_it_was(
    device: str, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    whole = losses(fit(tmp_path / "whole", device, precision=precision))
    cut = losses(interrupted(tmp_path / "cut", device, (2, 4), precision=precision))
    assert len(cut) == STEPS
    assert relative_error(cut, whole) < APART
    states = [torch.load(tmp_path / name / CHECKPOINT_FILE, map_location="cpu") for name in ("cut", "whole")]
    assert [state["step"] for state in states] == [STEPS, STEPS]
    moments = [state["optimizer"]["state"].values() for state in states]
    assert {moment["step"].item() for run in moments for moment in run} == {STEPS}
    for name in ("exp_avg", "exp_avg_sq"):
        found, expected = (torch.cat([moment[name].flatten() for moment in run]) for run in moments)
        assert relative_error(found, expected) < 0.3
    if device == "cpu":
        assert torch.equal(cut, whole)


@on_every_device
def test_the_seed_and_nothing_else_decides(device: str, tmp_path: Path) -> None:
    weights = []
    for number, seed in enumerate((0, 1, 0)):
        result = fit(tmp_path / str(number), device, seed)
        assert result.steps == len(result.curves["loss"]) == STEPS
        state = torch.load(tmp_path / str(number) / CHECKPOINT_FILE, map_location="cpu")["model"]
        weights.append(torch.cat([tensor.flatten() for name, tensor in state.items() if name.endswith("weight")]))
    assert relative_error(weights[2], weights[0]) < 0.02  # each of 6 steps moves a weight of about 0.2 by up to 1e-3
    assert relative_error(weights[1], weights[0]) > 0.5
    if device == "cpu":
        assert torch.equal(weights[2], weights[0])


@on_every_device
def test_images_are_pinned_for_a_gpu_and_read_in_the_order_of_the_seed(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Arrays] = []

    def watch(arrays: Arrays, *more: Any) -> Batch:
        seen.append(arrays)
        return to_batch(arrays, *more)

    monkeypatch.setattr(loop, "to_batch", watch)
    fit(tmp_path, device)
    assert [arrays.rgb.is_pinned() for arrays in seen] == [device == "cuda"] * STEPS
    for step, arrays in enumerate(seen):
        expected = IMAGES.rgb(step_indices(len(IMAGES), SMALL["batch_size"], 0, step))
        np.testing.assert_array_equal(arrays.rgb.numpy(), expected)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_no_step_leaves_anything_in_the_memory_of_the_gpu(precision: str, tmp_path: Path) -> None:
    allocated: list[int] = []

    def progress(*_: object) -> None:
        allocated.append(torch.cuda.memory_allocated())

    fit(tmp_path / "watched", "cuda", progress=progress, steps=16, precision=precision)
    assert len(allocated) == 16
    assert allocated[5] > 0
    assert len(set(allocated[5:])) == 1  # the first steps make the optimizer's state
    gc.collect()
    before = torch.cuda.memory_allocated()
    fit(tmp_path / "again", "cuda", precision=precision)
    gc.collect()
    assert torch.cuda.memory_allocated() == before
