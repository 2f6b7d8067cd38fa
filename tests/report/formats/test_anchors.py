"""Names of tables, rows and cells: unique, readable, and the same tomorrow."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.report.blocks import Cell, Column, Details, Figure, Section, Table, Text
from dkp_bench.report.formats.anchors import LONGEST, Placed, column_names, placed, placed_tables, row_names, slug

NAMES = st.text(st.sampled_from("ab-_ +é漢1."), max_size=6)
ROWS = st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=8)
COLUMNS = (Column("method", numeric=False), Column("mean L2 error", "% of edge", "↓"), Column("on figure", "%"))


def table(*names: str, caption: str = "mannequin, tiny profile: 64 px", **options: str) -> Table:
    rows = tuple((Cell(name), Cell("1.0", "measured"), Cell("2.0", "measured")) for name in names)
    return Table(caption, COLUMNS, rows, **options)  # type: ignore[arg-type]


def identifiers(items: tuple[Placed, ...]) -> list[str]:
    found = []
    for item in items:
        found += [item.anchor] if item.anchor else []
        found += [item.cell(row, column) for row in range(len(item.rows)) for column in range(len(item.columns))]
        found += identifiers(item.inside)
    return found


def test_a_cell_is_named_by_section_table_row_and_column() -> None:
    section = Section("results", "Results", (Text("before"), table("autolink", "distill_dkp", name="mannequin tiny")))
    text, item = placed(section)
    assert text.anchor == ""
    assert item.anchor == "results--mannequin-tiny"
    assert item.cell(1, 1) == "results--mannequin-tiny--distill-dkp--mean-l2-error"
    assert item.cell(1, 0) == "results--mannequin-tiny--distill-dkp"


def test_without_a_name_the_caption_as_far_as_its_first_stop() -> None:
    (item,) = placed(Section("results", "Results", (table("a"),)))
    assert item.anchor == "results--mannequin-tiny-profile"


def test_rows_alike_are_told_apart_by_the_next_label_the_small_print_or_a_number() -> None:
    def names(*rows: tuple[Cell, ...]) -> tuple[str, ...]:
        return row_names(Table("", (), rows))

    assert names((Cell("m"), Cell("x")), (Cell("m"), Cell("y"))) == ("m-x", "m-y")
    assert names((Cell("m", detail="PCK"),), (Cell("m", detail="L2"),)) == ("m-pck", "m-l2")
    assert names((Cell("m"),), (Cell("m"),), (Cell("m-2"),)) == ("m", "m-3", "m-2")
    measured = (Cell("m"), Cell("1.0", "measured")), (Cell("m"), Cell("2.0", "measured"))
    assert names(*measured) == ("m", "m-2")


def test_columns_alike_are_told_apart_by_their_units() -> None:
    assert column_names((Column("error", "px"), Column("error", "%"), Column("time"))) == ("error-px", "error", "time")


def test_what_is_folded_away_has_names_and_is_listed() -> None:
    folded = table("a", name="all")
    figure = Figure("curves.svg", b"", "alt", "caption", 100)
    section = Section("more", "More", (Details("Look twice", blocks=(folded, figure)), table("b", name="all")))
    details, second = placed(section)
    assert [item.anchor for item in details.inside] == ["more--all", "more--curves"]
    assert (details.anchor, second.anchor) == ("more--look-twice", "more--all-2")
    assert [item.anchor for item in placed_tables([section])] == ["more--all", "more--all-2"]
    assert section.tables == (folded, section.blocks[1])
    assert section.figures == (figure,)


@given(tables=st.lists(st.tuples(NAMES, ROWS), max_size=5))
def test_no_two_names_are_equal(tables: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    blocks = tuple(
        Table(caption, COLUMNS, tuple((Cell(a, detail=b), Cell(c), Cell(c)) for a, b, c in rows))
        for caption, rows in tables
    )
    section = Section("results", "Results", (*blocks, Details("a", blocks=blocks)))
    names = identifiers(placed(section))
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"results--[a-z0-9]+(--?[a-z0-9]+)*", name) for name in names)


@given(names=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), data=st.data())
def test_other_rows_do_not_change_a_name(names: list[str], data: st.DataObject) -> None:
    whole = table(*names, name="t")
    fewer = replace(whole, rows=tuple(data.draw(st.permutations(whole.rows)))[: len(names) // 2 + 1])
    known = dict(zip(whole.rows, row_names(whole), strict=True))
    assert all(known[row] == name for row, name in zip(fewer.rows, row_names(fewer), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("distill_dkp (gamma=1.0)", "distill-dkp-gamma-1-0"), ("Müller --  x", "muller-x"), ("漢", "x"), ("", "x")],
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_a_slug_is_short_and_ends_with_a_word() -> None:
    assert slug("word " * 40) == "-".join(["word"] * (LONGEST // 5))
    assert len(slug("a" * 300)) == LONGEST
