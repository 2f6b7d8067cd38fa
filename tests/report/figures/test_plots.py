"""Curves, heat maps, scatter plots and dots: every number is where it belongs, and what was not run is said."""

import re
from xml.etree import ElementTree

import pytest

from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures.chart import GREY, ONE_SEED, Reading, Reference, look
from dkp_bench.report.figures.curve import Curve, CurvePanel, curve_figure, level_places
from dkp_bench.report.figures.heat_map import ON_COLOUR, HeatMap, heat_maps, tint
from dkp_bench.report.figures.results import ResultPanel, ResultRow, results_figure
from dkp_bench.report.figures.scatter import ScatterDot, ScatterPanel, scatter_figure
from dkp_bench.statistics import Interval

SPACE = "{http://www.w3.org/2000/svg}"
AUTOLINK = Reference("autolink", Reading(8.0, Interval(7.5, 8.5), 3))


def reading(value: float, seeds: int = 3) -> Reading:
    return Reading(value, Interval(value - 0.5, value + 0.5), seeds)


def texts(content: bytes) -> dict[str, tuple[float, float]]:
    """The words of a chart with their places in points, y down."""
    found = {}
    for element in ElementTree.fromstring(content).iter(f"{SPACE}text"):
        place = re.search(r"translate\(([\d.-]+) ([\d.-]+)\)", element.get("transform", ""))
        x, y = place.groups() if place else (element.get("x", "nan"), element.get("y", "nan"))
        found["".join(element.itertext())] = (float(x), float(y))
    return found


def panel(figure: Figure, place: int = 0) -> bytes:
    return figure.panels[place].content


@pytest.fixture(scope="module")
def curves() -> Figure:
    lines = (
        Curve("distill_dkp", ((0, reading(7.0)), (100, reading(6.0)), (1000, reading(5.0, seeds=1))), stands_out=True),
        Curve("teacher", ((100, reading(4.0)), (1000, reading(3.0)))),
    )
    panel = CurvePanel("squares", "steps", "error, %", 1, lines, "log", references=(AUTOLINK,))
    return curve_figure("curve.svg", [panel, panel], "Error by steps.")


def test_lines_are_named_where_they_end_and_levels_where_they_stand(curves: Figure) -> None:
    words = texts(panel(curves))
    ends = [words[name] for name in ("autolink", "distill_dkp", "teacher")]
    assert [y for _, y in ends] == sorted(y for _, y in ends)
    assert len({x for x, _ in ends}) == 1
    levels = [words[level][0] for level in ("0", "100", "1,000")]
    assert levels[1] - levels[0] == pytest.approx(levels[2] - levels[1], abs=3)
    assert max(levels) < ends[0][0]


def test_one_seed_is_hollow_and_the_caption_says_so(curves: Figure) -> None:
    first, _ = look(0)
    marks = re.findall(rf"<use .*style=\"(fill-opacity: 0|fill: {first}); stroke: {first};", panel(curves).decode())
    assert sorted(marks) == ["fill-opacity: 0", *[f"fill: {first}"] * 2]
    assert curves.caption == f"Error by steps. {ONE_SEED}"


def test_a_chart_says_what_it_shows_in_words(curves: Figure) -> None:
    assert curves.alt == "error, % by steps, a line each: distill_dkp, teacher."
    assert "teacher 100: 4.0 (3.5 to 4.5), 1,000: 3.0 (2.5 to 3.5)." in curves.description
    whole = ElementTree.fromstring(curves.content)
    assert [element.text for element in whole.iter(f"{SPACE}title")] == [curves.alt]
    assert not list(ElementTree.fromstring(panel(curves)).iter(f"{SPACE}title"))
    assert len(curves.panels) == 2
    assert curves.width == 2 * curves.panels[0].width
    assert curves.png.startswith(b"\x89PNG")


def test_a_band_as_wide_as_the_interval_lies_behind(curves: Figure) -> None:
    text = panel(curves).decode()
    assert text.index(f"fill: {GREY}; opacity: 0.2") < text.index(f"stroke: {look(0)[0]}")


