"""Errors and notes that a command prints beside its results, on standard error, in any terminal's encoding."""

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
"""Replacements of signs that the terminal's encoding lacks; above all, a minus must stay a minus."""


def write_in_any_encoding() -> None:
    """Make standard output and error replace signs that they cannot encode with similar ones, instead of raising."""
    codecs.register_error("dkp-bench-plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="dkp-bench-plainer")


def say_error(problem: str, hint: str = "") -> None:
    """Print what is wrong, and below it what to do, a line each; folded to 80 columns on a terminal."""
    lines = [for_terminal(f"error: {problem}"), *(for_terminal(f"  {line}") for line in hint.splitlines())]
    typer.echo("\n".join(lines), err=True)


def say_note(text: str) -> None:
    """Print a note that is no result, on standard error."""
    typer.echo("\n".join(for_terminal(line) for line in text.split("\n")), err=True)


def for_terminal(line: str) -> str:
    """Return a line for standard error: folded to 80 columns if that is a terminal, or else as it is."""
    return folded_line(line) if sys.stderr.isatty() else line


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Replace signs that cannot be encoded (a codec error handler) with similar signs, letters or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(sign: str) -> str:
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return PLAINER.get(sign) or letters or "?"
