"""Sorting and filtering tables in a browser, and the address that brings the view back."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Open = Callable[..., "Page"]
Rows = Callable[..., list[str]]
ORIGINAL = ["distill_dkp", "autolink", "base", "mean_pose", "no_teacher"]


def head(page: "Page", title: str) -> "Locator":
    return page.locator("#results--mannequin").get_by_role("columnheader", name=title)


def test_a_click_on_a_head_sorts_up_down_and_back(small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small)
    button = head(page, "mean L2 error").get_by_role("button")
    status = page.locator("#results--mannequin [role=status]")
    ascending = ["distill_dkp", "autolink", "mean_pose", "no_teacher", "base"]
    descending = ["no_teacher", "autolink", "mean_pose", "distill_dkp", "base"]
    for order, expected in (("ascending", ascending), ("descending", descending), (None, ORIGINAL)):
        button.click()
        assert rows(page) == expected
        assert head(page, "mean L2 error").get_attribute("aria-sort") == order
        said = f"sorted by mean L2 error, {order}" if order else "in the original order"
        assert status.inner_text() == said


def test_a_column_of_texts_sorts_as_text_and_one_column_at_a_time(small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small)
    head(page, "mean L2 error").get_by_role("button").click()
    head(page, "method").get_by_role("button").click()
    assert rows(page) == sorted(ORIGINAL)
    assert page.locator("#results--mannequin th[aria-sort]").count() == 1


def test_tables_that_need_no_sorting_have_no_buttons(small: Path, visit: Open) -> None:
    page = visit(small)
    assert page.locator("#results--lsp button").count() == 0
    assert page.locator("#claim--verdicts button").count() == 0


def test_a_filter_keeps_the_rows_with_every_word(small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small)
    page.get_by_role("searchbox").fill("TEACHER mannequin")
    assert rows(page) == ["no_teacher"]
    assert page.locator("output").inner_text() == "1 of 22 rows"
    assert not page.locator("#results--lsp").is_visible()
    assert not page.locator("#claim--verdicts").is_visible()
    page.get_by_role("searchbox").fill("distill_dkp")
    assert page.locator("output").inner_text() == "4 of 22 rows"
    assert rows(page, "more--folded") == ["distill_dkp"]
    assert rows(page, "more--folded-too") == ["distill_dkp"]
    page.keyboard.press("Escape")
    assert rows(page) == ORIGINAL
    assert page.locator("output").inner_text() == ""
    assert "?" not in page.url


def test_a_chosen_dataset_is_a_whole_word(large: Path, visit: Open) -> None:
    page = visit(large)
    page.get_by_label("one dataset").select_option("h36m")
    texts = page.locator("tbody tr:visible").all_inner_texts()
    captions = page.locator("caption:visible").all_inner_texts()
    assert texts
    assert not any("h36m-nobg" in text for text in (*texts, *captions) if "h36m" not in text.replace("h36m-nobg", ""))
    page.get_by_label("one method").select_option("distill_dkp")
    assert page.locator("tbody tr:visible").count() < len(texts)
    page.get_by_role("button", name="Show all").click()
    assert page.locator("tbody tr:visible").count() > len(texts)


def test_the_address_brings_the_view_back(small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small)
    button = head(page, "mean L2 error").get_by_role("button")
    button.click()
    button.click()
    page.get_by_role("searchbox").fill("e")
    page.get_by_label("one method").select_option("distill_dkp")
    assert rows(page) == ["distill_dkp"]
    again = visit(small, "?" + page.url.partition("?")[2])
    assert rows(again) == ["distill_dkp"]
    assert again.get_by_role("searchbox").input_value() == "e"
    again.get_by_role("button", name="Show all").click()
    assert rows(again) == ["no_teacher", "autolink", "mean_pose", "distill_dkp", "base"]
    assert "sort=results--mannequin.mean-l2-error.descending" in again.url


@pytest.mark.parametrize("query", ["?sort=x.y.z&sort=results--mannequin&dataset=none&show=", "?sort=%00..&method=%22"])
def test_an_address_that_names_nothing_changes_nothing(query: str, small: Path, visit: Open, rows: Rows) -> None:
    page = visit(small, query)
    assert rows(page) == ORIGINAL
    assert page.locator("output").inner_text() == ""
