"""The blocks that a report is made of; the templates render these and know nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

CellKind = Literal[
    "label", "published", "measured", "not-run", "empty", "reproduced", "direction-only", "not-reproduced"
]

SYMBOLS: dict[CellKind, str] = {"reproduced": "✓", "direction-only": "→", "not-reproduced": "✗", "not-run": "○"}
"""Signs before the words of a verdict, so that it is never shown by colour or shape only."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: its words or number.
        kind: a number is published, measured or not run; a verdict is one of the last three, or not run; anything else
            is a label, or empty.
        detail: a second, smaller line, such as the source of a published number.
        code: a command to type, shown as code.
        url: where a published number was read.
        strong: whether it stands out.
        value: what a column sorts by; a cell without one comes last in a column in which another has one. A column
            without any value sorts by its texts.
    """

    text: str
    kind: CellKind = "label"
    detail: str = ""
    code: str = ""
    url: str = ""
    strong: bool = False
    value: float | None = None

    @property
    def symbol(self) -> str:
        """The sign of a verdict; empty for any other cell."""
        return SYMBOLS.get(self.kind, "")


EMPTY = Cell("–", "empty")


@dataclass(frozen=True)
class Column:
    """The head of a column.

    Attributes:
        title: its words.
        unit: set small beneath: the unit, or what else distinguishes two columns of one title.
        better: which direction is better.
        numeric: whether its cells are lined up on the right.
        prose: whether its cells hold sentences, to be broken into lines.
    """

    title: str
    unit: str = ""
    better: Literal["", "↓", "↑"] = ""
    numeric: bool = True
    prose: bool = False

    @property
    def heading(self) -> str:
        """Title, unit and arrow on one line."""
        unit = f"({self.unit})" if self.unit else ""
        return " ".join(part for part in (self.title, unit, self.better) if part)


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading.

    Attributes:
        caption: what it shows, in words.
        name: a short name for links and files: ``mannequin tiny``; by default the caption up to its first stop.
        sortable: whether the page lets a reader sort it; not where the order of the rows means something.
        prominent: whether it is what the reader came for, and set larger.
        stacked: whether each row becomes a block of its own on a narrow page, so that no column is out of sight.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    name: str = ""
    sortable: bool = True
    prominent: bool = False
    stacked: bool = False
    type: Literal["table"] = "table"


@dataclass(frozen=True)
class Panel:
    """A piece of a figure that a page places on its own: beside the others where there is room, or beneath them.

    Attributes:
        content: bytes of an SVG or a PNG.
        width: natural width in CSS pixels.
        title: the line over it; empty where the picture has its own.
    """

    content: bytes
    width: int
    title: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture, as the bytes of a file in ``figures/``; ``name`` ends in .svg or .png.

    Attributes:
        alt: what it shows, in a sentence for readers who cannot see it.
        width: natural width in CSS pixels.
        description: the same at length, folded away under the caption; for figures whose numbers are in no table.
        panels: the same picture in pieces, the most important first, for narrow pages; empty if it is one piece.
        png: the same picture as a PNG, for viewers without SVG; empty if there is none.
    """

    name: str
    content: bytes
    alt: str
    caption: str
    width: int
    description: str = ""
    panels: tuple[Panel, ...] = ()
    png: bytes = b""
    type: Literal["figure"] = "figure"

    @property
    def png_name(self) -> str:
        """The file name of :attr:`png`."""
        return f"{self.name.rpartition('.')[0]}.png"


@dataclass(frozen=True)
class Text:
    """A paragraph; a note stands out because the numbers mean something else without it."""

    text: str
    note: bool = False
    type: Literal["text"] = "text"


@dataclass(frozen=True)
class Details:
    """Lines or blocks of secondary interest, folded away where the format can do that."""

    summary: str
    lines: tuple[str, ...] = ()
    blocks: tuple[Table | Figure | Text, ...] = ()
    type: Literal["details"] = "details"


Block = Table | Figure | Text | Details


@dataclass(frozen=True)
class Section:
    """A heading, its anchor (lower-case letters, digits and single hyphens) and the blocks under it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure, including those folded away."""
        return tuple(block for block in self._unfolded() if isinstance(block, Figure))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, including those folded away."""
        return tuple(block for block in self._unfolded() if isinstance(block, Table))

    def _unfolded(self) -> Iterator[Block]:
        for block in self.blocks:
            yield block
            if isinstance(block, Details):
                yield from block.blocks
