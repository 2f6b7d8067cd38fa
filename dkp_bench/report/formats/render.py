"""A report as HTML and as Markdown; in both, everything that is not marked as safe is escaped."""

import base64
import hashlib
import math
import re
from pathlib import Path
from typing import Any

import jinja2
import tabulate
from markupsafe import Markup

from dkp_bench.report.blocks import SYMBOLS, Cell, Figure, Panel, Table
from dkp_bench.report.build import Report
from dkp_bench.report.figures import svg
from dkp_bench.report.formats.anchors import placed
from dkp_bench.text import unbroken

TEMPLATES = Path(__file__).parent / "templates"

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'"
"""Content security policy of the page: it sends nothing and loads nothing, even if a method's name holds HTML."""


def to_html(report: Report) -> str:
    """Return one page that opens offline: style, script and pictures are inside, and no other script may run."""
    environment = environment_of(autoescape=True)
    environment.tests["finite"] = _is_finite
    environment.filters["kept"] = unbroken
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    script = (TEMPLATES / "script.js").read_text(encoding="utf-8")
    # A page opened from a disk has no server to send headers: its policy is inside and allows the script by its hash.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        report=report,
        style=style,
        script=Markup(script),
        policy=f"{POLICY}; script-src 'sha256-{digest}'",
        placed=placed,
        picture=_inline_picture,
        panel=_inline_panel,
        sources=_sources,
        symbols=SYMBOLS,
        filters=_filters(report),
    )


def to_markdown(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown; its pictures lie in ``figures/`` beside it."""
    environment = environment_of(finalize=escape_markdown)
    # Left-over blank lines of the template's conditions are folded into one, so that the template can be read.
    text = environment.get_template("report.md.j2").render(report=report, placed=placed, table=_markdown_table)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escape_markdown(value: object) -> Markup:
    """Escape ``value`` and put it on one line: nothing in it is markup to Markdown or to the HTML inside Markdown."""
    if isinstance(value, Markup):
        return value
    text = " ".join(str(value).split())
    text = re.sub(r"[\\`*\[\]|~]", r"\\\g<0>", text)
    # GitHub takes an underscore inside a word as it is, so names such as mean_l2_error stay legible in the source.
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+>-](?=\s)", r"\\\g<0>", text)
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def environment_of(**options: Any) -> jinja2.Environment:
    """Return the environment that reads the templates; an undefined name in one is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )


def _filters(report: Report) -> dict[str, tuple[str, ...]]:
    """Return the choices of the page's filters: every dataset and every method that was run."""
    groups = report.data.groups
    methods = (variant.method for group in groups for variant in group.variants)
    return {"dataset": tuple(dict.fromkeys(s.dataset for s in groups)), "method": tuple(dict.fromkeys(methods))}


def _sources(table: Table) -> tuple[str, ...]:
    """Return the addresses of a table's published numbers, each once; they are printed, as paper has no links."""
    return tuple(dict.fromkeys(cell.url for row in table.rows for cell in row if cell.url))


def _is_finite(value: float | None) -> bool:
    """Return whether a column can be sorted by ``value``."""
    return value is not None and math.isfinite(value)


def _inline_picture(figure: Figure) -> Markup:
    """Return an SVG in the colours of the page, or a PNG as a data URL."""
    if figure.name.endswith(".svg"):
        return _inline_svg(figure.content, Markup('role="img" aria-label="{}"').format(figure.alt))
    return _inline_png(figure.content, figure.width, figure.alt)


def _inline_panel(panel: Panel) -> Markup:
    """Return a piece of a figure, hidden from screen readers: the description of the whole figure covers it."""
    if panel.content.startswith(b"<svg"):
        return _inline_svg(panel.content, Markup('aria-hidden="true"'))
    return _inline_png(panel.content, panel.width, "")


def _inline_svg(content: bytes, said: Markup) -> Markup:
    # Text and lines take the colour of the page's text, so that they can be read in its dark theme too.
    return Markup(content.decode().replace(svg.INK, "currentColor").replace("<svg ", f"<svg {said} ", 1))


def _inline_png(content: bytes, width: int, alt: str) -> Markup:
    data = base64.b64encode(content).decode()
    return Markup('<img alt="{}" width="{}" src="data:image/png;base64,{}">').format(alt, width, data)


def _markdown_table(table: Table) -> Markup:
    heads = [escape_markdown(column.heading) for column in table.columns]
    rows = [[_markdown_cell(cell) for cell in row] for row in table.rows]
    sides = ["right" if column.numeric else "left" for column in table.columns]
    text = tabulate.tabulate(rows, heads, tablefmt="pipe", disable_numparse=True, colalign=sides if rows else None)
    return Markup(text)


def _markdown_cell(cell: Cell) -> str:
    text, detail = str(escape_markdown(cell.text)), str(escape_markdown(cell.detail))
    # The link is on the source where the cell names one, or else on the number.
    if cell.url:
        source = f"[{detail or text}]({cell.url})"
        text, detail = (text, source) if detail else (source, "")
    if cell.strong:
        text = f"**{text}**"
    if cell.symbol:
        text = f"{cell.symbol} {text}"
    code = f"<code>{escape_markdown(cell.code)}</code>" if cell.code else ""
    return "<br>".join(part for part in (text, f"<sub>{detail}</sub>" if detail else "", code) if part)
