"""Means, spreads and how numbers are written."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.text import NO_BREAK, as_published, duration, number, seeds, signed, unbroken


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8))
def test_mean_and_sd_equal_numpy(values: list[float]) -> None:
    measured = SeedScores(tuple(values))
    np.testing.assert_allclose(measured.mean, np.mean(values), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(measured.sd, np.std(values, ddof=1), rtol=1e-6, atol=1e-6)


def test_a_single_seed_has_no_spread() -> None:
    assert SeedScores((4.0,)).sd is None
    assert SeedScores((4.0,)).text(2) == "4.00"
    assert SeedScores((4.0, 5.0)).text(2) == "4.50 ± 0.71"


@pytest.mark.parametrize(("value", "text"), [(-1.234, "−1.23"), (1.235, "1.24"), (-0.001, "0.00"), (0.0, "0.00")])
def test_number(value: float, text: str) -> None:
    assert number(value, 2) == text


@pytest.mark.parametrize(("value", "text"), [(-40.26, "−40.3"), (1.3, "+1.3"), (-0.01, "0.0"), (0.04, "0.0")])
def test_signed(value: float, text: str) -> None:
    assert signed(value, 1) == text


def test_published_digits_are_kept() -> None:
    assert as_published(Decimal("316.10")) == "316.10"
    assert as_published(Decimal("-47.15"), change=True) == "−47.15"
    assert as_published(Decimal("1.3"), change=True) == "+1.3"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (390, "6 min 30 s"),
        (3599.7, "1 h 00 min"),
        (11_100, "3 h 05 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_seeds() -> None:
    assert (seeds(1), seeds(3)) == ("1 seed", "3 seeds")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("K = 10, tier 1, seed 0", "K_=_10, tier_1, seed_0"),
        ("95 % over images", "95_% over images"),
        ("−28.4 to −25.7 %; 3 seeds", "−28.4_to_−25.7_%; 3_seeds"),
        ("6.32 ± 0.13 % of edge", "6.32_±_0.13_% of edge"),
        ("2 min 40 s, 1.80 core-hours", "2_min 40_s, 1.80_core-hours"),
        ("from one to another, a 5 stars", "from one to another, a 5 stars"),
    ],
)
def test_no_line_is_broken_inside_a_number_with_its_unit(text: str, kept: str) -> None:
    assert unbroken(text).replace(NO_BREAK, "_") == kept
