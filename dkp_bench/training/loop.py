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
from dkp_bench.methods import FitContext, FitResult, Settings
from dkp_bench.training import distributed
from dkp_bench.training.batches import (
    Arrays,
    Batch,
    Share,
    make_generator,
    read_ahead,
    read_arrays,
    step_indices,
    to_batch,
)
from dkp_bench.training.checkpoint import CHECKPOINT_FILE, Position, resume, save_checkpoint
from dkp_bench.training.curves import MetricsLog
from dkp_bench.training.device import Precision, uses_bfloat16

CHECKPOINT_SECONDS = 20.0
POINTS_PER_CURVE = 200


class TrainingSettings(Settings):
    """Settings of the training; the defaults are AutoLink's."""

    steps: int = Field(20_001, ge=0)
    """0 leaves the network as it was drawn."""
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
    reads_depth: bool = False

    @abstractmethod
    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        """Compute the losses of one batch, each a mean over its images.

        Args:
            batch: images of one step, or this process's share of them.
            generator: the step's own source of chance; what is drawn for each image goes through :meth:`Batch.drawn`.
        """

    def forward(self, batch: Batch, generator: torch.Generator) -> Losses:
        """Return :meth:`losses`: PyTorch calls this where several processes share a batch."""
        return self.losses(batch, generator)


def train(task: Trainable, images: ImageSet, settings: TrainingSettings, context: FitContext) -> FitResult:
    """Minimise the task's loss over the images with AdamW.

    The data order is a function of (seed, epoch) and every random draw one of (seed, step), so a run resumed from
    its checkpoint equals an uninterrupted one, bit for bit on a CPU. Several processes (:mod:`.distributed`) share each
    step's batch and end with the same model as one, up to rounding and, on CPUs, batch normalisation.

    Raises:
        DkpError: if a loss is not finite, with the step, the last good checkpoint and what to try; or if the batch
            cannot be shared equally.
    """
    device, share = torch.device(context.device), distributed.share_of(settings.batch_size)
    task.to(device).to(memory_format=torch.channels_last)
    trained = [parameter for parameter in task.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, settings.learning_rate, weight_decay=settings.weight_decay, fused=True)
    context.folder.mkdir(parents=True, exist_ok=True)
    position = resume(context.folder, task.model, optimizer, settings.steps)
    metrics = distributed.on_main(lambda: MetricsLog(context.folder, position.step))
    _Run(task, distributed.replicated(task), images, share, settings, context, optimizer, position, metrics).finish()
    distributed.share_buffers(task.model)
    return distributed.on_main(
        lambda: FitResult(
            seconds=position.seconds,
            steps=settings.steps,
            images_per_second=settings.steps * settings.batch_size / (position.seconds or math.inf),
            precision="bf16" if uses_bfloat16(settings.precision, device) else "fp32",
            curves=metrics.curves(),
        )
    )


@dataclass
class _Run:
    task: Trainable
    objective: nn.Module
    """The task, or what stands for it where several processes share a batch."""
    images: ImageSet
    share: Share
    settings: TrainingSettings
    context: FitContext
    optimizer: torch.optim.Optimizer
    position: Position
    metrics: MetricsLog

    def finish(self) -> None:
        """Do all remaining steps, with a checkpoint every :data:`CHECKPOINT_SECONDS`."""
        position, started = self.position, time.monotonic()
        before, saved = position.seconds, started
        log_every = math.ceil(self.settings.steps / POINTS_PER_CURVE)
        self.task.train()
        unchecked: list[dict[str, Tensor]] = []
        with read_ahead(self._read, range(position.step, self.settings.steps)) as read:
            for step, arrays in enumerate(read, start=position.step):
                unchecked.append(self._step(step, arrays))
                position.step = step + 1
                due = position.step == self.settings.steps or time.monotonic() - saved > CHECKPOINT_SECONDS
                if due or position.step % log_every == 0 or self.context.device == "cpu":
                    self._collect(unchecked)
                    position.seconds = before + time.monotonic() - started
                if position.step % log_every == 0:
                    self._log()
                if due:
                    self._save()
                    saved = time.monotonic()

    def _read(self, step: int) -> Arrays:
        indices = step_indices(len(self.images), self.settings.batch_size, self.context.seed, step)[self.share.rows]
        pinned = torch.device(self.context.device).type == "cuda"
        return read_arrays(self.images, indices, depth=self.task.reads_depth, pinned=pinned)

    def _step(self, step: int, arrays: Arrays) -> dict[str, Tensor]:
        settings, device = self.settings, torch.device(self.context.device)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(settings, step)
        chance = make_generator(self.context.seed, "step", step)
        flip = (torch.rand(self.share.total, generator=chance) < 0.5)[self.share.rows] if settings.flip else None
        batch = to_batch(arrays, device, flip, self.share)
        with torch.autocast(device.type, torch.bfloat16, enabled=uses_bfloat16(settings.precision, device)):
            losses: Losses = self.objective(batch, chance)
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return distributed.mean({name: part.detach() for name, part in {"loss": losses.total, **losses.parts}.items()})

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
        if not distributed.is_main():
            return
        self.metrics.write(position.step, means)
        if self.context.progress:
            speed = position.step * self.settings.batch_size / position.seconds
            note = f"loss {means['loss']:.4f}, {speed:.0f} images/s"
            self.context.progress("training", position.step, self.settings.steps, note)

    def _save(self) -> None:
        if distributed.is_main():
            save_checkpoint(self.context.folder, self.task.model, self.optimizer, self.position)

    def _diverged(self, step: int, name: str, value: float) -> DkpError:
        checkpoint = self.context.folder / CHECKPOINT_FILE
        good = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "there is no checkpoint yet"
        hint = f"{good}; try --set precision=fp32 or a smaller learning_rate (now {self.settings.learning_rate})"
        return DkpError(f"{name} is {value} at step {step}", hint)


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """Return the learning rate of a step under the settings' schedule."""
    if settings.schedule == "constant":
        return settings.learning_rate
    return settings.learning_rate * (1 + math.cos(math.pi * step / settings.steps)) / 2
