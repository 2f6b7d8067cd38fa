"""Writing files so that a reader never sees half of one, and a writer learns in one line what is in the way."""

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dkp_bench.errors import DkpError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The disk, or what a user may have of it, is used up."""


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
    """The error of a ``path`` that could not be written."""
    if error.errno in FULL:
        return WriteError(
            f"cannot write {path}: the disk is full",
            "free some space and repeat the command; what was finished before is kept",
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        blocker = next((parent for parent in (*path.parents, path) if parent.is_file()), path)
        kind = "a file, and a folder should be there" if blocker.is_file() else "a folder, and a file should be there"
        return WriteError(f"cannot write {path}: {blocker} is {kind}", "name another folder, or move it away")
    reason = error.strerror or str(error)
    return WriteError(f"cannot write {path}: {reason}", "name another folder, or make this one writable")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place, synced to disk, when the block ends without an error.

    Raises:
        WriteError: if the file cannot be written; what was there before stays.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


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
