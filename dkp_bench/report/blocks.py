"""What a report is made of; the templates render these blocks and know nothing else."""

from dataclasses import dataclass
from typing import Literal

CellKind = Literal["label", "published", "measured", "not-run", "empty"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what it says.
        kind: a number is published, measured or not run; anything else is a label, or empty.
        detail: a second, smaller line, such as the source of a published number.
        code: a command to type, shown as code.
        url: where a published number was read.
        strong: whether it stands out.
    """

    text: str
    kind: CellKind = "label"
    detail: str = ""
    code: str = ""
    url: str = ""
    strong: bool = False


EMPTY = Cell("–", "empty")


@dataclass(frozen=True)
class Column:
    """The head of a column.

    Attributes:
        title: what it says.
        unit: stands small beneath: the unit, or what else tells two columns apart.
        better: where better lies.
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
    """A table; the first cell of each row is its heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    type: Literal["table"] = "table"


@dataclass(frozen=True)
class Figure:
    """A picture, as the bytes of a file in ``figures/``; ``name`` ends in .svg or .png.

    Attributes:
        width: natural width in CSS pixels.
    """

    name: str
    content: bytes
    alt: str
    caption: str
    width: int
    type: Literal["figure"] = "figure"


@dataclass(frozen=True)
class Text:
    """A paragraph; a note stands out because the numbers mean something else without it."""

    text: str
    note: bool = False
    type: Literal["text"] = "text"


@dataclass(frozen=True)
class Details:
    """Lines for those who look twice, folded away where the format can."""

    summary: str
    lines: tuple[str, ...]
    type: Literal["details"] = "details"


Block = Table | Figure | Text | Details


@dataclass(frozen=True)
class Section:
    """A heading, its anchor and what stands under it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
