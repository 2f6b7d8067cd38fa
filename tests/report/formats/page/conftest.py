"""Pages to read, and a browser to read them in."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dkp_bench.report import Report
from dkp_bench.report.blocks import Cell, Column, Details, Section, Table, Text
from dkp_bench.report.formats.render import to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
METHODS = (("distill_dkp", 4.0), ("autolink", 8.0), ("base", None), ("mean_pose", 8.0), ("no_teacher", 10.5))
HEADS = (Column("method", numeric=False), Column("mean L2 error", "%", "↓"))
VISIBLE = """table => [...table.tBodies[0].rows].filter(row => row.checkVisibility())
    .map(row => row.cells[0].firstChild.textContent.trim())"""


def table(name: str, **options: bool) -> Table:
    """Five methods with their errors, two of them equal and one without a value."""
    cells = (
        (Cell(method), Cell("–", "empty") if value is None else Cell(f"{value:.1f}", "measured", value=value))
        for method, value in METHODS
    )
    return Table(f"{name}: five methods", HEADS, tuple(cells), ("A note.",), name=name, **options)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The system's Chromium; one for each module, for Playwright's event loop would be in other tests' way."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, a development dependency")
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"needs a browser: none of {', '.join(PROGRAMS)} is on the PATH")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


@pytest.fixture(scope="session")
def small(papers: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a table of each kind: sorted by value and by text, folded away, prominent."""
    verdicts = tuple((Cell(name), Cell("said", kind)) for name, kind in (("a", "reproduced"), ("b", "not-run")))
    folded = (table("folded"), table("folded-too"))
    sections = (
        Section("claim", "The claim", (Table("Verdicts", (Column("delta"), Column("verdict")), verdicts),)),
        Section("results", "Results", (table("mannequin", prominent=True), table("lsp", sortable=False))),
        Section("more", "More", (Text("Words."), Details("Look twice", blocks=folded))),
        Section("words", "Words alone", (Text("No table here. " * 400),)),
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(to_html(replace(papers, sections=sections)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def large(papers: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "papers.html"
    path.write_text(to_html(papers), encoding="utf-8")
    return path


class Reader:
    """Opens pages in one of two tabs, with and without script; notes what they say and what they ask for."""

    def __init__(self, browser: "Browser") -> None:
        self.contexts = {script: browser.new_context(java_script_enabled=script) for script in (True, False)}
        self.tabs = {script: context.new_page() for script, context in self.contexts.items()}
        self.said: list[str] = []
        self.opened: set[str] = set()
        self.asked: set[str] = set()
        for tab in self.tabs.values():
            tab.set_default_timeout(3000)
            tab.on("console", lambda message: self.said.append(message.text))
            tab.on("pageerror", lambda error: self.said.append(str(error)))
            tab.on("request", lambda request: self.asked.add(re.split(r"[?#,]", request.url)[0]))

    def open(
        self, path: Path, tail: str = "", *, size: tuple[int, int] = (1280, 800), script: bool = True, **media: str
    ) -> "Page":
        tab = self.tabs[script]
        tab.goto("about:blank")
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        tab.emulate_media(**{"media": "screen", "color_scheme": "light", "reduced_motion": "reduce", **media})
        self.opened.add(path.as_uri())
        tab.goto(path.as_uri() + tail)
        return tab


@pytest.fixture(scope="module")
def reader(browser: "Browser") -> Iterator[Reader]:
    reader = Reader(browser)
    yield reader
    for context in reader.contexts.values():
        context.close()


@pytest.fixture
def visit(reader: Reader) -> Iterator[Callable[..., "Page"]]:
    """Opens a page; fails if it says anything on the console, or asks for anything that is not in it."""
    yield reader.open
    said, asked = list(reader.said), set(reader.asked)
    reader.said.clear()
    reader.asked.clear()
    assert said == []
    assert {url for url in asked if not url.startswith(("data:", "about:"))} <= reader.opened


@pytest.fixture
def rows() -> Callable[..., list[str]]:
    """The methods of a table that are to be seen, from above."""
    return lambda page, name="results--mannequin": list(page.locator(f"[id='{name}'] table").evaluate(VISIBLE))
