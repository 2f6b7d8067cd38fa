import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.statistics import holm

p_values = st.lists(st.floats(0, 1), max_size=8)


def test_an_example_by_hand() -> None:
    assert holm([0.04, 0.01, 0.03, 0.5]) == pytest.approx((0.09, 0.04, 0.09, 0.5))


def rejected(p: list[float], level: float) -> set[int]:
    """Holm's procedure as he wrote it: step up from the smallest, stop at the first that is too large."""
    found: set[int] = set()
    for step, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        if p[index] * (len(p) - step) > level:
            break
        found.add(index)
    return found


@given(p_values, st.sampled_from([0.01, 0.05, 0.2]))
def test_what_it_rejects_is_what_the_procedure_rejects(p: list[float], level: float) -> None:
    assert {index for index, adjusted in enumerate(holm(p)) if adjusted <= level} == rejected(p, level)


@given(p_values)
def test_it_raises_every_p_and_keeps_their_order(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(raw <= corrected <= 1 for raw, corrected in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()
    assert all(corrected <= min(1, len(p) * raw) for raw, corrected in zip(p, adjusted, strict=True))


@given(p_values, st.integers(0, 2**32 - 1))
def test_the_order_they_come_in_does_not_matter(p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))
    assert holm([p[index] for index in order]) == tuple(np.array(holm(p))[order])


@given(st.floats(0, 1))
def test_a_single_one_stays(p: float) -> None:
    assert holm([p]) == (p,)
    assert holm([]) == ()


def test_any_error_at_all_is_as_rare_as_said() -> None:
    """Five comparisons of what does not differ, correlated as comparisons with one common baseline are."""
    random = np.random.default_rng(0)
    statistics = (random.normal(size=(2000, 5)) + random.normal(size=(2000, 1))) / np.sqrt(2)
    raw = 2 * scipy.stats.norm.sf(np.abs(statistics))
    wrong = sum(min(holm(each)) <= 0.05 for each in raw.tolist())
    assert scipy.stats.binomtest(wrong, 2000, 0.05, alternative="greater").pvalue > 0.01
    assert (raw.min(axis=1) <= 0.05).mean() > 0.1, "uncorrected, one in ten or more would be wrong"
