"""Text from outside: a value, or one short error that names the file."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.text_files import (
    AbsentError,
    UnreadableError,
    parse_json,
    parse_toml,
    read_json,
    read_json_lines,
    read_text,
    read_toml,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)

ENDLESS = {
    "json brackets": ("[" * 100_000, "deeper than 100"),
    "json objects": ('{"a":' * 100_000, "deeper than 100"),
    "json digits": ("[" + "1" * 5000 + "]", "more than 400 digits"),
    "json overflow": ("[1e999]", "larger than any number"),
    "toml brackets": ("a = " + "[" * 100_000, "deeper than 100"),
    "toml tables": ("a = " + "{a = " * 100_000, "deeper than 100"),
    "toml digits": ("a = " + "1" * 5000, "more than 400 digits"),
    "toml dotted": (".".join(["a"] * 100_000) + " = 1", "deeper than 100"),
    "toml quoted": (".".join(['"a"'] * 100_000) + " = 1", "deeper than 100"),
}


@given(json_values)
def test_json_reads_as_json(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        'a = "[[[[" # ]]] [[['.replace("[", "[" * 60),
        "a = '''" + "[\n" * 300 + "'''",
        'a = """' + '["{\n\\"' * 300 + '"""',
        "a = '" + "{" * 300 + "'\nb.c.d = [1, 2]\n[x.y]\nz = 1e3",
        'a = "\\"' + "[" * 300 + '"\r\nb = 2\r\n',
    ],
)
def test_brackets_in_texts_and_comments_are_no_nesting(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)
    value = {"a": "[" * 300 + '"\\' * 300}
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_a_parser_would_choke_on_is_refused(kind: str, tmp_path: Path) -> None:
    text, why = ENDLESS[kind]
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UnreadableError) as caught:
        (read_json if kind.startswith("json") else read_toml)(path, hint="restore it")
    assert why in caught.value.why
    assert str(path) in caught.value.problem
    assert caught.value.hint == "restore it"


@pytest.mark.parametrize("unit", ['"', '"""', "'''", "'", '"\\', '"""\\"', "a.", "a", "[]", "# ", "1_", "\n", '"a".'])
def test_no_text_takes_more_than_time_in_proportion_to_its_length(unit: str) -> None:
    for parse in (parse_toml, parse_json):
        with pytest.raises(ValueError, match=r"."):
            parse(unit * (200_000 // len(unit)) + "\0")  # quadratic time would be minutes


@pytest.mark.parametrize("reader", [read_text, read_toml, read_json])
def test_what_is_absent_unreadable_or_not_utf_8_is_named(reader: Any, tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="there is no such file"):
        reader(tmp_path / "nowhere")
    with pytest.raises(UnreadableError, match="directory"):
        reader(tmp_path)
    path = tmp_path / "latin"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(UnreadableError, match=r"line 2 is not UTF-8"):
        reader(path)
    with pytest.raises(UnreadableError, match="larger than 4 bytes"):
        reader(path, largest=4)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_toml(path) == {"a": 1}
    assert read_text(path) == "a = 1\n"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}


def test_a_log_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert read_json_lines(path).values == ()
    path.write_bytes(b'{"step": 1}\n{"step"\n[2]\n\xff\n{"step": NaN}\n{"step": 3}\n{"step": 4')
    read = read_json_lines(path)
    assert read.values == ({"step": 1}, {"step": 3})
    assert read.damaged == (2, 3, 4, 5)
    assert read_json_lines(path, stop=True).values == ({"step": 1},)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    assert parse_json(r'["\ud83d\ude00", "\\ud800"]') == ["😀", r"\ud800"]
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        parse_json(r'{"a": ["\uD800"]}')


def test_a_reader_that_names_places_gets_what_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[NaN, Infinity, 1e999]", encoding="utf-8")
    assert [str(value) for value in read_json(path, finite=False)] == ["nan", "inf", "inf"]
    with pytest.raises(UnreadableError, match="NaN is not JSON"):
        read_json(path)
