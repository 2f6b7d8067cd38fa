"""Writing files so that a reader never sees half of one, and a writer learns in one line what is in the way."""

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dkp_bench.errors import DkpError

try:
    import fcntl
except ImportError:  # a system without such locks, on which nothing tells a dead process's files from a living one's
    fcntl = None  # type: ignore[assignment]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk, or what a user may have of it, is used up."""
PART = re.compile(r"\..*-[a-z0-9_]{8}\.dkp-part(\.[^.]*)?")
"""Names of files and folders that are not yet whole. Who writes one holds a lock on it, which ends with the process."""
_swept: set[Path] = set()
"""Folders that this process has looked through for parts that others left."""


GO_ON = "free some space and repeat the command; what was finished before is kept"


class WriteError(DkpError):
    """A file or folder cannot be written; the ``OSError`` is its cause."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the block into one clear error about ``path``, which the block writes.

    One that names a file elsewhere, which the block reads, passes as it is.

    Raises:
        WriteError: saying what is in the way (a full disk, a folder that is a file, missing rights) and what to do.

    >>> with writing(Path("results")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    dkp_bench.files.WriteError: cannot write results: the disk is full
    free some space and repeat the command; what was finished before is kept
    """
    try:
        yield
    except OSError as error:
        named = None if error.filename is None else Path(os.fsdecode(error.filename))
        if named and named not in (path, *path.parents) and path.parent not in named.parents:
            raise
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> WriteError:
    """Return the error of a ``path`` that could not be written."""
    if error.errno in FULL:
        return WriteError(f"cannot write {path}: {reason(error)}", GO_ON)
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        blocker = next((parent for parent in (*path.parents, path) if parent.is_file()), path)
        kind = "a file, and a folder should be there" if blocker.is_file() else "a folder, and a file should be there"
        return WriteError(f"cannot write {path}: {blocker} is {kind}", "name another folder, or move it away")
    return WriteError(f"cannot write {path}: {reason(error)}", "name another folder, or make this one writable")


def reason(error: OSError) -> str:
    """Say what is in the way: a full disk is called that, else it is what the system says.

    >>> reason(OSError(122, "Disk quota exceeded"))
    'the disk is full'
    """
    return "the disk is full" if error.errno in FULL else error.strerror or str(error) or type(error).__name__


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path``, synced to disk, if the block ends without an error.

    Raises:
        WriteError: if the file cannot be written; what was there before stays.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_once(path.parent)
        handle, temporary = _new_part(path)
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
            os.close(handle)


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """Yield a new folder next to ``beside``, for what is to be renamed to that; it is removed when the block ends.

    Raises:
        WriteError: if it cannot be made.
    """
    with writing(beside):
        beside.parent.mkdir(parents=True, exist_ok=True)
        _sweep_once(beside.parent)
        handle, folder = _new_folder(beside)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left unfinished in a folder; what a living one writes there stays.

    >>> with tempfile.TemporaryDirectory() as name:
    ...     left = Path(name, ".weights-abcd1234.dkp-part.safetensors")
    ...     left.touch()
    ...     sweep(left.parent)
    ...     left.exists()
    False
    """
    _swept.add(folder.absolute())
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if PART.fullmatch(entry.name) and not entry.is_symlink():
                _remove_if_left(Path(entry.path))


def _sweep_once(folder: Path) -> None:
    if folder.absolute() not in _swept:
        sweep(folder)


def _remove_if_left(part: Path) -> None:
    with suppress(OSError):  # it is gone by now, or is another user's
        handle = os.open(part, os.O_RDONLY if part.is_dir() else os.O_RDWR)
        try:
            if not _hold(handle):
                return
            if part.is_dir():
                shutil.rmtree(part)
            else:
                part.unlink()
        finally:
            os.close(handle)


def _new_part(path: Path) -> tuple[int, Path]:
    """Make an empty part of ``path``, open and held."""
    prefix, suffix = f".{path.stem[:40]}-", f".dkp-part{path.suffix}"
    while True:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
        if _is_ours(handle):
            return handle, Path(name)


def _new_folder(beside: Path) -> tuple[int, Path]:
    """Make an empty folder next to ``beside``, open and held."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{beside.name}-", suffix=".dkp-part", dir=beside.parent))
        with suppress(FileNotFoundError):  # it was swept before it was opened
            handle = os.open(folder, os.O_RDONLY)
            if _is_ours(handle):
                return handle, folder


def _is_ours(handle: int) -> bool:
    """Hold a new part; close it and return False if a sweep of another thread or process took it for left over.

    That can happen in the moment before the part is held. The sweep then holds it or has removed it, so a new one has
    to be made.
    """
    with suppress(BlockingIOError):
        _hold(handle)
        if os.fstat(handle).st_nlink:
            return True
    os.close(handle)
    return False


def _hold(handle: int) -> bool:
    """Lock an open part until it is closed or the process ends; return False where there are no such locks.

    Raises:
        BlockingIOError: if another thread or process holds it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def make_folder(path: Path) -> Path:
    """Make a folder, and those above it, where it is missing; returns it.

    Raises:
        WriteError: if it cannot be made.
    """
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content``, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
