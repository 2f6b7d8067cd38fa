"""The colours of the page can be read: WCAG 2.2's contrast, computed from the variables of the style sheet."""

import itertools
import re

import pytest

from dkp_bench.report.formats.render import TEMPLATES

LEAST = 4.5
"""For text of any size (WCAG 2.2, success criterion 1.4.3)."""

TEXTS = ("ink", "soft", "accent", "published", "measured", "not-run", "good", "bad")
GROUNDS = ("paper", "faint")


def schemes() -> dict[str, dict[str, str]]:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    light, dark, _print = (dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks)
    return {"light": light, "dark": dark}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    colours = schemes()[scheme]
    pairs = [*itertools.product(TEXTS, (*GROUNDS, "mark")), ("ink", "note")]
    ratios = {(text, ground): contrast(colours[text], colours[ground]) for text, ground in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < LEAST} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_can_be_seen(scheme: str) -> None:
    colours = schemes()[scheme]
    assert min(contrast(colours["rule"], colours[ground]) for ground in GROUNDS) >= 3
