"""The page on a phone, on paper, without script, in both colour schemes; and nothing leaves it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]


@pytest.mark.parametrize("name", ["small", "large"])
def test_on_a_phone_nothing_stands_out_and_everything_can_be_hit(
    name: str, visit: Open, request: pytest.FixtureRequest
) -> None:
    page = visit(request.getfixturevalue(name), size=(360, 740))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    wide = """all => all.filter(element => element.getBoundingClientRect().right > 360.5
        && !element.closest('.scroll > *, svg, .unseen')).map(element => element.outerHTML.slice(0, 120))"""
    assert page.locator("body *").evaluate_all(wide) == []
    small_targets = """all => all.filter(element => element.checkVisibility() && !element.matches('.skip'))
        .map(element => [element.outerHTML.slice(0, 120), element.getBoundingClientRect().height])
        .filter(([, height]) => height < 24)"""
    assert page.locator("button, input, select, summary, a").evaluate_all(small_targets) == []
    cut = "all => all.filter(box => box.scrollWidth > box.clientWidth).map(box => box.outerHTML.slice(0, 120))"
    assert page.locator(".panels, .panels > div, .stacked .scroll").evaluate_all(cut) == []


def test_the_contents_are_at_hand_on_a_phone(small: Path, visit: Open) -> None:
    page = visit(small, "#words", size=(360, 740))
    page.get_by_role("link", name="Contents", exact=True).click()
    page.wait_for_function("document.querySelector('nav').getBoundingClientRect().top >= 0")


@pytest.mark.parametrize("name", ["small", "large"])
def test_without_script_everything_is_there_and_nothing_idle(
    name: str, visit: Open, request: pytest.FixtureRequest
) -> None:
    page = visit(request.getfixturevalue(name), script=False)
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    tables = page.locator("main table:not(details *)").all()
    assert tables
    assert all(table.is_visible() for table in tables)
    page.locator("summary").first.click()
    assert page.locator("details").first.locator("> *").last.is_visible()


@pytest.mark.parametrize("name", ["small", "large"])
def test_paper_shows_everything_within_its_width(name: str, visit: Open, request: pytest.FixtureRequest) -> None:
    paper = (690, 1000)
    page = visit(request.getfixturevalue(name), script=name == "large", size=paper, media="print")
    assert page.locator("form:visible, nav:visible, .anchor:visible").count() == 0
    assert page.locator("main tr, details li").evaluate_all("all => all.every(e => e.checkVisibility())")
    # a browser does not repeat heads that hold a button on the next page
    assert page.locator("thead button").evaluate_all(
        "all => all.every(b => getComputedStyle(b).display === 'contents')"
    )
    edges = page.locator("table").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= paper[0] + 0.5


def test_the_page_follows_the_colour_scheme(small: Path, visit: Open) -> None:
    shades = []
    for scheme in ("light", "dark"):
        page = visit(small, color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades.append(sum(int(part) for part in colour.strip("rgb()").split(",")))
    assert shades[0] > 700
    assert shades[1] < 150


def test_nothing_can_leave_the_page(small: Path, visit: Open, reader: Any) -> None:
    page = visit(small)
    assert page.evaluate("fetch('https://example.org').then(() => 'sent', () => 'refused')") == "refused"
    assert "Content Security Policy" in reader.said.pop(0)
    reader.said.clear()
    assert reader.asked <= reader.opened


def test_nothing_moves_for_those_who_want_it_still(small: Path, visit: Open) -> None:
    scroll = "getComputedStyle(document.documentElement).scrollBehavior"
    assert visit(small).evaluate(scroll) == "auto"
    assert visit(small, reduced_motion="no-preference").evaluate(scroll) == "smooth"
