"""Charts as SVG: equal charts give equal bytes, and several can stand in one page."""

import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from dkp_bench.report.blocks import Panel

INK = "#3b3f46"
"""Colour of text and lines; the HTML report replaces it with the colour of the page's text."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d46")
"""Okabe and Ito's palette, whose colours colour-blind readers can tell apart, on light and on dark pages."""

PHONE = 3.7
"""Width in inches of a panel that a phone of 390 px shows without scrolling, its text at full size."""

# Text stays text, which a page can recolour and search. Names of methods are data: a "$" in one is no maths.
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "axes.unicode_minus": True,
    "text.parse_math": False,
}


def canvas(rows: int, columns: int, panel: tuple[float, float]) -> tuple[Figure, Sequence[Axes]]:
    """Return an empty chart of ``rows`` × ``columns`` panels of ``panel`` inches each, and its panels row by row."""
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(panel[0] * columns, panel[1] * rows), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
        )
        axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.flat)


def painted(columns: int, size: tuple[float, float], draw: Sequence[Callable[[Axes], None]]) -> Figure:
    """Draw a chart with a panel for each function of ``draw``, ``columns`` beside each other, each ``size`` inches."""
    with mpl.rc_context(STYLE):
        figure, axes = canvas(math.ceil(len(draw) / columns), columns, size)
        for axis in axes[len(draw) :]:
            axis.set_axis_off()
        for axis, paint in zip(axes, draw, strict=False):
            paint(axis)
    return figure


def to_svg(figure: Figure, name: str, *, title: str = "", transparent: bool = True) -> bytes:
    """Return the chart as SVG without date or creator; its identifiers begin with ``name``, unlike other charts'.

    Its ``title`` is for a chart that stands alone, and is read out; inside a page the page says what a chart shows.
    """
    buffer = io.StringIO()
    metadata = {"Date": None, "Creator": None, **({"Title": title} if title else {})}
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=transparent, metadata=metadata)
    # Inside an HTML page an XML declaration is an error, and all charts share one space of identifiers: "url(#clip)" of
    # one must not find the clip of another. The salt makes matplotlib's identifiers the same every time.
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    text = text[text.index("<svg") :]
    prefix = re.sub(r"\W", "-", name)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", text)
    return text.encode()


def to_png(figure: Figure) -> bytes:
    """Return the chart as PNG on white, with two pixels for each CSS pixel."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=192, metadata={"Software": None})
    return buffer.getvalue()


def panels(
    name: str, sizes: Sequence[tuple[float, float]], draw: Sequence[Callable[[Axes], None]]
) -> tuple[Panel, ...]:
    """Draw each panel of a chart as a separate SVG, ``sizes`` being their widths and heights in inches."""
    pieces = []
    for place, (size, paint) in enumerate(zip(sizes, draw, strict=True)):
        with mpl.rc_context(STYLE):
            figure, (axis,) = canvas(1, 1, size)
            paint(axis)
        pieces.append(Panel(to_svg(figure, f"{name}-{place}"), pixels(size[0])))
    return tuple(pieces)


BEYOND_LATIN = "−–—…’“”×≤≥≈∞→ΑΒΓΔαβγδεθλμπρστφω"
"""Signs beyond Latin letters that a label may have; the font has them all."""


def label(text: str, length: int = 26) -> str:
    """Return ``text`` as a chart can show it: short, and in signs that its font has.

    A thin space goes before a leading underscore, which matplotlib would take as hiding the line from the legend.
    """
    shown = {sign for sign in text if sign.isprintable() and (ord(sign) < 0x250 or sign in BEYOND_LATIN)}
    signs = "".join(sign if sign in shown else "?" for sign in text)
    short = signs if len(signs) <= length else f"{signs[: length - 1]}…"
    return f"\u2009{short}" if short.startswith("_") else short


def pixels(inches: float) -> int:
    """Return a length in inches as CSS pixels."""
    return round(inches * 96)
