"""Rendering a report as HTML, Markdown and LaTeX: in each, whatever is not marked safe is escaped."""

import base64
import re
from pathlib import Path
from typing import Any

import jinja2
import tabulate
from markupsafe import Markup

from dkp_bench.report import svg
from dkp_bench.report.blocks import Cell, Figure, Table
from dkp_bench.report.build import Report

TEMPLATES = Path(__file__).parent / "templates"

PARAGRAPH = r"p{0.7\linewidth}"
"""How LaTeX sets a column of sentences."""

ROWS_OF_A_PAGE = 28
"""A longer table is continued on the next page."""

LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}\allowbreak{}",
    '"': r"\textquotedbl{}",
    "−": r"$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "γ": r"$\gamma$",
    "σ": r"$\sigma$",
    "–": r"\textendash{}",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
}


def to_html(report: Report) -> str:
    """One page that opens offline: style and pictures are inside."""
    environment = _environment(autoescape=True)
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment.get_template("report.html.j2").render(report=report, style=style, picture=_inline_picture)


def to_markdown(report: Report) -> str:
    """GitHub-flavoured Markdown; its pictures lie in ``figures/`` beside it."""
    environment = _environment(finalize=escape_markdown)
    text = environment.get_template("report.md.j2").render(report=report, table=_markdown_table)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def to_latex(report: Report) -> str:
    """A LaTeX document that compiles by itself; each table stands alone and can be taken out."""
    environment = _environment(
        finalize=escape_latex,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    template = environment.get_template("report.tex.j2")
    shape = {"page": ROWS_OF_A_PAGE, "columns": _latex_columns, "head": _latex_head, "line": _latex_line}
    return template.render(report=report, **shape)


def escape_markdown(value: object) -> Markup:
    """``value`` on one line, with nothing in it that Markdown, or the HTML inside it, would read as markup."""
    if isinstance(value, Markup):
        return value
    text = " ".join(str(value).split())
    text = re.sub(r"[\\`*\[\]|~]", r"\\\g<0>", text)
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+>-](?=\s)", r"\\\g<0>", text)
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def escape_latex(value: object) -> Markup:
    """``value`` as text in LaTeX; a sign that LaTeX's usual fonts lack becomes a question mark."""
    if isinstance(value, Markup):
        return value
    signs = (LATEX.get(sign, sign) for sign in " ".join(str(value).split()))
    text = "".join(sign if sign.isprintable() and ord(sign[0]) < 0x180 else "?" for sign in signs)
    return Markup(re.sub("-(?=-)", "-{}", text))


def _environment(**options: Any) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )


def _inline_picture(figure: Figure) -> Markup:
    """An SVG in the colours of the page, or a PNG as data."""
    if figure.name.endswith(".svg"):
        drawing = figure.content.decode().replace(svg.INK, "currentColor")
        label = Markup('<svg role="img" aria-label="{}" ').format(figure.alt)
        return Markup(drawing.replace("<svg ", label, 1))
    data = base64.b64encode(figure.content).decode()
    image = Markup('<img alt="{}" width="{}" src="data:image/png;base64,{}">')
    return image.format(figure.alt, figure.width, data)


def _markdown_table(table: Table) -> Markup:
    heads = [escape_markdown(column.heading) for column in table.columns]
    rows = [[_markdown_cell(cell) for cell in row] for row in table.rows]
    sides = ["right" if column.numeric else "left" for column in table.columns]
    text = tabulate.tabulate(rows, heads, tablefmt="pipe", disable_numparse=True, colalign=sides if rows else None)
    return Markup(text)


def _markdown_cell(cell: Cell) -> str:
    text, detail = str(escape_markdown(cell.text)), str(escape_markdown(cell.detail))
    if cell.url:
        source = f"[{detail or text}]({cell.url})"
        text, detail = (text, source) if detail else (source, "")
    if cell.strong:
        text = f"**{text}**"
    code = f"<code>{escape_markdown(cell.code)}</code>" if cell.code else ""
    return "<br>".join(part for part in (text, f"<sub>{detail}</sub>" if detail else "", code) if part)


def _latex_columns(table: Table) -> Markup:
    """How the cells of each column are set: to the right, to the left, or as a paragraph."""
    kinds = ("r" if column.numeric else PARAGRAPH if column.prose else "l" for column in table.columns)
    return Markup("".join(kinds))


def _latex_head(table: Table) -> Markup:
    return Markup(" & ").join(escape_latex(column.heading) for column in table.columns)


def _latex_line(row: tuple[Cell, ...]) -> Markup:
    return Markup(" & ").join(_latex_cell(cell) for cell in row)


def _latex_cell(cell: Cell) -> Markup:
    text = escape_latex(cell.text)
    if cell.strong:
        text = Markup(rf"\textbf{{{text}}}")
    detail = rf" {{\footnotesize {escape_latex(cell.detail)}}}" if cell.detail else ""
    code = rf" \texttt{{{escape_latex(cell.code)}}}" if cell.code else ""
    return Markup(text + detail + code)
