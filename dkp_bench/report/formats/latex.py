"""Rendering a report as LaTeX: a document, and a file for each table that a paper can take in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import jinja2
from markupsafe import Markup

from dkp_bench.report.blocks import Cell, Table
from dkp_bench.report.build import Report
from dkp_bench.report.formats.anchors import Placed, placed, placed_tables
from dkp_bench.report.formats.render import environment_of

MARK = "% Made by dkp-bench report."
"""How a file that holds a table begins."""

ROWS_OF_A_PAGE = 28
"""A longer table is split over pages; half as many rows where cells are broken into lines."""

LINE = 150
"""Characters that fit beside each other in the document, in \\small."""

EM = 0.5
"""Width of a character in em."""

GAP = 3
"""Characters that the space between two columns takes."""

NARROW = 16
"""Columns of up to so many characters are never broken into lines."""

SIZES = ((LINE, "small"), (170, "footnotesize"), (195, "scriptsize"))
"""Characters that fit at each size of type; what is wider still is set in \\tiny."""

SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}\allowbreak{}",
    "/": r"/\allowbreak{}",
    '"': r"\textquotedbl{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "\u2009": r"\,",
    "‰": r"\textperthousand{}",
}

MATHS = {
    **{
        "−": "-",
        "±": r"\pm",
        "×": r"\times",
        "·": r"\cdot",
        "√": r"\surd",
        "∞": r"\infty",
        "∈": r"\in",
        "∝": r"\propto",
    },
    **{"≈": r"\approx", "≠": r"\neq", "≤": r"\leq", "≥": r"\geq", "∼": r"\sim", "¬": r"\neg"},
    **{"↓": r"\downarrow", "↑": r"\uparrow", "→": r"\rightarrow", "←": r"\leftarrow", "↔": r"\leftrightarrow"},
    **{"α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "η": r"\eta", "θ": r"\theta"},
    **{"κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "µ": r"\mu", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma"},
    **{"τ": r"\tau", "φ": r"\phi", "χ": r"\chi", "ω": r"\omega", "Δ": r"\Delta", "Σ": r"\Sigma", "Ω": r"\Omega"},
    **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"_{digit}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    **{
        "✓": r"\checkmark",
        "✗": r"\times",
        "○": r"\circ",
        "°": r"^\circ",
        "•": r"\bullet",
        "●": r"\bullet",
        "■": r"\blacksquare",
        "⁻": "^-",
    },
}

LETTERS_END = "\u0180"
LACKING = frozenset("ĦħĸĿŀŉŦŧſ")
"""Of the letters before that, those that the T1 encoding has not."""


def to_latex(report: Report) -> str:
    """A LaTeX document; it takes its tables from the files that :func:`latex_tables` makes."""
    return _environment().get_template("report.tex.j2").render(report=report, placed=placed)


def latex_tables(report: Report) -> dict[str, str]:
    """Each table of the report by the name that links give it; to be written as ``tables/NAME.tex``."""
    template = _environment().get_template("table.tex.j2")
    tables = ((item, item.block) for item in placed_tables(report.sections))
    return {item.anchor: _table(template, item, block) for item, block in tables if isinstance(block, Table)}


def escape_latex(value: object) -> Markup:
    """``value`` as text in LaTeX; a sign that LaTeX's usual fonts lack becomes a question mark."""
    if isinstance(value, Markup):
        return value
    text = "".join(_sign(sign) for sign in " ".join(str(value).split()))
    return Markup(re.sub("-(?=-)", "-{}", text))


def _sign(sign: str) -> str:
    if sign in MATHS:
        return f"${MATHS[sign]}$"
    known = sign.isprintable() and sign < LETTERS_END and sign not in LACKING
    return SIGNS.get(sign, sign if known else "?")


def _environment() -> jinja2.Environment:
    return environment_of(
        finalize=escape_latex,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )


def _table(template: jinja2.Template, item: Placed, table: Table) -> str:
    columns = [_Column.of(table, place) for place in range(len(table.columns))]
    long = len(table.rows) > (ROWS_OF_A_PAGE if _fits(columns) else ROWS_OF_A_PAGE // 2)
    return template.render(
        mark=Markup(MARK),
        anchor=Markup(item.anchor),
        block=table,
        columns=_columns(columns, long),
        size=next((size for fits, size in SIZES if _line([column.least for column in columns]) <= fits), "tiny"),
        head=Markup(" & ").join(escape_latex(column.heading) for column in table.columns),
        lines=[Markup(" & ").join(_cell(cell) for cell in row) for row in table.rows],
        long=long,
    )


@dataclass(frozen=True)
class _Column:
    """A column as LaTeX lines it up; ``width`` is that of its longest cell, ``least`` of its longest word."""

    numeric: bool
    width: int
    least: int

    @classmethod
    def of(cls, table: Table, place: int) -> Self:
        cells = [row[place] for row in table.rows]
        texts = [
            table.columns[place].heading,
            *(f"{cell.symbol} {cell.text} {cell.detail} {cell.code}" for cell in cells),
        ]
        width = max(len(text.strip()) for text in texts)
        word = max(len(word) for text in texts for word in re.split(r"[\s/|-]", text))
        return cls(table.columns[place].numeric, width, width if width <= NARROW else max(NARROW, round(1.2 * word)))


def _columns(columns: Sequence[_Column], long: bool) -> Markup:
    """How the cells of each column are set: to the right or the left, as a paragraph where the line is too short.

    The paragraphs of a long table share the line; those of others have a width of their own, for the page shrinks them.
    """
    fits = _fits(columns)
    broken = [column for column in columns if column.width > NARROW]
    free = LINE - _line([0 if column in broken else column.width for column in columns])
    wanted = sum(min(column.width, LINE) for column in broken)
    kinds = []
    for column in columns:
        if fits or column not in broken:
            kinds.append("r" if column.numeric else "l")
            continue
        share = max(column.least, free * min(column.width, LINE) / wanted)
        size = rf"{share / LINE:.3f}\linewidth" if long else f"{share * EM:.1f}em"
        side = r"\raggedleft" if column.numeric else r"\raggedright"
        kinds.append(rf">{{{side}\arraybackslash}}p{{{size}}}")
    return Markup("".join(kinds))


def _fits(columns: Sequence[_Column]) -> bool:
    """Whether no cell needs to be broken into lines."""
    return _line([column.width for column in columns]) <= LINE


def _line(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * len(widths)


def _cell(cell: Cell) -> Markup:
    text = escape_latex(cell.text)
    if cell.strong:
        text = Markup(rf"\textbf{{{text}}}")
    if cell.symbol:
        text = escape_latex(cell.symbol) + Markup(r"\ ") + text
    detail = rf" {{\footnotesize {escape_latex(cell.detail)}}}" if cell.detail else ""
    code = rf" \texttt{{{_breakable(cell.code)}}}" if cell.code else ""
    return Markup(text + detail + code)


def _breakable(code: str) -> str:
    """``code`` in LaTeX, to be broken inside names as well: a typewriter font has no hyphenation."""
    return re.sub(r"(?<=[A-Za-z0-9])(-|\\_)(?=[A-Za-z0-9])", r"\1\\allowbreak{}", escape_latex(code))
