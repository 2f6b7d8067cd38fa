"""A report as LaTeX: a document, and a file for each table that a paper can take in.

LaTeX does not break the cells of a table unless the column is given a width, and it cannot shrink a table that runs
over several pages. So widths are estimated here in characters, and three cases follow:

- a table whose cells fit beside each other is set as it is, its columns as wide as their contents;
- one that is too wide has its long cells broken into lines, and is set in smaller type if even its words do not fit;
- one that is too long for a page becomes a ``longtable``, which LaTeX splits. Any other is a ``table`` in a
  ``resizebox``, which makes up for what the estimate gets wrong and fits the columns of any paper.
"""

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
"""First words of a file that holds a table; by them an outdated one is known for ours and removed."""

ROWS_OF_A_PAGE = 28
"""Most rows of a table that is not split over pages; half as many where cells are broken into lines."""

LINE = 150
"""Characters that fit beside each other on the landscape page of the document, in \\small."""

EM = 0.5
"""Mean width of a character in em: LaTeX measures in em, the estimates count characters."""

GAP = 3
"""Characters that the space between two columns takes."""

NARROW = 16
"""Most characters of a column that is never broken into lines: broken, it would be harder to read and save nothing."""

SIZES = ((LINE, "small"), (170, "footnotesize"), (195, "scriptsize"))
"""Characters that fit at each size of type; what is wider still is set in \\tiny."""

# A bar or a slash joins long names ("a|b", "runs/x/y"), inside which LaTeX breaks no line without \allowbreak.
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

# Set in maths mode: pdfLaTeX's text fonts lack nearly all of these.
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
    **{"✓": r"\checkmark", "✗": r"\times", "○": r"\circ", "°": r"^\circ", "•": r"\bullet", "●": r"\bullet"},
    **{"■": r"\blacksquare", "⁻": "^-"},
}

LETTERS_END = "\u0180"  # the end of Latin Extended-A: what T1 covers, but for the following letters
LACKING = frozenset("ĦħĸĿŀŉŦŧſ")
"""Letters before ``LETTERS_END`` that are missing from T1, the font encoding of the document."""


def to_latex(report: Report) -> str:
    """Return the LaTeX document; it takes its tables from the files that :func:`latex_tables` makes."""
    return _environment().get_template("report.tex.j2").render(report=report, placed=placed)


def latex_tables(report: Report) -> dict[str, str]:
    """Return each table of the report by its name in links, to be written as ``tables/NAME.tex``."""
    template = _environment().get_template("table.tex.j2")
    tables = ((item, item.block) for item in placed_tables(report.sections))
    return {item.anchor: _table(template, item, block) for item, block in tables if isinstance(block, Table)}


def escape_latex(value: object) -> Markup:
    """Escape ``value`` for LaTeX text; a sign that LaTeX's usual fonts lack becomes a question mark."""
    if isinstance(value, Markup):
        return value
    text = "".join(_sign(sign) for sign in " ".join(str(value).split()))
    # LaTeX would set "--" as a dash, and an option such as --set is to be copied as it is.
    return Markup(re.sub("-(?=-)", "-{}", text))


def _sign(sign: str) -> str:
    if sign in MATHS:
        return f"${MATHS[sign]}$"
    known = sign.isprintable() and sign < LETTERS_END and sign not in LACKING
    return SIGNS.get(sign, sign if known else "?")


def _environment() -> jinja2.Environment:
    # Jinja's own marks would clash with LaTeX, in which {# and {% occur.
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
    """The measures of a column, in characters.

    Attributes:
        numeric: whether its cells are aligned on the right.
        width: of its longest cell.
        least: of its longest word, with a margin; its whole width if that is narrow.
    """

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
        # The same signs at which escape_latex and _breakable let a line break.
        word = max(len(word) for text in texts for word in re.split(r"[\s/|-]", text))
        # A fifth more than the word: characters are counted, and capitals and digits are wider than the mean.
        return cls(table.columns[place].numeric, width, width if width <= NARROW else max(NARROW, round(1.2 * word)))


def _columns(columns: Sequence[_Column], long: bool) -> Markup:
    """Return the column types: ``r`` or ``l``, or a paragraph ``p{width}`` for long cells of a table that is too wide.

    The columns of a long table are parts of the line's width, as nothing shrinks it; those of others are given in em,
    which ``resizebox`` scales with the rest of the table.
    """
    fits = _fits(columns)
    broken = [column for column in columns if column.width > NARROW]
    # The narrow columns take what they need; the broken ones share the rest in proportion to their longest cells, which
    # count as one line at most, or one very long cell would starve the others. None is narrower than its longest word.
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
    """Return whether the columns fit beside each other with no cell broken into lines."""
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
    """Escape ``code`` for LaTeX and let lines break inside names as well: a typewriter font has no hyphenation."""
    return re.sub(r"(?<=[A-Za-z0-9])(-|\\_)(?=[A-Za-z0-9])", r"\1\\allowbreak{}", escape_latex(code))
