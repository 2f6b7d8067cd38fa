"""The training loop on a model small enough to be followed by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dkp_bench.datasets import ArrayImages
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext
from dkp_bench.training import loop
from dkp_bench.training.batches import Batch, read_batch, step_indices
from dkp_bench.training.checkpoint import CHECKPOINT_FILE
from dkp_bench.training.curves import METRICS_FILE
from dkp_bench.training.loop import Losses, Trainable, TrainingSettings, learning_rate, train

STEPS, BATCH = 7, 4


class Toy(Trainable):
    """One convolution; it remembers what it was given and can spoil one step's loss."""

    def __init__(self, *, reads_depth: bool = False, spoilt: dict[int, float] | None = None) -> None:
        super().__init__()
        self.model = nn.Conv2d(3, 2, 3)
        nn.init.constant_(self.model.weight, 0.05)
        nn.init.zeros_(self.model.bias)
        self.reads_depth, self.spoilt = reads_depth, spoilt or {}
        self.batches: list[Batch] = []
        self.draws: list[float] = []
        self.values: list[float] = []

    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        step = len(self.batches)
        self.batches.append(batch)
        self.draws.append(torch.rand((), generator=generator).item())
        output = self.model(batch.rgb)
        self.dtype = output.dtype
        loss = (output.float() - 0.3).square().mean()
        self.values.append(loss.item())
        return Losses(total=loss, parts={"part": loss.detach() * self.spoilt.get(step, 2.0)})


def images() -> ArrayImages:
    rng = np.random.default_rng(0)
    return ArrayImages(rng.integers(0, 256, (10, 8, 8, 3), dtype=np.uint8), rng.random((10, 8, 8)))


def settings(**chosen: object) -> TrainingSettings:
    defaults = {"steps": STEPS, "batch_size": BATCH, "learning_rate": 0.05, "weight_decay": 0.1, "precision": "fp32"}
    return TrainingSettings.model_validate(defaults | chosen)


def lines(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / METRICS_FILE).read_text().splitlines()]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_it_is_adamw_on_the_batches(schedule: str, tmp_path: Path) -> None:
    trained, expected = Toy(), Toy()
    train(trained, images(), settings(schedule=schedule), FitContext(3, "cpu", tmp_path))
    optimizer = torch.optim.AdamW(expected.model.parameters(), 0.05, weight_decay=0.1, foreach=False, fused=False)
    for step, batch in enumerate(trained.batches):
        share = 1 if schedule == "constant" else (1 + math.cos(math.pi * step / STEPS)) / 2
        optimizer.param_groups[0]["lr"] = 0.05 * share
        optimizer.zero_grad()
        expected.losses(batch, torch.Generator()).total.backward()
        optimizer.step()
    for one, other in zip(trained.model.parameters(), expected.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("flip", [False, True])
def test_the_seed_says_which_images_a_step_sees(flip: bool, tmp_path: Path) -> None:
    toy = Toy(reads_depth=True)
    train(toy, images(), settings(flip=flip), FitContext(3, "cpu", tmp_path))
    flips = []
    for step, batch in enumerate(toy.batches):
        indices = step_indices(10, BATCH, 3, step)
        expected = read_batch(images(), indices, torch.device("cpu"), depth=True, flip=batch.flipped)
        assert torch.equal(batch.rgb, expected.rgb)
        assert batch.depth is not None
        assert expected.depth is not None
        assert torch.equal(batch.depth, expected.depth)
        flips += [] if batch.flipped is None else batch.flipped.tolist()
    assert set(flips) == ({False, True} if flip else set())


def test_depth_is_read_only_for_a_task_that_needs_it(tmp_path: Path) -> None:
    toy = Toy()
    train(toy, images(), settings(), FitContext(0, "cpu", tmp_path))
    assert all(batch.depth is None for batch in toy.batches)


def test_every_step_has_its_own_chance(tmp_path: Path) -> None:
    runs = [Toy(), Toy(), Toy()]
    for number, (toy, seed) in enumerate(zip(runs, (0, 0, 1), strict=True)):
        train(toy, images(), settings(), FitContext(seed, "cpu", tmp_path / str(number)))
    assert runs[0].draws == runs[1].draws
    assert len({*runs[0].draws, *runs[2].draws}) == 2 * STEPS


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_the_precision_is_the_one_asked_for(precision: str, dtype: torch.dtype, tmp_path: Path) -> None:
    toy = Toy()
    train(toy, images(), settings(precision=precision), FitContext(0, "cpu", tmp_path))
    assert toy.dtype == dtype
    assert all(parameter.dtype == torch.float32 for parameter in toy.parameters())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_stops_the_run(bad: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)
    with pytest.raises(DkpError, match=f"part is {bad} at step 4") as caught:
        train(Toy(spoilt={4: bad}), images(), settings(), FitContext(0, "cpu", tmp_path))
    assert f"the last good checkpoint is {tmp_path / CHECKPOINT_FILE}" in caught.value.hint
    assert "precision=fp32" in caught.value.hint
    assert "learning_rate (now 0.05)" in caught.value.hint
    reference = Toy()
    train(reference, images(), settings(), FitContext(0, "cpu", tmp_path))
    assert len(reference.batches) == STEPS - 4


def test_a_run_that_fails_at_once_says_that_there_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"(?s)part is nan at step 0.*there is no checkpoint yet"):
        train(Toy(spoilt={0: math.nan}), images(), settings(), FitContext(0, "cpu", tmp_path))
    assert not (tmp_path / CHECKPOINT_FILE).exists()


