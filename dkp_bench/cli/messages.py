"""What a command says beside its results: errors and notes, on standard error, whatever the terminal can show."""

import codecs
import sys
import unicodedata
from io import TextIOWrapper

import typer

from dkp_bench.text import folded_line

PLAINER = {
    **dict.fromkeys("−–—", "-"),
    **{"…": "...", "×": "x", "±": "+/-", "∞": "inf", "≤": "<=", "≥": ">=", "→": "->", "γ": "gamma", "σ": "sigma"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"'},
}
"""What a sign is written as where the terminal's encoding has it not; a minus must stay one."""


def write_in_any_encoding() -> None:
    """Let no sign that standard output or error cannot encode end a command: it is written as the nearest it can."""
    codecs.register_error("dkp-bench-plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="dkp-bench-plainer")


def say_error(problem: str, hint: str = "") -> None:
    """Print what is wrong, and below it what to do, a line each; on a terminal folded to its width."""
    lines = [for_terminal(f"error: {problem}"), *(for_terminal(f"  {line}") for line in hint.splitlines())]
    typer.echo("\n".join(lines), err=True)


def say_note(text: str) -> None:
    """Print a note that is no result, on standard error."""
    typer.echo("\n".join(for_terminal(line) for line in text.split("\n")), err=True)


def for_terminal(line: str) -> str:
    """A line for standard error: folded to 80 columns where that is a terminal, and as it is elsewhere."""
    return folded_line(line) if sys.stderr.isatty() else line


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """The error handler: signs that look alike, their plain letters, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(sign: str) -> str:
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return PLAINER.get(sign) or letters or "?"
