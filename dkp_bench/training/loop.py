"""The training loop, one for every method that is trained."""

import math
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, FitReport, Settings
from dkp_bench.training.batches import Batch, generator, read_batch, step_indices
from dkp_bench.training.checkpoint import Position, load_checkpoint, save_checkpoint
from dkp_bench.training.device import Precision, uses_bfloat16
from dkp_bench.training.metrics import MetricsLog

CHECKPOINT_SECONDS = 20.0
POINTS_PER_CURVE = 200


class TrainingSettings(Settings):
    """How to train; the defaults are AutoLink's."""

    steps: int = Field(20_001, ge=1)
    batch_size: int = Field(64, ge=1)
    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(1e-3, ge=0)
    schedule: Literal["constant", "cosine"] = "constant"
    """Learning rate over the steps: constant, or falling to zero along half a cosine."""
    flip: bool = True
    """Whether training images are mirrored at random."""
    precision: Precision = "auto"


@dataclass(frozen=True)
class Losses:
    """The scalar to minimise and the parts to log, all scalars on the device."""

    total: Tensor
    parts: Mapping[str, Tensor]


class Trainable(nn.Module):
    """A model with its objective. Only ``model`` is saved; what else is needed for the objective is frozen."""

    model: nn.Module
    needs_depth: bool = False

    @abstractmethod
    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        """The losses of one batch; ``generator`` is the step's own source of chance."""


def train(task: Trainable, images: ImageSet, settings: TrainingSettings, context: FitContext) -> FitReport:
    """Minimise the task's loss over the images with AdamW.

    The data order is a function of (seed, epoch) and every random draw one of (seed, step), so a run resumed from
    its checkpoint equals an uninterrupted one, bit for bit on a CPU.

    Raises:
        DkpError: if a loss is not finite, with the step, the last good checkpoint and what to try.
    """
    device = torch.device(context.device)
    task.to(device).to(memory_format=torch.channels_last)
    trained = [parameter for parameter in task.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, settings.learning_rate, weight_decay=settings.weight_decay, fused=True)
    context.folder.mkdir(parents=True, exist_ok=True)
    position = load_checkpoint(context.folder, task.model, optimizer)
    run = _Run(task, images, settings, context, optimizer, position, MetricsLog(context.folder, position.step))
    run.finish()
    return FitReport(
        seconds=position.seconds,
        steps=settings.steps,
        images_per_second=settings.steps * settings.batch_size / position.seconds,
        precision="bf16" if uses_bfloat16(settings.precision, device) else "fp32",
        curves=run.metrics.curves(),
    )


@dataclass
class _Run:
    task: Trainable
    images: ImageSet
    settings: TrainingSettings
    context: FitContext
    optimizer: torch.optim.Optimizer
    position: Position
    metrics: MetricsLog

    def finish(self) -> None:
        """All remaining steps, with a checkpoint every :data:`CHECKPOINT_SECONDS`."""
        position, started = self.position, time.monotonic()
        before, saved = position.seconds, started
        log_every = math.ceil(self.settings.steps / POINTS_PER_CURVE)
        self.task.train()
        unchecked: list[dict[str, Tensor]] = []
        for step in range(position.step, self.settings.steps):
            unchecked.append(self._step(step))
            position.step = step + 1
            due = position.step == self.settings.steps or time.monotonic() - saved > CHECKPOINT_SECONDS
            if due or position.step % log_every == 0 or self.context.device == "cpu":
                self._collect(unchecked)
                position.seconds = before + time.monotonic() - started
            if position.step % log_every == 0:
                self._log()
            if due:
                save_checkpoint(self.context.folder, self.task.model, self.optimizer, position)
                saved = time.monotonic()

    def _step(self, step: int) -> dict[str, Tensor]:
        settings, device = self.settings, torch.device(self.context.device)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(settings, step)
        indices = step_indices(len(self.images), settings.batch_size, self.context.seed, step)
        chance = generator(self.context.seed, "step", step)
        flip = torch.rand(len(indices), generator=chance) < 0.5 if settings.flip else None
        batch = read_batch(self.images, indices, device, depth=self.task.needs_depth, flip=flip)
        with torch.autocast(device.type, torch.bfloat16, enabled=uses_bfloat16(settings.precision, device)):
            losses = self.task.losses(batch, chance)
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return {name: part.detach() for name, part in {"loss": losses.total, **losses.parts}.items()}

    def _collect(self, unchecked: list[dict[str, Tensor]]) -> None:
        """Move losses off the device in one go, and stop at the first that is not finite."""
        first = self.position.step - len(unchecked)
        for offset, values in enumerate(unchecked):
            for name, value in values.items():
                number = value.item()
                if not math.isfinite(number):
                    raise self._diverged(first + offset, name, number)
                self.position.pending.setdefault(name, []).append(number)
        unchecked.clear()

    def _log(self) -> None:
        position = self.position
        means = {name: math.fsum(values) / len(values) for name, values in position.pending.items()}
        position.pending.clear()
        self.metrics.write(position.step, means)
        if self.context.report:
            speed = position.step * self.settings.batch_size / position.seconds
            note = f"loss {means['loss']:.4f}, {speed:.0f} images/s"
            self.context.report("training", position.step, self.settings.steps, note)

    def _diverged(self, step: int, name: str, value: float) -> DkpError:
        checkpoint = self.context.folder / "checkpoint.pt"
        good = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "there is no checkpoint yet"
        hint = f"{good}; try --set precision=fp32 or a smaller learning_rate (now {self.settings.learning_rate})"
        return DkpError(f"{name} is {value} at step {step}", hint)


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """The learning rate of a step under the settings' schedule."""
    if settings.schedule == "constant":
        return settings.learning_rate
    return settings.learning_rate * (1 + math.cos(math.pi * step / settings.steps)) / 2
