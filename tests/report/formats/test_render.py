"""HTML and Markdown: golden files, well-formedness, nothing from outside, and nothing hostile."""

import base64
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report
from dkp_bench.report.blocks import SYMBOLS, Cell, Column, Section, Table
from dkp_bench.report.formats.render import POLICY, escape_markdown, to_html, to_markdown
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags nest, and gathers what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.captions: list[bool] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.captions.append(False)
        if tag == "caption":
            self.captions[-1] = True
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def report(two_by_two: list[Run], published: Published) -> Report:
    return build_report(two_by_two, published)


def test_markdown_golden(report: Report, golden: Callable[[str, str], None]) -> None:
    golden("report.md", to_markdown(report))


def test_the_papers_datasets_golden(papers: Report, golden: Callable[[str, str], None]) -> None:
    golden("papers.md", to_markdown(papers))


def test_every_table_has_a_caption_and_scoped_heads(report: Report) -> None:
    page = Page(to_html(report))
    assert page.captions
    assert all(page.captions)
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.of("th"))


def test_identifiers_are_unique(report: Report) -> None:
    names = [attributes["id"] for _, attributes in Page(to_html(report)).tags if attributes.get("id")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["report", "papers", "hostile"])
def test_the_page_loads_nothing(name: str, request: pytest.FixtureRequest) -> None:
    text = to_html(request.getfixturevalue(name))
    page = Page(text)
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for key, value in attributes.items():
            assert not key.startswith("on")
            if key in ("src", "srcset", "href", "xlink:href", "data", "action") and tag != "a":
                assert (value or "").startswith(("#", "data:image/png;base64,")), (tag, key, value)
    assert "url(http" not in text
    assert "@import" not in text


def test_links_lead_to_sources_and_sections_alone(report: Report, published: Published) -> None:
    sources = {entry.url for entry in (*published.delta, *published.published)}
    page = Page(to_html(report))
    anchors = {f"#{attributes['id']}" for _, attributes in page.tags if attributes.get("id")}
    assert {attributes["href"] for attributes in page.of("a")} <= sources | anchors


@pytest.mark.parametrize("name", ["report", "hostile"])
def test_no_script_but_ours_may_run(name: str, request: pytest.FixtureRequest) -> None:
    text = to_html(request.getfixturevalue(name))
    page = Page(text)
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (tag["content"] for tag in page.of("meta") if tag.get("http-equiv") == "Content-Security-Policy")
    assert page.of("script") == [{"type": "module"}]
    assert policy == f"{POLICY}; script-src 'sha256-{digest}'"


def test_headings_go_down_one_step_at_a_time(report: Report) -> None:
    levels = [int(tag[1]) for tag, _ in Page(to_html(report)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels == [1] + [2] * len(report.sections)


def test_regions_have_names(report: Report) -> None:
    page = Page(to_html(report))
    identifiers = {attributes.get("id") for _, attributes in page.tags}
    for tag in ("nav", "section", "form"):
        assert page.of(tag)
        for attributes in page.of(tag):
            assert attributes.get("aria-label") or attributes.get("aria-labelledby") in identifiers
    assert len(page.of("main")) == len(page.of("header")) == len(page.of("footer")) == 1


def test_a_verdict_is_told_by_a_sign_and_words(report: Report) -> None:
    cells = tuple(Cell(f"said {kind}", kind) for kind in SYMBOLS)
    table = Table("verdicts", (Column("verdict"),) * len(cells), (cells,))
    told = replace(report, sections=(Section("claim", "Claim", (table,)),))
    text = "".join(Page(to_html(told)).text)
    for cell in cells:
        assert f"{cell.symbol} {cell.text}" in " ".join(text.split())
        assert f"{cell.symbol} {cell.text}" in to_markdown(told)


def test_a_number_that_is_none_is_no_value(report: Report) -> None:
    cells = tuple(Cell(str(value), value=value) for value in (0.0, 2.5, math.nan, math.inf, None))
    table = Table("values", (Column("value"),), tuple((cell,) for cell in cells))
    page = Page(to_html(replace(report, sections=(Section("values", "Values", (table,)),))))
    heads = [attributes for attributes in page.of("th") if attributes["scope"] == "row"]
    assert [attributes.get("data-value") for attributes in heads] == ["0.0", "2.5", None, None, None]


def test_pictures_have_words(report: Report) -> None:
    page = Page(to_html(report))
    assert page.of("svg")
    figures = [attributes for tag in ("div", "svg") for attributes in page.of(tag) if attributes.get("role") == "img"]
    assert len(figures) == len(report.figures)
    assert all(attributes["aria-label"] for attributes in figures)
    assert all(attributes.get("role") == "img" or attributes["aria-hidden"] for attributes in page.of("svg"))


def test_hostile_names_are_text_in_html(hostile: Report) -> None:
    page = Page(to_html(hostile))
    assert 'alert("1")' in "".join(page.text)
    assert "{{ g }} {% h %}" in "".join(page.text)


def test_hostile_names_keep_markdown_tables_whole(hostile: Report) -> None:
    text = to_markdown(hostile)
    assert "<script" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows
    blocks = re.split(r"\n(?!\|)", text)
    for block in blocks:
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) <= 1


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("distill_dkp", "distill_dkp"),
        ("_a_ | *b*", r"\_a\_ \| \*b\*"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("# a\n- b", r"\# a - b"),
        ("[a](b) `c`", r"\[a\](b) \`c\`"),
    ],
)
def test_escape_markdown(raw: str, escaped: str) -> None:
    assert escape_markdown(raw) == escaped


def test_an_empty_store_is_a_whole_page(published: Published) -> None:
    empty = build_report([], published)
    assert empty.headline == ("Nothing measured yet.",)
    assert "not run" in "".join(Page(to_html(empty)).text)
    assert "nox -s reproduce-squares" in to_markdown(empty)


def test_published_cells_are_the_published_numbers(report: Report, published: Published) -> None:
    found = [
        cell
        for section in report.sections
        for table in section.tables
        for row in table.rows
        for cell in row
        if cell.kind == "published"
    ]
    assert [cell.text for cell in found] == ["−12.50 %", "3.10"]
    assert "3.10" not in to_html(build_report([], published.model_copy(update={"published": ()})))
    assert not any(
        cell.kind == "published" for cell in _cells(published.model_copy(update={"delta": (), "published": ()}))
    )


def _cells(published: Published) -> list[object]:
    tables = [table for section in build_report([], published).sections for table in section.tables]
    return [cell for table in tables for row in table.rows for cell in row]


def test_a_random_perceptual_network_is_said_in_words(run: MakeRun, published: Published) -> None:
    random = to_html(build_report([run()], published))
    assert "random network (pyramid-random)" in random
    real = to_html(build_report([run(perceptual="vgg16-imagenet-12345678")], published))
    assert "VGG16 with ImageNet weights (vgg16-imagenet-12345678)" in real
    assert "random network" not in real
    assert "perceptual loss used" not in to_html(build_report([run(perceptual="none")], published))


def test_the_same_runs_give_the_same_bytes(two_by_two: list[Run], published: Published, report: Report) -> None:
    again = build_report(list(reversed(two_by_two)), published)
    assert [figure.content for figure in again.figures] == [figure.content for figure in report.figures]
    html = to_html(build_report(two_by_two, published))
    assert html == to_html(report)
