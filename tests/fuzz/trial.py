"""One damaged file, given to a reader: it returns a value, or raises a short error that a person can read."""

import contextlib
import resource
import signal
import time
import traceback
import unicodedata
import warnings
from collections.abc import Iterator
from pathlib import Path

from dkp_bench.progress import heard_by
from fuzz.reader import Reader

SECONDS = 2.0
"""Of a processor, that reading one file may take."""
MEMORY = 512 * 2**20
"""Bytes that reading one file may take beyond what was taken before."""
MOST_CHARACTERS, MOST_LINES = 4_000, 25
"""Of an error."""


class OutOfTimeError(BaseException):
    """Reading took longer than :data:`SECONDS`; no reader can catch it by ``except Exception``."""


def trial(reader: Reader, folder: Path) -> str:
    """What is wrong with how a reader takes the files in a folder; empty if nothing is.

    The same fault of the same reader has the same first line.
    """
    said: list[str] = []
    started, before = time.process_time(), _peak()
    try:
        with _limited(), heard_by(said.append), warnings.catch_warnings():
            warnings.simplefilter("error")
            value = reader.read(folder)
            if reader.check:
                reader.check(value)
    except reader.errors as error:
        said.append(str(error))
    except OutOfTimeError as error:
        return f"more than {SECONDS} s at {_place(error)}\n{_traceback(error)}"
    except BaseException as error:
        return f"{type(error).__name__} at {_place(error)}\n{_traceback(error)}"
    if time.process_time() - started > SECONDS:
        return f"more than {SECONDS} s\n"
    if _peak() - before > MEMORY:
        return f"{_peak() - before:,} bytes of memory\n"
    return next((f"an unfit message: {wrong}\n{text[:1000]!r}" for text in said if (wrong := _unfit(text))), "")


def read_sound(reader: Reader, folder: Path) -> None:
    """Read the files as they were made; whatever is wrong is raised, for nothing is wrong with them."""
    value = reader.read(folder)
    if reader.check:
        reader.check(value)


def _unfit(message: str) -> str:
    """Why a message cannot be shown to a person; empty if it can."""
    if len(message) > MOST_CHARACTERS or message.count("\n") >= MOST_LINES:
        return "it is too long"
    hidden = {unicodedata.category(sign) for sign in message if sign != "\n"} & {"Cc", "Cf", "Cs"}
    return f"characters of the kind {min(hidden)}" if hidden else "" if message.strip() else "it is empty"


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(number: int, frame: object) -> None:
    raise OutOfTimeError


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _place(error: BaseException) -> str:
    """The innermost line of the project's own code that the error came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name != _stop.__name__]
    own = [f for f in frames if "/dkp_bench/" in f.filename or "/fuzz/readers/" in f.filename] or list(frames)
    name = own[-1].filename
    return f"{name[name.rfind('/dkp_bench/') + 1 :] if '/dkp_bench/' in name else Path(name).name}:{own[-1].lineno}"


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-3000:]
