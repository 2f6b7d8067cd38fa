"""Errors a person reads."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.errors import DkpError, printable, shell_command, unknown_name


def test_the_message_is_the_problem_and_then_what_to_do() -> None:
    error = DkpError("the file is gone", "make it again")
    assert str(error) == "the file is gone\nmake it again"
    assert (error.problem, error.hint) == ("the file is gone", "make it again")
    assert str(DkpError("the file is gone")) == "the file is gone"


@pytest.mark.parametrize(
    ("name", "nearest"), [("mannequn", "mannequin"), ("plain", "mannequin-plain"), ("tai-chi", "taichi")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, nearest: str) -> None:
    error = unknown_name("dataset", name, ["taichi", "mannequin-plain", "mannequin"])
    assert error.problem == f"unknown dataset {name!r}. Did you mean {nearest!r}?"
    assert error.hint == "known: mannequin, mannequin-plain, taichi"


def test_a_name_like_no_other_is_answered_with_no_guess() -> None:
    assert unknown_name("dataset", "zzzz", ["taichi"]).problem == "unknown dataset 'zzzz'."


@given(st.text(), st.integers(3, 50))
def test_a_printable_text_is_short_and_cannot_move_the_cursor(text: str, longest: int) -> None:
    shown = printable(text, longest)
    assert not set("\n\r\t\x1b\x9b\u2028\u202e") & set(shown)
    shown.encode("utf-8")
    if len(text) <= longest and text.isprintable():
        assert shown == text


def test_an_error_of_a_whole_file_stays_short_and_keeps_its_lines() -> None:
    error = DkpError("\x1b[2J" * 100_000, "first\nsecond\x07\n" * 100_000)
    assert len(str(error)) < 20_000
    assert "\x1b" not in str(error)
    assert error.hint.splitlines()[:2] == ["first", "second\\x07"]


@given(st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])), min_size=1))
def test_a_command_reads_back_as_its_words(words: list[str]) -> None:
    assert shlex.split(shell_command(*words)) == words


def test_a_path_is_no_option() -> None:
    assert shell_command("rm", "-r", Path("-x")) == "rm -r ./-x"
