"""The folder that a run is made in: its lock, what it resumes from, and what is set aside for it.

One process at a time works on a run: two that trained it at once would overwrite each other's checkpoints.
"""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from dkp_bench.errors import DkpError
from dkp_bench.files import make_folder, sweep, write_text, writing
from dkp_bench.progress import say
from dkp_bench.runs.layout import CODE_FILE, FITTED_FILE, RECORD
from dkp_bench.training.checkpoint import CHECKPOINT_FILE
from dkp_bench.training.distributed import on_main


class BusyError(DkpError):
    """Another process is at work on the run."""


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a run's folder while the block runs; the lock ends with its process.

    Of several processes that train together, the main one holds the lock for all: a file beside the folder, which is
    gone when the block ends.

    Raises:
        BusyError: if another process is at work there.
    """
    with ExitStack() as held:
        on_main(lambda: _take(folder, held))
        yield


def remove_stale_lock(folder: Path) -> None:
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


RESUME_FILES = (CHECKPOINT_FILE, FITTED_FILE)
"""Files that an interrupted run resumes from; a finished one has no use for them."""


def work_folder(folder: Path) -> Path:
    """Return where the run of ``folder`` is made, or would be: there, unless a finished one is there."""
    return folder.with_name(f"{folder.name}.next") if (folder / RECORD).exists() else folder


def prepare_folder(folder: Path, code_hash: str) -> Path:
    """Return the folder to make the run of ``folder`` in, with nothing of other code and no half-written file in it.

    A training that other code had started is set aside, and that is said.

    Args:
        folder: where the run is, or will be.
        code_hash: of the code that is here now.
    """
    place = work_folder(folder)
    make_folder(place)
    mark = place / CODE_FILE
    changed = not mark.is_file() or mark.read_bytes() != code_hash.encode()
    if changed and any((place / name).exists() for name in RESUME_FILES):
        kept = set_aside(place, folder)
        say(f"the training that other code had started in {place} is now in {kept}; it starts again from step 0")
        make_folder(place)
    for path in place.iterdir():
        if changed or path.name.startswith("."):
            _delete(path)
    if changed:
        write_text(mark, code_hash)
    return place


def move_into_place(folder: Path) -> None:
    """Move a run that is finished in ``seedS-DIGEST.next`` to its own folder; what was there is set aside, and said."""
    following = folder.with_name(f"{folder.name}.next")
    if (following / RECORD).exists():
        if folder.exists():
            kept = set_aside(folder, folder)
            say(f"the run that other code had made in {folder} is now in {kept}")
        _move(following, folder)
    elif following.exists() and not folder.exists():
        _move(following, folder)


def set_aside(place: Path, folder: Path) -> Path:
    """Move ``place`` to the first free ``seedS-DIGEST.replaced-N`` beside ``folder``, and return that."""
    names = (folder.with_name(f"{folder.name}.replaced-{number}") for number in itertools.count(1))
    target = next(name for name in names if not name.exists())
    _move(place, target)
    return target


def clean_up(folder: Path) -> None:
    """Remove from a finished run's folder what it would have resumed from, and what a kill has left half-written."""
    for path in (folder / name for name in RESUME_FILES):
        if path.exists():
            path.unlink(missing_ok=True)
    sweep(folder)


def _move(place: Path, target: Path) -> None:
    with writing(target):
        place.rename(target)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
