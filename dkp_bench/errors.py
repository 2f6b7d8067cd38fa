"""Errors a person reads: what is wrong, in which file, and what to type next."""

import difflib
import traceback
from collections.abc import Iterable
from pathlib import Path


class DkpError(Exception):
    """A mistake or a lack that the user can mend; the command line prints it without a traceback and exits with 2.

    Args:
        problem: what is wrong and where.
        hint: what to do or type next; may span several lines.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem}\n{hint}" if hint else problem)
        self.problem = problem
        self.hint = hint


def unknown_name(kind: str, name: str, known: Iterable[str]) -> DkpError:
    """The error for a ``name`` that is none of ``known``: it names the nearest one and lists them all."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    guess = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return DkpError(f"unknown {kind} {name!r}.{guess}", f"known: {', '.join(names)}")


def last_line(error: BaseException, file: str = "") -> str:
    """The last line of the traceback, and the last place in ``file``, or anywhere, that the error came through."""
    line = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError):
        return f"{line} ({Path(error.filename or file).name}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    place = next((frame for frame in reversed(frames) if frame.filename == file), frames[-1])
    return f"{line} ({Path(place.filename).name}, line {place.lineno}, in {place.name})"
