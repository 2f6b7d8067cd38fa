"""Running a trained module over an image set, and keeping its weights."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError, printable
from dkp_bench.files import write_bytes
from dkp_bench.training.batches import Batch, read_batch

WEIGHTS_FILE = "weights.safetensors"
BATCH_SIZE = 64
HINT = "restore the file, or train another run; what else is in the folder stays as it is"

ModuleT = TypeVar("ModuleT", bound=nn.Module)


def batched(
    model: ModuleT, images: ImageSet, compute: Callable[[ModuleT, Batch], Tensor], *, depth: bool = False
) -> NDArray[np.float32]:
    """Apply ``compute`` to all images in order, in evaluation mode and float32, concatenated along the batch."""
    device = next(model.parameters()).device
    model.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), BATCH_SIZE):
            indices = np.arange(start, min(start + BATCH_SIZE, len(images)))
            parts.append(compute(model, read_batch(images, indices, device, depth=depth)).float().cpu().numpy())
    return np.concatenate(parts)


def save_module(model: nn.Module, folder: Path) -> None:
    """Write the weights as safetensors, atomically."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_bytes(folder / WEIGHTS_FILE, save(tensors))  # its own writer does not say that a disk is full


def load_module(model: ModuleT, folder: Path) -> ModuleT:
    """Read the weights that :func:`save_module` wrote into ``model``, on the CPU.

    Raises:
        DkpError: if the file is absent, damaged or made for another model.
    """
    path = folder / WEIGHTS_FILE
    try:
        model.load_state_dict(load_file(path))
    except FileNotFoundError as error:
        raise DkpError(f"cannot read the weights in {path}: the file is not there", HINT) from error
    except (OSError, SafetensorError, RuntimeError) as error:
        raise DkpError(f"cannot read the weights in {path}: {printable(error, 600)}", HINT) from error
    return model
