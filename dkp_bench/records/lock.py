"""One process at a time on a run: two that trained it at once would overwrite each other's checkpoints."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from dkp_bench.errors import DkpError
from dkp_bench.training.parallel import on_main


class BusyError(DkpError):
    """Another process is at work on the run."""


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Keep other processes off a run's folder while the block runs; a process that was killed keeps off nobody.

    Of several processes that train together, the main one holds the lock for all: a file beside the folder, which is
    gone once the run is finished.

    Raises:
        BusyError: if another process is at work there.
    """
    lock = folder.with_name(f"{folder.name}.lock")
    with ExitStack() as held:
        on_main(lambda: _take(lock, held))
        yield
        on_main(lambda: lock.unlink(missing_ok=True))


def _take(lock: Path, held: ExitStack) -> None:
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        held.enter_context(FileLock(lock, timeout=0))
    except Timeout:
        problem = f"another process is at work on {lock.with_suffix('')}"
        raise BusyError(problem, "wait until it has finished, or stop it") from None
