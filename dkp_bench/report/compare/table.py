"""The table of a comparison: in 80 columns for a terminal, and as Markdown."""

import math
import re

import tabulate

from dkp_bench.comparison.compare import Comparison
from dkp_bench.comparison.differences import LEVEL, Difference
from dkp_bench.numbers import number, signed
from dkp_bench.report.compare.words import p_value, shown
from dkp_bench.report.formats.render import escape_markdown
from dkp_bench.report.intervals import span

WIDTH = 80
LEAST_NAME = 12
"""Columns that the names of methods have at least; very large numbers push the table beyond 80 rather than cut them."""

BREAKS = re.compile(r"(?<=[\s._:/=,-])|(?<=[a-z0-9])(?=[A-Z])")
"""Where a name that is too long for its column goes on in the next line."""


def text_table(comparison: Comparison) -> str:
    """The table in 80 columns; a name too long for its column goes on in the next line."""
    bare = _text_table(comparison, 1)
    room = WIDTH - max(map(len, bare.splitlines())) + len("method")
    return _text_table(comparison, max(room, LEAST_NAME))


def markdown_table(comparison: Comparison) -> str:
    """The table as GitHub-flavoured Markdown."""
    heads, *rows = [["<br>".join(map(escape_markdown, cell)) for cell in row] for row in _grid(comparison)]
    return tabulate.tabulate(rows, heads, tablefmt="pipe", disable_numparse=True, colalign=_sides(heads))


def _text_table(comparison: Comparison, name_width: int) -> str:
    heads, *rows = _grid(comparison)
    place = [head[0] for head in heads].index("method")
    for row in rows:
        row[place] = tuple(_in_lines(row[place][0], name_width))
    lines = [["\n".join(cell) for cell in row] for row in (heads, *rows)]
    ruled = [lines[0], tabulate.SEPARATING_LINE, *lines[1:]]
    return tabulate.tabulate(ruled, tablefmt="simple", disable_numparse=True, colalign=_sides(lines[0]))


def _in_lines(name: str, width: int) -> list[str]:
    """A name in lines of a width, broken after a sign or before a capital; a word that is longer stays whole."""
    lines = [""]
    for part in BREAKS.split(name):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _sides(heads: list[str]) -> list[str]:
    return ["left" if head == "method" else "right" for head in heads]


def _grid(comparison: Comparison) -> list[list[tuple[str, ...]]]:
    """The cells, each of one line or more: first the heads, then a row for each method, the best tier first."""
    differences = {opponent.name: opponent.difference for opponent in comparison.opponents}
    names = [name for tier in comparison.tiers for name in tier]
    grid = [_heads(comparison), *(_row(comparison, name, differences.get(name)) for name in names)]
    keypoints = {
        measurement.variant.runs[0].record.identity.keypoints for measurement in comparison.measurements.values()
    }
    if len(keypoints) == 1:
        place = grid[0].index(("K",))
        grid = [[*row[:place], *row[place + 1 :]] for row in grid]
    return grid


def _heads(comparison: Comparison) -> list[tuple[str, ...]]:
    kind = shown(comparison.subject)
    p = ("p", "(Holm)") if comparison.pairs > 1 else ("p",)
    score = (kind.name, f"{kind.unit} {kind.better}")
    return [("tier",), ("method",), ("seeds",), ("K",), score, ("difference",), p, ("d_z", "better")]


def _row(comparison: Comparison, name: str, against: Difference | None) -> list[tuple[str, ...]]:
    """One method; the subject, which is held against nothing, has dashes."""
    measurement = comparison.measurements[name]
    digits = shown(measurement).digits
    mark = " *" if measurement.variant.sees_depth else ""
    left: list[tuple[str, ...]] = [
        (str(comparison.tier(name)),),
        (f"{name}{mark}",),
        (str(len(measurement.sums)),),
        (str(measurement.variant.runs[0].record.identity.keypoints),),
        (number(measurement.estimate.value, digits), span(measurement.estimate.interval(LEVEL), digits)),
    ]
    return [*left, *_against(against, digits)] if against else [*left, ("–",), ("–",), ("–",)]


def _against(found: Difference, digits: int) -> list[tuple[str, ...]]:
    percent = "" if found.percent is None else f" ({signed(found.percent, 1)} %)"
    effect = signed(found.effect, 2) if math.isfinite(found.effect) else "+∞" if found.effect > 0 else "−∞"
    return [
        (f"{signed(found.estimate.value, digits)}{percent}", span(found.estimate.interval(LEVEL), digits, change=True)),
        (p_value(found.corrected_p),),
        (effect, f"{number(100 * found.share_better, 0)} %"),
    ]
