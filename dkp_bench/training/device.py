"""Which device and which precision to train with."""

from typing import Literal

import torch

from dkp_bench.errors import DkpError
from dkp_bench.training import distributed

Precision = Literal["auto", "bf16", "fp32"]


def find_device(name: str = "auto") -> torch.device:
    """The device called ``name``; ``auto`` is a GPU where there is one, else the CPU.

    Of several processes each has the GPU of its own local rank.

    Raises:
        DkpError: if there is no such device on this machine, or several processes were given the same GPU.
    """
    if name == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
        return find_device(kind) if distributed.size() > 1 else torch.device(kind)
    if distributed.size() > 1:
        name = _own_device(name)
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DkpError(
            f"cannot use the device {name!r}: {error}", "dkp-bench doctor lists what this machine has"
        ) from error
    return device


def _own_device(name: str) -> str:
    """What this one of several processes has for the device called ``name``."""
    own = f"cuda:{distributed.local_rank()}"
    if name.startswith("cuda:") and name != own:
        raise DkpError(
            f"{distributed.size()} processes cannot all use {name}", "with --device cuda each has its own GPU"
        )
    return own if name == "cuda" else name


def uses_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Whether to run under bfloat16 autocast; ``auto`` says yes where the hardware computes in it."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
