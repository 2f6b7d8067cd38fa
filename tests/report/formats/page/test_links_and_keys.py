"""Links to cells in a browser, and the page without a pointer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]
Rows = Callable[..., list[str]]
LONG = "results--mannequin--distill-dkp--mean-l2-error"


def test_a_link_to_a_cell_shows_and_marks_it(small: Path, visit: Open) -> None:
    page = visit(small, f"#{LONG}", size=(360, 400))
    cell = page.locator(f"[id='{LONG}']")
    assert cell.evaluate("cell => cell.matches(':target')")
    assert cell.evaluate(
        "cell => { const box = cell.getBoundingClientRect(); return box.top > 0 && box.bottom < innerHeight }"
    )
    other = page.locator("[id='results--mannequin--autolink--mean-l2-error']")
    colours = [place.evaluate("cell => getComputedStyle(cell).backgroundColor") for place in (cell, other)]
    assert colours[0] != colours[1]


def test_a_link_opens_what_is_folded_and_shows_what_is_filtered_away(small: Path, visit: Open) -> None:
    page = visit(small, "?show=autolink#more--folded--base--mean-l2-error")
    assert page.locator("[id='more--folded--base--mean-l2-error']").is_visible()
    assert page.locator("output").inner_text() == ""
    page = visit(small)
    assert not page.locator("#more--folded").is_visible()
    page.evaluate("location.hash = '#more--folded--base'")
    page.wait_for_function("document.getElementById('more--folded--base').checkVisibility()")


def test_the_pointer_finds_the_link_of_a_cell(small: Path, visit: Open) -> None:
    page = visit(small)
    page.locator(f"[id='{LONG}']").hover()
    link = page.get_by_role("link", name="Link to distill_dkp: 4.0")
    assert link.get_attribute("href") == f"#{LONG}"
    link.click()
    page.wait_for_url(f"**#{LONG}")
    page.locator("[id='results--mannequin--base']").hover()
    assert link.count() == 0


def test_with_the_keyboard_alone(small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.get_by_role("columnheader", name="mean L2 error").get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    assert rows(page)[-1] == "base"
    page.keyboard.press("Space")
    assert rows(page)[0] == "no_teacher"
    page.locator("#results--mannequin .scroll").focus()
    for key in ("Enter", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#results--mannequin--no-teacher"
    page.keyboard.press("Enter")
    page.wait_for_url("**#results--mannequin--no-teacher")
    page.locator("a.anchor:focus").wait_for()  # the focus comes back after the jump
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "scroll"


def test_every_control_shows_that_it_has_the_focus(small: Path, visit: Open) -> None:
    page = visit(small)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.tagName"))
        if page.evaluate("document.activeElement === document.body"):
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    assert {"A", "BUTTON", "INPUT", "SELECT", "DIV", "SUMMARY"} <= seen
