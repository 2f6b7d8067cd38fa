"""Errors a person reads: what is wrong, in which file, and what to type next."""

import difflib
import shlex
import traceback
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

Option = TypeVar("Option", bound=str)

LONGEST_LINE = 1000
"""Characters of one line of an error; a name or a value from a file can be as long as the file."""
MOST_LINES = 60


class DkpError(Exception):
    """A mistake that the user can fix; the command line prints it without a traceback and exits with 2.

    Any text it is given becomes fit for a terminal: control characters are escaped, and long lines are cut.

    Args:
        problem: what is wrong and where.
        hint: what to do or type next; may span several lines.
    """

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem, self.hint = _fit(problem), _fit(hint)
        super().__init__(f"{self.problem}\n{self.hint}" if hint else self.problem)


def printable(text: object, longest: int = 200) -> str:
    r"""Return a text from a file on one line, fit for a terminal.

    Args:
        text: anything; its ``str`` is taken.
        longest: characters at most; of a longer text the middle is left out.

    Control characters, line ends among them, lone surrogates and marks that turn the direction of writing become
    escapes, so that a name in a file can neither move the cursor nor hide what stands beside it.

    >>> printable("run\x1b[2J\n")
    'run\\x1b[2J\\n'
    >>> printable("a" * 300, 20)
    'aaaaaaaaaa…aaaaaaaaa'
    """
    whole = str(text)
    if len(whole) > longest:  # cut first: escaping a megabyte takes time, and is not read
        whole = f"{whole[: longest // 2]}…{whole[len(whole) - (longest - longest // 2 - 1) :]}"
    return whole if whole.isprintable() else "".join(_escaped(sign) for sign in whole)


def shell_command(*words: object) -> str:
    """Return a command as it can be pasted into a shell, with any path.

    A word that is a path and would be read as an option, for it begins with a dash, is written as ``./-…``.

    >>> shell_command("rm", "-r", Path("runs/seed0 copy"))
    "rm -r 'runs/seed0 copy'"
    """
    return shlex.join(
        f"./{word}" if isinstance(word, Path) and str(word).startswith("-") else str(word) for word in words
    )


def unknown_name(kind: str, name: str, known: Iterable[str]) -> DkpError:
    """Return the error for a ``name`` that is none of ``known``: it names the nearest one and lists them all."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name[:200], names, n=1, cutoff=0.4)
    guess = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return DkpError(f"unknown {kind} {printable(repr(name))}.{guess}", f"known: {', '.join(names)}")


def choice(kind: str, name: str, options: Iterable[Option]) -> Option:
    """Return the one of ``options`` that is called ``name``; a type checker then knows which ones it can be.

    Args:
        kind: of what it is the name, for the error.
        name: what was typed or read.
        options: the names that there are.

    Raises:
        DkpError: if it is none of them; it names the nearest one.

    >>> choice("profile", "tyni", ("tiny", "small"))
    Traceback (most recent call last):
    dkp_bench.errors.DkpError: unknown profile 'tyni'. Did you mean 'tiny'?
    known: small, tiny
    """
    options = tuple(options)
    for option in options:
        if option == name:
            return option
    raise unknown_name(kind, name, options)


def last_line(error: BaseException, file: str = "") -> str:
    """Return the last line of the traceback, and the last place in ``file``, or anywhere, the error came through."""
    notes = len(getattr(error, "__notes__", ()))  # they come after the line that says what is wrong
    line = traceback.format_exception_only(error)[-1 - notes].strip()
    if isinstance(error, SyntaxError):
        return f"{line} ({Path(error.filename or file).name}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    place = next((frame for frame in reversed(frames) if frame.filename == file), frames[-1])
    return f"{line} ({Path(place.filename).name}, line {place.lineno}, in {place.name})"


def _fit(text: str) -> str:
    """Return the lines, each of them printable and none of them endless."""
    lines = text[: LONGEST_LINE * MOST_LINES].split("\n")[:MOST_LINES]
    return "\n".join(printable(line, LONGEST_LINE) for line in lines)


def _escaped(sign: str) -> str:
    # Not printable: control characters, marks of direction and other invisible ones, lone surrogates, line ends. Spaces
    # that are wider or narrower than the usual one (Zs) are not "printable" to Python, and harmless.
    if sign.isprintable() or unicodedata.category(sign) == "Zs":
        return sign
    return sign.encode("unicode_escape").decode("ascii")
