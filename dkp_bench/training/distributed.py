"""Several processes as one: what ``torchrun`` starts on N GPUs trains as one process does, up to rounding.

Every process runs the same command. They share each step's batch and average their gradients; the main one, rank 0,
also predicts, scores, writes and prints, while the others wait. In a single process everything here does nothing.

Processes talk over NCCL about what is on GPUs and over Gloo about what is not, so that waiting for the main process
keeps no GPU busy. All of them read and write the same folders: on several machines those must be shared.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from dkp_bench.errors import DkpError
from dkp_bench.training.batches import Share

TIMEOUT = timedelta(days=7)
"""For how long the others wait for the main process, which may prepare a dataset; a process that dies ends them all."""

T = TypeVar("T")


def size() -> int:
    """Return the number N of processes that share the work."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return the number of this process, from 0 to N − 1."""
    return int(os.environ["RANK"]) if size() > 1 else 0


def local_rank() -> int:
    """Return the number of this process among those on its machine, which is the number of its GPU."""
    return int(os.environ["LOCAL_RANK"]) if size() > 1 else 0


def is_main() -> bool:
    """Return whether this is the process that predicts, scores, writes and prints."""
    return rank() == 0


@contextmanager
def session() -> Iterator[None]:
    """Run a command on all processes, once in a process: only the main one prints, and a failure is printed once.

    The first process to fail prints it. Those that fail after it, often because it is gone, raise and exit as they
    would, but what they have to say goes nowhere. After a failure the connections are left as they are: closing them
    would wait for processes that may never answer.
    """
    if size() == 1:
        yield
        return
    _join()
    nowhere = io.StringIO()
    try:
        with ExitStack() as muted:
            if not is_main():
                muted.enter_context(redirect_stdout(nowhere))
                muted.enter_context(redirect_stderr(nowhere))
            yield
    except BaseException:
        if not _first_to_fail():
            sys.stderr = nowhere
        raise
    dist.destroy_process_group()


def on_main(work: Callable[[], T]) -> T:
    """Return, on every process, what ``work`` gives on the main one; the others wait for it.

    Raises:
        DkpError: that of ``work``, on every process.
        RuntimeError: on the others, if ``work`` failed in another way.
    """
    if size() == 1:
        return work()
    _join()
    failure: Exception | None = None
    outcome: list[Any] = [None, None]
    if is_main():
        try:
            outcome[0] = work()
        except DkpError as error:
            failure = outcome[1] = error
        except Exception as error:
            _first_to_fail()  # this process has the traceback, so it is the one to tell
            failure, outcome[1] = error, RuntimeError(f"the main process failed: {error!r}")
    dist.broadcast_object_list(outcome, device=torch.device("cpu"))
    if failure or outcome[1]:
        raise failure or outcome[1]
    result: T = outcome[0]
    return result


def main_first(work: Callable[[], object]) -> None:
    """Do ``work`` on the main process and then on the others, which find on the disk what the main one made."""
    on_main(lambda: bool(work()))
    if not is_main():
        work()


def share_of(batch_size: int) -> Share:
    """Return this process's part of each step's batch.

    Raises:
        DkpError: if the batch cannot be shared equally.
    """
    each, left = divmod(batch_size, size())
    if left:
        hint = f"start 1, 2, … processes that divide {batch_size}, or --set batch_size={(each + 1) * size()}"
        raise DkpError(f"{size()} processes cannot share a batch of {batch_size} images equally", hint)
    return Share(rank() * each, (rank() + 1) * each, batch_size)


def replicated(task: nn.Module) -> nn.Module:
    """Return what to call in place of ``task``: gradients are means over the processes, first weights the main one's.

    On GPUs, batch normalisation takes its statistics over the whole batch of a step. PyTorch has no such thing for
    CPUs: there every process normalises with those of its own part, and the running ones are the main process's.
    """
    if size() == 1:
        return task
    _join()
    device = next(task.parameters()).device
    if device.type == "cuda":
        torch.cuda.set_device(device)
        nn.SyncBatchNorm.convert_sync_batchnorm(task)  # type: ignore[no-untyped-call]
    return DistributedDataParallel(task)


def share_buffers(model: nn.Module) -> None:
    """Give every process the main one's buffers, such as running statistics."""
    if size() > 1:
        for buffer in model.buffers():
            dist.broadcast(buffer, 0)


def mean(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Average scalars over the processes."""
    if size() == 1:
        return dict(values)
    stacked = torch.stack([value.float() for value in values.values()])
    dist.all_reduce(stacked)
    return dict(zip(values, stacked / size(), strict=True))


def _join() -> None:
    """Connect to the other processes, once."""
    if not dist.is_initialized():
        nccl = torch.cuda.is_available() and dist.is_nccl_available()
        backend = "cpu:gloo,cuda:nccl" if nccl else "gloo"
        dist.init_process_group(backend, store=_store(), rank=rank(), world_size=size(), timeout=TIMEOUT)


@cache
def _store() -> Store:
    """Return the small table of values that all processes share."""
    store: Store = next(rendezvous("env://", timeout=TIMEOUT))[0]
    return store


@cache
def _first_to_fail() -> bool:
    """Return whether no other process failed before this one."""
    try:
        failures: int = _store().add("failures", 1)
    except RuntimeError:  # the process that kept the store is gone
        return False
    return failures == 1
