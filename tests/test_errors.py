"""Errors a person reads."""

import pytest

from dkp_bench.errors import DkpError, unknown_name


def test_the_message_is_the_problem_and_then_what_to_do() -> None:
    error = DkpError("the file is gone", "make it anew")
    assert str(error) == "the file is gone\nmake it anew"
    assert (error.problem, error.hint) == ("the file is gone", "make it anew")
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
