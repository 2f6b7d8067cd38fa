"""What a command says beside its results: errors and notes, on standard error, whatever the terminal can show."""

import codecs
import re
import sys
import textwrap
import unicodedata
from io import TextIOWrapper

import typer

from dkp_bench.cli.columns import WIDTH

PLAINER = {
    **dict.fromkeys("−–—", "-"),
    **{"…": "...", "×": "x", "±": "+/-", "∞": "inf", "≤": "<=", "≥": ">=", "→": "->", "γ": "gamma", "σ": "sigma"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"'},
}
"""What a sign is written as where the terminal's encoding has it not; a minus must stay one."""

COMMAND = re.compile(
    r"(?:^|(?<=[:,;] )|(?<=: ))(?:dkp-bench|nox|torchrun|python\S*|pip|git|rm|mv|curl|unset|export) .*$"
)
"""A command at the end of a line, which is to be pasted: it is never broken."""
QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,100}'(?!\w)")


def write_in_any_encoding() -> None:
    """Let no sign that standard output or error cannot encode end a command: it is written as the nearest it can."""
    codecs.register_error("dkp-bench-plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="dkp-bench-plainer")


def say_error(problem: str, hint: str = "") -> None:
    """Print what is wrong, and below it what to do, a line each; on a terminal folded to its width."""
    lines = [for_terminal(f"error: {problem}", "  "), *(for_terminal(f"  {line}") for line in hint.splitlines())]
    typer.echo("\n".join(lines), err=True)


def say(text: str) -> None:
    """Print a note that is no result, on standard error."""
    typer.echo("\n".join(for_terminal(line) for line in text.split("\n")), err=True)


def for_terminal(line: str, indent: str | None = None) -> str:
    """A line for standard error: folded to 80 columns where that is a terminal, and as it is elsewhere.

    Args:
        line: of any length.
        indent: what following lines begin with; the line's own indentation by default.
    """
    return fold(line, indent) if sys.stderr.isatty() else line


def fold(line: str, indent: str | None = None) -> str:
    """A line in 80 columns that can still be pasted from: no word, path, quotation or command is broken.

    >>> print(fold("there is no such run here, and nothing that it could be made from: dkp-bench train autolink lsp"))
    there is no such run here, and nothing that it could be made from:
    dkp-bench train autolink lsp
    """
    own = line[: len(line) - len(line.lstrip())]
    following = own if indent is None else indent
    text = line.strip()
    command = COMMAND.search(text)
    prose, tail = (text[: command.start()].rstrip(), command.group()) if command else (text, "")
    whole = QUOTED.sub(lambda found: found.group().replace(" ", "\0"), prose)
    wrapped = textwrap.wrap(
        whole, WIDTH, initial_indent=own, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )
    lines = [part.replace("\0", " ") for part in wrapped]
    if tail:
        beside = f"{lines[-1]} {tail}" if lines else f"{own}{tail}"
        lines = [*lines[:-1], beside] if len(beside) <= WIDTH or not lines else [*lines, f"{following}{tail}"]
    return "\n".join(lines)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """The error handler: signs that look alike, their plain letters, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(sign: str) -> str:
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return PLAINER.get(sign) or letters or "?"
