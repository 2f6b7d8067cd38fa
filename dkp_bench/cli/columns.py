"""Text in 80 columns: lines that are folded, and names beside what there is to say about them."""

import re
import textwrap
from collections.abc import Mapping

WIDTH = 80
COMMAND = re.compile(
    r"(?:^|(?<=[:,;] )|(?<=: ))(?:dkp-bench|nox|torchrun|python\S*|pip|git|rm|mv|curl|unset|export) .*$"
)
"""A command at the end of a line, which is to be pasted: it is never broken."""
QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,100}'(?!\w)")
"""A quotation, which may be a command in the middle of a sentence."""


def two_columns(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Texts by group and name, the names of all groups in one column; a word too long for its line is not cut."""
    width = max(len(name) for group in groups.values() for name in group)
    return "\n\n".join(
        "\n".join([title, *(entry(f"  {name:<{width}}  ", text) for name, text in group.items())])
        for title, group in groups.items()
    )


def entry(head: str, text: str) -> str:
    """A text after its head, in lines of 80 that begin below the text's first; a long word is not cut."""
    return _fill(text, head, " " * len(head))


def folded(text: str) -> str:
    """The same lines in 80 columns; what is too much for one stands below it, two columns further in."""
    return "\n".join(folded_line(line) for line in text.splitlines())


def folded_line(line: str) -> str:
    """A line in 80 columns that can still be pasted from: no word, path, quotation or command is broken.

    >>> print(folded_line("there is no such run here, but it can be made with: dkp-bench train autolink mannequin"))
    there is no such run here, but it can be made with:
      dkp-bench train autolink mannequin
    """
    indent = line[: len(line) - len(line.lstrip())]
    text = line.strip()
    command = COMMAND.search(text)
    prose, tail = (text[: command.start()].rstrip(), command.group()) if command else (text, "")
    whole = QUOTED.sub(lambda found: found.group().replace(" ", "\0"), prose)
    lines = _fill(whole, indent, f"{indent}  ").replace("\0", " ").splitlines()
    if tail:
        beside = f"{lines[-1]} {tail}" if lines else f"{indent}{tail}"
        lines = [*lines[:-1], beside] if len(beside) <= WIDTH or not lines else [*lines, f"{indent}  {tail}"]
    return "\n".join(lines)


def _fill(text: str, first: str, following: str) -> str:
    wrapper = textwrap.TextWrapper(WIDTH, first, following, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)