def test_levels_of_a_category_are_named_at_a_slant_where_they_would_touch() -> None:
    line = Curve("a", tuple((level, reading(level)) for level in range(4)))
    short, long = (
        panel(curve_figure("c.svg", [CurvePanel("t", "x", "y", 1, (line,), "category", names)], "c")).decode()
        for names in (("a", "b", "c", "d"), ("nothing at all", "some parts of it", "most of it", "all of it"))
    )
    assert "rotate(-35" in long
    assert "rotate(-35" not in short
    assert "some parts of it" in long


@pytest.mark.parametrize(
    ("levels", "scale", "places"),
    [([1, 10, 100], "log", [0, 1, 2]), ([0, 1, 10], "log", [-1, 0, 1]), ([0, 5], "linear", [0, 5]), ([0], "log", [-1])],
)
def test_places_of_levels(levels: list[float], scale: str, places: list[float]) -> None:
    assert list(level_places(levels, scale).values()) == pytest.approx(places)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def heat() -> Figure:
    cells = ((reading(-20.0), None), (reading(0.2), reading(10.0, seeds=1)))
    each = HeatMap(
        "squares", "teacher", "student", ("A", "B"), ("C", "D"), cells, 0.0, "change, %", "no change", 1, True
    )
    return heat_maps("heat.svg", [each], "Pairs.")


def test_every_cell_has_its_number_and_interval_or_says_that_it_was_not_run(heat: Figure) -> None:
    words = texts(panel(heat))
    for text in ("−20.0", "−20.5 to −19.5", "+0.2", "−0.3 to +0.7", "+10.0", "not run", "A", "D", "change, %"):
        assert text in words
    assert words["not run"][0] == pytest.approx(words["+10.0"][0], abs=4)
    assert words["not run"][1] == pytest.approx(words["A"][1], abs=4)
    assert "A × D not run" in heat.description
    bold = [
        element
        for element in ElementTree.fromstring(panel(heat)).iter(f"{SPACE}text")
        if "bold" in str(element.attrib) or "700" in str(element.attrib)
    ]
    assert {"".join(element.itertext()) for element in bold} == {"squares", "−20.0", "+10.0"}


def test_colours_lie_on_both_sides_of_the_reference_and_dark_text_stands_out_on_all() -> None:
    assert tint(8.0, 8.0, 2.0) == "#ffffff"
    below, above = (tint(value, 8.0, 2.0) for value in (6.0, 10.0))
    assert int(below[5:], 16) > int(below[1:3], 16)
    assert int(above[1:3], 16) > int(above[5:], 16)
    assert tint(99.0, 8.0, 2.0) == above
    assert min(luminance(below), luminance(above)) > 4.5 * (luminance(ON_COLOUR) + 0.05) - 0.05


def luminance(colour: str) -> float:
    linear = [(int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dots_are_labelled_and_families_told_apart() -> None:
    dots = tuple(
        ScatterDot(f"c{i}", reading(3 + i / 9), reading(5 + i % 2, 1 + i % 2), f"family {i % 2}") for i in range(6)
    )
    figure = scatter_figure("s.svg", [ScatterPanel("squares", "teacher", "student", 1, dots, (AUTOLINK,))], "Errors.")
    words = texts(panel(figure))
    assert {"c0", "c5", "family 0", "family 1", "autolink"} <= words.keys()
    assert words["c1"][1] < words["c0"][1]
    assert "c0 3.0 (2.5 to 3.5), 5.0 (4.5 to 5.5)" in figure.description
    assert ONE_SEED in figure.caption


def test_arms_have_tiers_and_a_band_behind_them() -> None:
    rows = (
        ResultRow("silhouette", reading(5.0), tier=1),
        ResultRow("autolink", reading(8.0, 1), reference=True, tier=2),
    )
    figure = results_figure("arms.svg", [ResultPanel("squares", "error", 2, rows)], "Arms.")
    words, text = texts(panel(figure)), panel(figure).decode()
    assert words["2"][1] == pytest.approx(words["8.00"][1], abs=1)
    assert words["tier"][1] < words["1"][1]
    assert f"fill: {GREY}; opacity: 0.16" in text
    assert "interval of autolink" in texts(figure.content)
    assert figure.alt.endswith("silhouette 5.00, autolink 8.00.")
