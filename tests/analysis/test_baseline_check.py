"""Whether today's number is one that the stored ones let expect."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dkp_bench.analysis.baseline_check import check, prediction_interval
from dkp_bench.errors import DkpError
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]


@pytest.fixture
def stored(run: MakeRun) -> list[Run]:
    return [run(error=error, seed=seed) for seed, error in enumerate((8.0, 8.2, 8.4))]


def test_the_stored_number_is_the_same_to_the_last_digit(run: MakeRun, stored: list[Run]) -> None:
    found = check(run(error=8.2, seed=1), stored)
    assert (found.same, found.holds, found.stored, found.seeds) == (True, True, 8.2, 3)


@pytest.mark.parametrize(("error", "holds"), [(8.4, True), (9.18, True), (9.21, False), (7.21, True), (7.19, False)])
def test_another_number_holds_where_one_more_seed_would_lie(
    error: float, holds: bool, run: MakeRun, stored: list[Run]
) -> None:
    # mean 8.2, sd 0.2, t of two degrees of freedom 4.303: 8.2 ± 4.303 · 0.2 · √(4/3) = 8.2 ± 0.9937
    found = check(run(error=error, seed=0), stored)
    assert (found.same, found.holds) == (False, holds)
    assert (found.low, found.high) == pytest.approx((7.2063, 9.1937), abs=1e-4)


def test_a_newer_version_is_what_is_tested(run: MakeRun, stored: list[Run]) -> None:
    assert check(run(error=8.0, version="0.3.0"), stored).same


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preset_hash", "bbbb0000"),
        ("dataset_hash", "fedcba98"),
        ("keypoints", 5),
        ("image_size", 128),
        ("depth", "x"),
        ("scores_version", 2),
    ],
)
def test_what_was_trained_otherwise_is_refused_with_the_field(
    field: str, value: object, run: MakeRun, stored: list[Run]
) -> None:
    with pytest.raises(DkpError, match=f"differs in {field}"):
        check(run(**{field: value}), stored)


def test_a_seed_that_is_not_stored_and_a_single_one_are_refused(run: MakeRun, stored: list[Run]) -> None:
    with pytest.raises(DkpError, match="seed 7 and another one are needed"):
        check(run(seed=7), stored)
    with pytest.raises(DkpError, match="seeds stored of base on squares, tiny profile: 0; seed 0 and another one"):
        check(run(seed=0), stored[:1])


def test_rounding_is_no_change_where_no_seed_differs(run: MakeRun) -> None:
    stored = [run(error=8.2, seed=seed) for seed in range(3)]
    assert check(run(error=8.2 * (1 + 1e-12)), stored).holds
    assert not check(run(error=8.2001), stored).holds


def test_a_stored_run_without_the_score_is_named(run: MakeRun, stored: list[Run]) -> None:
    unscored = Run(Path("there"), stored[2].record.model_copy(update={"scores": []}))
    with pytest.raises(DkpError, match="there has no score"):
        check(run(seed=0), [*stored[:2], unscored])


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_the_interval_is_that_of_scipy(seed: int, count: int) -> None:
    values = np.random.default_rng(seed).normal(8, 0.2, count)
    scale = values.std(ddof=1) * np.sqrt(1 + 1 / count)
    expected = stats.t.interval(0.95, count - 1, loc=values.mean(), scale=scale)
    assert prediction_interval(values.tolist()) == pytest.approx(expected)


def test_one_more_value_lies_in_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(4000, 4))
    inside = [low <= row[3] <= high for row in draws for low, high in [prediction_interval(row[:3].tolist())]]
    assert abs(np.mean(inside) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / len(inside))
