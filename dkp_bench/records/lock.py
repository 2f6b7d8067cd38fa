"""One process at a time on a run: two that trained it at once would overwrite each other's checkpoints."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dkp_bench.errors import DkpError
from dkp_bench.files import make_folder, writing
from dkp_bench.training.parallel import on_main


class BusyError(DkpError):
    """Another process is at work on the run."""


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Keep other processes off a run's folder while the block runs; a process that was killed keeps off nobody.

    Of several processes that train together, the main one holds the lock for all: a file beside the folder, which is
    gone when the block ends, whatever the reason.

    Raises:
        BusyError: if another process is at work there.
    """
    with ExitStack() as held:
        on_main(lambda: _take(folder, held))
        yield


def sweep_lock(folder: Path) -> None:
    """Remove the lock that a process which was killed has left beside a run's folder; one that is held stays."""
    if _lock(folder).exists():
        with suppress(BusyError), ExitStack() as held:
            _take(folder, held)


def _take(folder: Path, held: ExitStack) -> None:
    lock = _lock(folder)
    make_folder(lock.parent)
    with writing(lock):
        try:
            held.enter_context(FileLock(lock, timeout=0))
        except Timeout:  # an OSError, too
            problem = f"another process is at work on {folder}"
            raise BusyError(problem, "wait until it has finished, or stop it") from None
    held.callback(lock.unlink, missing_ok=True)


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
