"""What the bench of the training step measures with, at miniature size on the CPU."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch
from narrow_vgg import narrow_vgg
from step_parts import (
    BACKWARD,
    OPTIMIZER,
    PARTS,
    REST,
    TEACHER,
    Stopwatch,
    flops,
    kernels,
    matmul_rate,
    seconds_by_part,
)
from step_runs import METHODS, OFFICIAL, SIZES, OurSteps, method, random_images, steps
from torch import nn

from dkp_bench.methods import FitContext
from dkp_bench.presets import IMAGE_SIZE, Profile, preset

CPU = torch.device("cpu")
MINIATURE = SIZES["miniature"]


@pytest.mark.parametrize("name", METHODS)
def test_a_step_has_all_its_parts(name: str, tmp_path: Path) -> None:
    ours = OurSteps(name, MINIATURE, CPU, tmp_path)
    weight = next(ours.run.task.model.parameters())
    before = weight.detach().clone()
    parts = seconds_by_part(ours, 2)
    expected = {*PARTS, *BACKWARD, OPTIMIZER, REST, *([TEACHER] if name == "distill_dkp" else [])}
    assert set(parts) == expected
    assert min(parts.values()) > 0
    assert ours.run.position.step == 2
    assert not torch.equal(weight, before)


def test_the_steps_are_those_of_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = OurSteps("autolink", MINIATURE, CPU, tmp_path)
    ours(2)
    monkeypatch.setattr("dkp_bench.baselines.autolink.perceptual_loss", lambda choice: narrow_vgg(MINIATURE.vgg))
    fitted = method("autolink", replace(MINIATURE, settings={**MINIATURE.settings, "steps": 2}))
    fitted.fit(random_images(MINIATURE, tmp_path), FitContext(0, "cpu", tmp_path))
    for one, other in zip(ours.run.task.model.parameters(), fitted.model.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", METHODS)
def test_watching_changes_nothing(name: str, tmp_path: Path) -> None:
    alone, watched = (OurSteps(name, MINIATURE, CPU, tmp_path) for _ in range(2))
    alone(2)
    seconds_by_part(watched, 2)
    for one, other in zip(alone.run.task.parameters(), watched.run.task.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("profile", ["small", "paper"])
def test_a_gpu_is_measured_at_the_size_of_its_profiles(profile: Profile) -> None:
    for name in METHODS:
        measured = method(name, SIZES["gpu"])
        expected = preset(type(measured), "mannequin", profile, {"perceptual": "vgg16-random"})
        free = {"steps": 1, "learning_rate": 1.0, "missing": 0.5}
        assert measured.settings.model_copy(update=free) == expected.model_copy(update=free)
    assert SIZES["gpu"].image == IMAGE_SIZE[profile]


def test_a_stopwatch_gives_each_part_its_own_time() -> None:
    ticks = count()
    watch = Stopwatch(CPU, clock=lambda: float(next(ticks)))
    inner = watch.timed("inner", lambda: None)
    watch.timed("outer", inner)()
    watch.switch("end")
    assert watch.seconds == {"rest": 2.0, "outer": 2.0, "inner": 1.0}


def test_a_stopwatch_follows_the_gradient_backward() -> None:
    order, watch = [], Stopwatch(CPU)
    x = torch.ones(2, requires_grad=True)
    for name in ("first", "second"):
        x = watch.timed(name, lambda x: x * 2, f"{name}, backward")(x)
        x.register_hook(lambda gradient: order.append(watch.part))
    watch.timed("loss, backward", torch.Tensor.backward)(x.sum())
    assert order == ["second, backward", "first, backward"]
    assert watch.part == REST


def test_operations_are_counted_by_hand() -> None:
    layer = nn.Conv2d(3, 5, 3, padding=1)

    def step(times: int) -> None:
        layer(torch.zeros(2, 3, 8, 8)).sum().backward()

    forward = 2 * (2 * 8 * 8) * (3 * 3 * 3) * 5
    assert flops(step) == 2 * forward  # no gradient for the images


def test_the_official_step_computes_more(tmp_path: Path) -> None:
    ours, official = (flops(steps(name, MINIATURE, CPU, tmp_path)) for name in ("autolink", OFFICIAL))
    assert 0 < ours < official


def test_a_matrix_product_has_a_rate() -> None:
    assert matmul_rate(CPU, 64, rounds=2) > 0


def test_kernels_are_sorted_by_their_cost() -> None:
    def step(times: int) -> None:
        for _ in range(times):
            torch.ones(64, 64) @ torch.ones(64, 64)

    found = kernels(step, CPU, 3, shown=2)
    assert len(found.costliest) == 2
    assert found.costliest[0][2] >= found.costliest[1][2] > 0
    assert found.seconds >= found.costliest[0][2]
    assert ("aten::mm", 1.0) in {(name, calls) for name, calls, _ in kernels(step, CPU, 3).costliest}
