"""Every method's loss, and its gradient for every parameter, on every device, against float64 on the CPU."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import torch
from devices import full_float32, gradients, in_float64, noise, on_every_device, relative_error, small_method, task_of
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dkp_bench.baselines.autolink import AutoLinkTask
from dkp_bench.reference.distill_dkp import cosine_similarity
from dkp_bench.training.batches import make_generator, read_batch
from dkp_bench.training.loop import Losses

seeds = st.integers(0, 2**32 - 4)
COUNT = 2


def step(task: AutoLinkTask, seed: int, device: str, *, bf16: bool = False) -> Losses:
    """One step's losses, with their gradients left in the parameters."""
    flip = torch.arange(COUNT) % 2 == 0
    batch = read_batch(noise(seed, COUNT), np.arange(COUNT), torch.device(device), depth=True, flip=flip)
    with torch.autocast(device, torch.bfloat16, enabled=bf16):
        losses: Losses = task(batch, make_generator(seed, "step"))
    losses.total.backward()
    return losses


@dataclass
class Errors:
    """How far steps are from float64: the losses (at most), the gradient as one vector, its worst parameter (usually).

    The losses are L1 norms, so most gradients are sums of random signs, and a rounding that moves one of half a
    million arguments over its kink changes such a sum by a few thousandths. Rarely the argument is an early one and
    the change large, hence the median of three seeds.
    """

    losses: float
    gradient: float
    parameter: float


Reference = tuple[dict[str, float], dict[str, Tensor]]


@cache
def reference(name: str, seed: int, chosen: tuple[tuple[str, object], ...]) -> Reference:
    """The losses of a step and every parameter's gradient, in float64."""
    method, teacher = small_method(name, seed, **dict(chosen)), small_method("teacher_only", seed + 1)
    task = task_of(in_float64(method), in_float64(teacher))
    parts = step(task, seed, "cpu").parts
    return {part: value.item() for part, value in parts.items()}, gradients(task)


def errors(name: str, device: str, *of: int, bf16: bool = False, **chosen: object) -> Errors:
    """The errors of a method on a device, of the seeds ``of``."""
    losses, gradient, parameter = [], [], []
    for seed in of:
        expected, right = reference(name, seed, tuple(chosen.items()))
        method, teacher = small_method(name, seed, **chosen), small_method("teacher_only", seed + 1)
        task = task_of(method, teacher).to(device).to(memory_format=torch.channels_last)
        parts, have = step(task, seed, device, bf16=bf16).parts, gradients(task)
        assert parts.keys() == expected.keys()
        losses += [abs(parts[part].item() - expected[part]) for part in expected]
        assert have.keys() == right.keys() == dict(task.model.named_parameters()).keys()
        whole, found = (torch.cat([part.cpu().flatten() for part in all_.values()]) for all_ in (right, have))
        gradient.append(relative_error(found, whole))
        # The bias of a convolution before batch normalisation changes nothing: its gradient is rounding alone.
        least = 1e-3 * whole.norm().item()
        parameter.append(max(relative_error(have[key], right[key], least=least) for key in right))
    return Errors(max(losses), float(np.median(gradient)), float(np.median(parameter)))


@on_every_device
@pytest.mark.parametrize(("name", "chosen"), [("autolink", {}), ("teacher_only", {}), ("distill_dkp", {"gamma": 10.0})])
@settings(max_examples=2)
@given(seed=seeds)
def test_a_step_is_that_of_float64_up_to_rounding(device: str, name: str, chosen: dict[str, object], seed: int) -> None:
    with full_float32():
        single = errors(name, device, seed, seed + 1, seed + 2, **chosen)
    assert single.losses < 1e-4  # losses of about 3; the fast convolutions of a GPU lose a digit
    assert single.gradient < 0.03
    assert single.parameter < 0.1
    half = errors(name, device, seed, seed + 1, seed + 2, bf16=True, **chosen)
    assert half.losses < 0.03  # eight binary digits: each factor is off by up to 2e-3
    assert half.gradient < 0.25  # arguments that much coarser: many more are moved over their kinks


@pytest.mark.gpu
def test_the_published_loss_network_is_the_same_on_a_gpu() -> None:
    with full_float32():
        found = errors("autolink", "cuda", 0, perceptual="vgg16-random")
    assert found.losses < 1e-4
    assert found.gradient < 0.03
    assert found.parameter < 0.1


@on_every_device
@settings(max_examples=5)
@given(
    seed=seeds,
    embedding=st.sampled_from(["logits", "probabilities"]),
    over=st.sampled_from(["image", "keypoint", "pixel"]),
)
def test_the_teachers_pull_is_the_same_everywhere(device: str, seed: int, embedding: str, over: str) -> None:
    student, teacher = 3 * torch.randn(2, 3, 5, 8, 8, generator=torch.Generator().manual_seed(seed))
    a, b = (maps.double().flatten(2) for maps in (student.requires_grad_(), teacher))
    if embedding == "probabilities":
        a, b = a.softmax(-1), b.softmax(-1)
    axes = {"image": (1, 2), "keypoint": (2,), "pixel": (1,)}[over]
    lengths = a.square().sum(axes).sqrt() * b.square().sum(axes).sqrt()
    expected = ((a * b).sum(axes) / lengths).mean()
    placed = student.detach().to(device).requires_grad_()
    found = cosine_similarity(placed, teacher.to(device), embedding, over)
    assert abs(found.item() - expected.item()) < 1e-5
    gradient, exact = torch.autograd.grad(found, placed)[0], torch.autograd.grad(expected, student)[0]
    assert relative_error(gradient, exact) < 1e-4
