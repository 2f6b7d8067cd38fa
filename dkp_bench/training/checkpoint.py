"""Checkpoints: everything a run needs to go on as if it had never stopped."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path

FILE = "checkpoint.pt"


@dataclass
class Position:
    """Where a run stands: steps done, seconds spent on them, and losses not yet written to the metrics."""

    step: int = 0
    seconds: float = 0.0
    pending: dict[str, list[float]] = field(default_factory=dict)


def save_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, position: Position) -> None:
    """Write the state of a run, atomically."""
    with atomic_path(folder / FILE) as temporary:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), **vars(position)}, temporary)


def load_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Position:
    """Restore the state that :func:`save_checkpoint` wrote; the beginning of a run where there is none.

    Raises:
        DkpError: if the file is damaged or belongs to another model.
    """
    path = folder / FILE
    if not path.exists():
        return Position()
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(state.pop("model"))
        optimizer.load_state_dict(state.pop("optimizer"))
        return Position(**state)
    except Exception as error:  # torch.load raises a different type for each way a file can be damaged
        raise DkpError(f"cannot resume from {path}: {error}", "delete that file to train from the beginning") from error
