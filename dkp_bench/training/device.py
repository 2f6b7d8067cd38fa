"""Which device and which precision to train with."""

from typing import Literal

import torch

from dkp_bench.errors import DkpError

Precision = Literal["auto", "bf16", "fp32"]


def find_device(name: str = "auto") -> torch.device:
    """The device called ``name``; ``auto`` is the first GPU where there is one, else the CPU.

    Raises:
        DkpError: if there is no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DkpError(
            f"cannot use the device {name!r}: {error}", "dkp-bench doctor lists what this machine has"
        ) from error
    return device


def uses_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Whether to run under bfloat16 autocast; ``auto`` says yes where the hardware computes in it."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
