"""The file that keeps a run's weights in half precision: all of them, or of some the names and shapes alone.

A record names the SHA-256 of the weights as they were trained. Halved ones have another, and say in their header which
file they were made from, so that no others can stand in for them unsaid.
"""

import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from pydantic import NonNegativeInt, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from dkp_bench.errors import DkpError, printable
from dkp_bench.runs.hints import restore_hint
from dkp_bench.tensor_files import HALF_OF

LEFT_OUT = "left out"
"""Under this key, the file says in JSON the shape of each tensor that it does not hold, by name."""
MOST_NUMBERS = 2**26
"""How many numbers all that is left out may have: a quarter of a gigabyte."""

_Shapes = TypeAdapter(dict[str, list[NonNegativeInt]])


def halved_weights(tensors: Mapping[str, Tensor], digest: str, without: Collection[str] = ()) -> bytes:
    """Return a safetensors file with tensors in float16; those that float16 cannot hold stay as they are.

    Args:
        tensors: all of a run's weights, by name.
        digest: SHA-256 of the file they are from.
        without: names of those to leave out.
    """
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items() if name in without}
    header = {HALF_OF: digest} | ({LEFT_OUT: json.dumps(shapes)} if shapes else {})
    return save({name: _halved(tensor) for name, tensor in tensors.items() if name not in shapes}, header)


def _halved(tensor: Tensor) -> Tensor:
    """Return a tensor in float16, unless it holds no floating-point numbers or some that float16 has not."""
    half = tensor.half()
    return half if tensor.is_floating_point() and bool(half.isfinite().all()) else tensor


def read_kept_weights(path: Path) -> dict[str, Tensor]:
    """Return all tensors of a file of :func:`halved_weights`, in float32 where they were halved.

    Those that were left out are NaN throughout: what uses them gives no number that could be taken for a result.

    Raises:
        DkpError: if the file is missing or damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            shapes = _Shapes.validate_json((file.metadata() or {}).get(LEFT_OUT, "{}"), strict=True)
        if sum(map(math.prod, shapes.values())) > MOST_NUMBERS:
            raise ValueError(f"what it leaves out has more than {MOST_NUMBERS:,} numbers")
        kept = {
            name: tensor.float() if tensor.dtype == torch.half else tensor for name, tensor in load_file(path).items()
        }
    except (OSError, SafetensorError, ValidationError, ValueError) as error:
        raise DkpError(
            f"cannot read the weights in {path}: {printable(error, 600)}", restore_hint(path.parent)
        ) from error
    return {name: torch.full(shape, math.nan) for name, shape in shapes.items()} | kept
