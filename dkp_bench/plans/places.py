"""Where workers work: on which devices, how many on each, with how many threads."""

import os
from collections.abc import Iterable
from pathlib import Path

import torch

from dkp_bench.errors import DkpError
from dkp_bench.plans.worker import Place
from dkp_bench.presets import Profile
from dkp_bench.training.device import find_device


def places(device: str, processes: int, profiles: Iterable[Profile], *, runs: Path, cache: Path) -> list[Place]:
    """A place for each worker.

    Several workers on one CPU share its cores, unless ``OMP_NUM_THREADS`` says how many threads each may use: two
    that used all of them would take more than twice as long.

    Args:
        device: names of devices with commas between them, each counted once, or ``auto``: every GPU, else the CPU.
        processes: how many workers each device has.
        profiles: the profiles to run.
        runs: folder of all runs.
        cache: folder for derived files.

    Raises:
        DkpError: if there is no such device, or ``auto`` finds no GPU for a profile that wants one.
    """
    names = _devices(device, profiles)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = processes > 1 and "OMP_NUM_THREADS" not in os.environ
    threads = {"cpu": max(1, cores // processes)} if share else {}
    return [Place(name, threads.get(name), runs, cache) for name in names for _ in range(processes)]


def _devices(device: str, profiles: Iterable[Profile]) -> list[str]:
    if device != "auto":
        return list(dict.fromkeys(_numbered(find_device(name.strip())) for name in device.split(",")))
    if torch.cuda.is_available():
        return [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    lack = wants_gpu(profiles)
    if lack:
        raise DkpError(lack, "--device cpu runs it here all the same, for hours or days")
    return ["cpu"]


def wants_gpu(profiles: Iterable[Profile]) -> str:
    """Say that these profiles want a GPU and this machine has none; empty where that is not so."""
    large = sorted(profile for profile in set(profiles) if profile != "tiny")
    if not large or torch.cuda.is_available():
        return ""
    return f"the plan has cells of the {large[0]} profile, which wants a GPU, and this machine has none"


def _numbered(device: torch.device) -> str:
    """The name of a device; a GPU is told from others by its number, and ``cuda`` is the first one."""
    return "cuda:0" if str(device) == "cuda" else str(device)
