"""Text in 80 columns: lines that are folded, and names beside what there is to say about them."""

import textwrap
from collections.abc import Mapping

WIDTH = 80


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
    return "\n".join(_folded_line(line) for line in text.splitlines())


def _folded_line(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return _fill(line.strip(), indent, f"{indent}  ")


def _fill(text: str, first: str, following: str) -> str:
    wrapper = textwrap.TextWrapper(WIDTH, first, following, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)
