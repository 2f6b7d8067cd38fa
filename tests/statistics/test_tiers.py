from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.statistics import split_into_tiers


def farther_than(gap: float, values: dict[str, float]) -> Callable[[str, str], bool]:
    return lambda one, other: abs(values[one] - values[other]) > gap


def test_methods_join_the_best_they_cannot_be_told_apart_from() -> None:
    values = {"a": 1.0, "b": 1.4, "c": 1.8, "d": 3.0, "e": 3.1}
    assert split_into_tiers(list(values), farther_than(0.5, values)) == (("a", "b"), ("c",), ("d", "e"))


def test_a_method_known_too_little_is_not_put_below_the_best() -> None:
    """B is told apart from A; C, worse than B but known less exactly, is not, so nothing says that A beats it."""
    assert split_into_tiers(["A", "B", "C"], lambda one, other: (one, other) == ("A", "B")) == (("A", "C"), ("B",))


def test_extremes() -> None:
    assert split_into_tiers([], lambda one, other: True) == ()
    assert split_into_tiers(["a", "b"], lambda one, other: True) == (("a",), ("b",))
    assert split_into_tiers(["a", "b"], lambda one, other: False) == (("a", "b"),)


@given(st.integers(0, 8), st.integers(0, 2**32 - 1))
def test_what_a_tier_claims_holds(count: int, seed: int) -> None:
    names = [chr(ord("a") + number) for number in range(count)]

    def told_apart(one: str, other: str) -> bool:
        assert one < other, "asked with the better first"
        return (seed >> (ord(one) * 3 + ord(other)) % 32) & 1 == 1

    found = split_into_tiers(names, told_apart)
    assert sorted(name for tier in found for name in tier) == names
    for place, tier in enumerate(found):
        assert list(tier) == sorted(tier)
        assert not any(told_apart(tier[0], name) for name in tier[1:])
        assert all(told_apart(higher[0], name) for higher in found[:place] for name in tier)