def test_the_metrics_are_means_since_the_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "POINTS_PER_CURVE", 2)
    toy = Toy()
    result = train(toy, images(), settings(steps=6), FitContext(0, "cpu", tmp_path))
    means = [np.mean(toy.values[:3]), np.mean(toy.values[3:])]
    assert [line["step"] for line in lines(tmp_path)] == [3, 6]
    np.testing.assert_allclose([line["loss"] for line in lines(tmp_path)], means, rtol=1e-6)
    np.testing.assert_allclose([line["part"] for line in lines(tmp_path)], np.multiply(means, 2), rtol=1e-6)
    assert result.curves == {name: [line[name] for line in lines(tmp_path)] for name in ("step", "loss", "part")}


def test_progress_and_the_fit_report_say_what_was_done(tmp_path: Path) -> None:
    told: list[tuple[str, int, int, str]] = []
    result = train(
        Toy(), images(), settings(), FitContext(0, "cpu", tmp_path, progress=lambda *said: told.append(said))
    )
    assert [(what, done, total) for what, done, total, _ in told] == [
        ("training", step, STEPS) for step in range(1, STEPS + 1)
    ]
    assert all("loss" in note and "images/s" in note for *_, note in told)
    assert result.steps == STEPS
    assert result.seconds > 0
    assert result.images_per_second == pytest.approx(STEPS * BATCH / result.seconds)


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    first, second = Toy(), Toy()
    result = train(first, images(), settings(), FitContext(0, "cpu", tmp_path))
    assert train(second, images(), settings(), FitContext(0, "cpu", tmp_path)) == result
    assert second.batches == []
    for one, other in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


@given(st.floats(1e-6, 1), st.integers(2, 10_000), st.data())
def test_the_cosine_falls_from_the_full_rate_towards_zero(rate: float, steps: int, data: st.DataObject) -> None:
    chosen = settings(learning_rate=rate, steps=steps, schedule="cosine")
    step = data.draw(st.integers(0, steps - 2))
    assert learning_rate(chosen, 0) == rate
    assert 0 < learning_rate(chosen, step + 1) < learning_rate(chosen, step) <= rate
    assert learning_rate(chosen, step) + learning_rate(chosen, steps - step) == pytest.approx(rate)


@given(st.floats(1e-6, 1), st.integers(0, 10_000))
def test_the_constant_rate_is_constant(rate: float, step: int) -> None:
    assert learning_rate(settings(learning_rate=rate, schedule="constant"), step) == rate
