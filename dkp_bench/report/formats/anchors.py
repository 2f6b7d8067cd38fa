"""Names of sections, tables, rows and cells that a link can point to: the same in every format.

A name is made of the words it stands for, ``results--mannequin-tiny--distill-dkp--mean-l2-error``, and not of numbers
of rows and columns, so that a link made today leads to the same cell of tomorrow's report. No part holds two hyphens in
a row and siblings differ: no two names are equal.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dkp_bench.report.blocks import Block, Cell, Column, Details, Section, Table, Text

LONGEST = 60
"""Most characters of one part: the name of a table is also that of its file."""


@dataclass(frozen=True)
class Placed:
    """A block with its name and the names of its rows, columns and folded blocks.

    Attributes:
        block: the block.
        anchor: its name; empty for a paragraph.
        rows: for a table, the last part of the name of each row.
        columns: for a table, the last part of the name of each column.
        inside: the blocks that are folded away in it.
    """

    block: Block
    anchor: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    inside: tuple["Placed", ...] = ()

    def cell(self, row: int, column: int) -> str:
        """Return the name of a cell; that of the first cell of a row is the name of the row."""
        parts = (self.anchor, self.rows[row], *([self.columns[column]] if column else []))
        return "--".join(parts)


def placed(section: Section) -> tuple[Placed, ...]:
    """Return the blocks of a section with their names."""
    blocks = [inner for block in section.blocks for inner in (block, *_folded(block))]
    # All blocks of the section are named at once, folded ones too, as each name must differ from the others. ``place``
    # then visits the blocks in the same order and takes a name for each.
    taken = iter(_apart([(_name(block),) for block in blocks if not isinstance(block, Text)]))

    def place(block: Block) -> Placed:
        anchor = "" if isinstance(block, Text) else f"{slug(section.anchor)}--{next(taken)}"
        inside = tuple(place(inner) for inner in _folded(block))
        if not isinstance(block, Table):
            return Placed(block, anchor, inside=inside)
        return Placed(block, anchor, row_names(block), column_names(block.columns))

    return tuple(place(block) for block in section.blocks)


def placed_tables(sections: Iterable[Section]) -> tuple[Placed, ...]:
    """Return every table of a report with its names, including those folded away."""
    blocks = (inner for section in sections for item in placed(section) for inner in (item, *item.inside))
    return tuple(item for item in blocks if isinstance(item.block, Table))


def row_names(table: Table) -> tuple[str, ...]:
    """Return a name for each row: its heading, plus the next label or the small print if several have the same."""
    return _apart([_row_choices(row) for row in table.rows])


def column_names(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return a name for each column: its title, with the unit if several have the same."""
    return _apart([(column.title, f"{column.title} {column.unit}") for column in columns])


def slug(text: str) -> str:
    """Return ``text`` in lower-case ASCII letters, digits and single hyphens, cut at a word; ``x`` if none is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > LONGEST:
        words = words[: LONGEST + 1].rpartition("-")[0] or words[:LONGEST]
    return words or "x"


def _name(block: Block) -> str:
    if isinstance(block, Table):
        return block.name or re.split(r"[:;]|\. ", block.caption, maxsplit=1)[0]
    if isinstance(block, Details):
        return block.summary
    return "" if isinstance(block, Text) else block.name.rpartition(".")[0]


def _folded(block: Block) -> tuple[Block, ...]:
    return block.blocks if isinstance(block, Details) else ()


def _row_choices(row: tuple[Cell, ...]) -> tuple[str, ...]:
    """Return names for a row, the shortest first; never from a number, which would change with the next run."""
    text, detail = row[0].text, row[0].detail
    label = row[1].text if len(row) > 1 and row[1].kind == "label" else ""
    return text, f"{text} {label}", f"{text} {detail}", f"{text} {detail} {label}"


def _apart(names: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return a slug for each: equal ones take the first choice that makes them all differ, or else a number."""
    alike: dict[str, list[int]] = {}
    choices = [[slug(name) for name in choice] for choice in names]
    for place, choice in enumerate(choices):
        alike.setdefault(choice[0], []).append(place)
    wanted = [choice[0] for choice in choices]
    for places in alike.values():
        levels = zip(*(choices[place] for place in places), strict=True)
        chosen = next((level for level in levels if len(set(level)) == len(level)), None)
        for place, name in zip(places, chosen or (), strict=False):
            wanted[place] = name
    return _numbered(wanted)


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    taken: list[str] = []
    for name in names:
        free, number = name, 1
        # A numbered name must not be another's own either: of "a", "a", "a-2" the second becomes "a-3".
        while free in taken or (number > 1 and free in names):
            number += 1
            free = f"{name}-{number}"
        taken.append(free)
    return tuple(taken)
