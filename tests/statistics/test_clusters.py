import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.scoring.labelled import Floats
from dkp_bench.statistics.bootstrap import information


@pytest.mark.parametrize("clusters", [2, 3, 10, 100_000])
def test_equal_clusters_have_one_degree_of_freedom_less_than_clusters(clusters: int) -> None:
    found = information(np.full((clusters, 1), 8.0))
    assert found.df == pytest.approx(clusters - 1)
    assert found.widening == pytest.approx(1)


def by_matrices(denominators: Floats) -> tuple[float, float]:
    """The definition: deviations seen are K e."""
    share = denominators / denominators.sum(axis=0)
    weight = np.diag(share.sum(axis=1))
    squared = np.linalg.matrix_power(weight - share @ share.T, 2)
    widening = np.trace(weight**2) / np.trace(squared) * (len(share) - 1) / len(share)
    return np.trace(squared) ** 2 / np.trace(squared @ squared), np.sqrt(widening)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.integers(1, 4))
def test_equals_the_definition_in_matrices(seed: int, clusters: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    denominators = random.integers(1, 20, (clusters, columns)).astype(np.float64)
    denominators[0, random.random(columns) < 0.3] = 0
    found = information(denominators)
    assert (found.df, found.widening) == pytest.approx(by_matrices(denominators), rel=1e-6)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30))
def test_unequal_clusters_tell_less(seed: int, clusters: int) -> None:
    sizes = np.random.default_rng(seed).integers(1, 100, (clusters, 1)).astype(np.float64)
    found = information(sizes)
    assert 0 < found.df <= clusters - 1 + 1e-9
    assert found.widening >= 1 - 1e-9


def test_each_of_several_groups_costs_a_degree_of_freedom() -> None:
    member = np.kron(np.eye(4), np.ones((3, 1)))
    assert information(member).df == pytest.approx(12 - 4)


@pytest.mark.parametrize("denominators", [[[7.0]], [[0.0], [5.0], [0.0]], [[3.0, 0.0], [0.0, 2.0]]])
def test_a_single_cluster_tells_nothing(denominators: list[list[float]]) -> None:
    assert information(np.array(denominators)).df == 0
