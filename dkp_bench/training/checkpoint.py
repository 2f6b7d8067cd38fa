"""Checkpoints: everything a run needs to go on as if it had never stopped."""

import io
import itertools
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dkp_bench.errors import DkpError, printable
from dkp_bench.files import write_bytes
from dkp_bench.progress import say
from dkp_bench.tensor_files import load_tensors
from dkp_bench.training.distributed import main_first

CHECKPOINT_FILE = "checkpoint.pt"
PARTS = {"model", "optimizer", "step", "seconds", "pending"}


@dataclass
class Position:
    """State of progress of a run: steps done, seconds spent on them, and losses not yet written to the metrics."""

    step: int = 0
    seconds: float = 0.0
    pending: dict[str, list[float]] = field(default_factory=dict)


def save_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, position: Position) -> None:
    """Write the state of a run, atomically.

    Raises:
        WriteError: if it cannot be written; the checkpoint before it stays.
    """
    content = io.BytesIO()  # PyTorch's own writer does not say that a disk is full
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), **vars(position)}, content)
    write_bytes(folder / CHECKPOINT_FILE, content.getvalue())


def load_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, steps: float = math.inf
) -> Position:
    """Restore the state that :func:`save_checkpoint` wrote; the beginning of a run where there is none.

    Everything is checked before anything is restored: after an error, model and optimizer are as they were.

    Args:
        folder: of the run.
        model: to be restored.
        optimizer: to be restored.
        steps: of the whole run; a checkpoint that is beyond them is of another one.

    Raises:
        DkpError: if the file is damaged or belongs to another model.
        OSError: if it cannot be read.
    """
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return Position()
    content = path.read_bytes()
    try:
        state = _read(content)
        _check_position(state["step"], state["seconds"], state["pending"])
        if state["step"] > steps:
            raise ValueError(f"it is at step {state['step']} of {steps}")
        _check_model(state["model"], model.state_dict())
        moments = _checked_moments(state["optimizer"], optimizer)
    except MemoryError:
        raise
    except Exception as error:  # torch.load raises a different type for each way a file can be damaged
        why = printable(f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else error)
        raise DkpError(f"cannot resume from {path}: {why}", "delete that file to train from the beginning") from error
    model.load_state_dict(state["model"])
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    return Position(state["step"], state["seconds"], state["pending"])


def resume(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> Position:
    """Restore a run's state as :func:`load_checkpoint` does; a damaged checkpoint is set aside, and said.

    Several processes that train together restore the same one: the main process is the first to look at it.

    Returns:
        Where to go on; the beginning where there is no checkpoint, or a damaged one.
    """
    found: list[Position] = []

    def look() -> None:
        try:
            found.append(load_checkpoint(folder, model, optimizer, steps))
        except DkpError as error:
            found.append(Position())
            kept = _set_aside(folder / CHECKPOINT_FILE)
            say(f"{error.problem}; the file is now {kept.name}, and the training starts from step 0")

    main_first(look)
    return found[0]


def _set_aside(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.damaged-{number}{path.suffix}") for number in itertools.count(1))
    kept = next(name for name in names if not name.exists())
    path.rename(kept)
    return kept


def _read(content: bytes) -> dict[str, Any]:
    """Return the parts of a checkpoint, of which every byte has its checksum."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        damaged = archive.testzip()
    if damaged:
        raise ValueError(f"the checksum of {damaged} is wrong")
    state = load_tensors(content)
    if not isinstance(state, dict) or state.keys() != PARTS:
        raise ValueError(f"it has other parts than {', '.join(sorted(PARTS))}")
    return state


def _check_position(step: Any, seconds: Any, pending: Any) -> None:
    if type(step) is not int or step < 0:
        raise ValueError(f"its step is {step!r}")
    if type(seconds) is not float or not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"its seconds are {seconds!r}")
    if not isinstance(pending, dict) or not all(isinstance(name, str) for name in pending):
        raise ValueError("its pending losses have no names")
    for name, values in pending.items():
        if not isinstance(values, list) or not all(type(value) is float and math.isfinite(value) for value in values):
            raise ValueError(f"its pending losses {name!r} are no list of finite numbers")


def _check_model(found: object, expected: Mapping[str, Tensor]) -> None:
    if not isinstance(found, Mapping) or found.keys() != expected.keys():
        raise ValueError("its model has other parts than the one to train")
    for name, tensor in expected.items():
        _check_tensor(f"{name} of its model", found[name], tensor.shape, tensor.dtype)


def _checked_moments(found: object, optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """Return the optimizer's state of each parameter: steps and moments; its settings are the run's, not the file's."""
    if not isinstance(found, dict) or not isinstance(found.get("state"), dict):
        raise ValueError("its optimizer has no state")
    groups, parameters = found.get("param_groups"), [one for group in optimizer.param_groups for one in group["params"]]
    numbers = [number for group in groups for number in group["params"]] if isinstance(groups, list) else []
    if numbers != list(range(len(parameters))):
        raise ValueError(f"its optimizer is not of {len(parameters)} parameters")
    moments: dict[Any, Any] = found["state"]
    for number, of_parameter in moments.items():
        if type(number) is not int or not 0 <= number < len(parameters):
            raise ValueError(f"its optimizer has a state of a parameter {number!r}")
        if not isinstance(of_parameter, dict) or of_parameter.keys() != {"step", "exp_avg", "exp_avg_sq"}:
            raise ValueError(f"its optimizer has no moments of the parameter {number}")
        for name, tensor in of_parameter.items():
            shape = torch.Size([]) if name == "step" else parameters[number].shape
            _check_tensor(f"{name} of its optimizer's parameter {number}", tensor, shape, torch.float32)
    return moments


def _check_tensor(name: str, found: object, shape: torch.Size, dtype: torch.dtype) -> None:
    if not isinstance(found, Tensor) or found.shape != shape or found.dtype != dtype:
        what = f"{found.dtype}{list(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"size mismatch for {name}: it is {what}, not {dtype}{list(shape)}")
