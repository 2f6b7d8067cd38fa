"""Which device and which precision to train with."""

import os
from collections.abc import Iterable
from typing import Literal

import torch

from dkp_bench.errors import DkpError
from dkp_bench.training import distributed

ON_A_CPU = ("tiny", "laptop")
"""Profiles that a CPU is enough for; all others want a GPU."""

Precision = Literal["auto", "bf16", "fp32"]


def find_device(name: str = "auto") -> torch.device:
    """Return the device called ``name``; ``auto`` is a GPU where there is one, else the CPU.

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


def devices_for(profile: str, name: str = "auto") -> list[str]:
    """Return the names of the devices that runs of a profile train on, as :func:`find_devices` has them.

    Args:
        profile: how much work; all but those in :data:`ON_A_CPU` want a GPU.
        name: devices with commas between them, or ``auto``.

    Raises:
        DkpError: if there is no such device, or ``auto`` finds no GPU for a profile that wants one.
    """
    if name == "auto" and profile_without_gpu([profile]):
        raise DkpError(
            f"the {profile} profile wants a GPU, and this machine has none",
            "--profile tiny runs on a CPU in minutes, laptop in 20 each; --device cpu runs this one there all the same, for hours or days",
        )
    return find_devices(name)


def find_devices(name: str = "auto") -> list[str]:
    """Return each device that is named, once, a GPU by its number; ``auto`` is every GPU there is, else the CPU.

    Of several processes that train together, ``auto`` is each one's own GPU.

    Args:
        name: devices with commas between them, or ``auto``.

    Raises:
        DkpError: if there is no such device.
    """
    if name == "auto" and torch.cuda.is_available() and distributed.size() == 1:
        return [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return list(dict.fromkeys(_numbered(find_device(one.strip())) for one in name.split(",")))


def profile_without_gpu(profiles: Iterable[str]) -> str | None:
    """Return a profile that wants a GPU, if this machine has none; None where all can run here."""
    large = sorted(profile for profile in set(profiles) if profile not in ON_A_CPU)
    return large[0] if large and not torch.cuda.is_available() else None


def core_count() -> int:
    """Return how many cores this process may use, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _numbered(device: torch.device) -> str:
    """Return the name of a device with its number: ``cuda`` and ``cuda:0`` are the same one."""
    return "cuda:0" if str(device) == "cuda" else str(device)


def _own_device(name: str) -> str:
    """Return what this one of several processes has for the device called ``name``."""
    own = f"cuda:{distributed.local_rank()}"
    if name.startswith("cuda:") and name != own:
        raise DkpError(
            f"{distributed.size()} processes cannot all use {name}", "with --device cuda each has its own GPU"
        )
    return own if name == "cuda" else name


def uses_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Return whether to run under bfloat16 autocast; ``auto`` says yes where the hardware computes in it."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
