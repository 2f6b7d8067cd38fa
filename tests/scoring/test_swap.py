from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.scoring.distances import Matched, l2_of_images
from dkp_bench.scoring.labelled import Bools
from dkp_bench.scoring.swap import (
    TOLERATED_SWAPS,
    swap,
    swap_helps,
    swap_order,
    swap_prediction_where_better,
    swap_until_settled,
    swap_where_better,
)

seeds = st.integers(0, 2**32 - 1)
PAIRS = ((1, 2), (3, 5))
H36M_PAIRS = (*((i, i + 5) for i in range(1, 6)), *((i, i + 8) for i in range(16, 24)))


def case(seed: int, images: int = 80) -> Matched:
    random = np.random.default_rng(seed)
    visible = random.random((images, 6)) < 0.8
    visible[:, 0] = True
    return Matched(random.uniform(size=(images, 6, 2)), random.uniform(size=(images, 6, 2)), visible)


def all_images(matched: Matched) -> Bools:
    return np.ones(len(matched.joints), dtype=np.bool_)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_swap_is_an_involution(seed: int) -> None:
    matched, order = case(seed), swap_order(PAIRS, 6)
    once = swap(matched, order, all_images(matched))
    twice = swap(once, order, all_images(matched))
    assert not np.array_equal(once.joints, matched.joints)
    np.testing.assert_array_equal(twice.joints, matched.joints)
    np.testing.assert_array_equal(twice.visible, matched.visible)


def test_swap_exchanges_each_pair_with_its_visibility_where_asked() -> None:
    matched, order = case(0, images=2), swap_order(PAIRS, 6)
    swapped = swap(matched, order, np.array([False, True]))
    np.testing.assert_array_equal(swapped.joints[0], matched.joints[0])
    np.testing.assert_array_equal(swapped.visible[0], matched.visible[0])
    for place, origin in enumerate((0, 2, 1, 5, 4, 3)):
        np.testing.assert_array_equal(swapped.joints[1, place], matched.joints[1, origin])
        assert swapped.visible[1, place] == matched.visible[1, origin]
    np.testing.assert_array_equal(swapped.predicted, matched.predicted)


def test_the_true_human36m_pairs_are_a_permutation_and_autolinks_are_not() -> None:
    order = swap_order(H36M_PAIRS, 32)
    np.testing.assert_array_equal(order[order], np.arange(32))
    as_coded = [(21, 28) if pair == (21, 29) else pair for pair in H36M_PAIRS if pair != (16, 24)]
    assert len(as_coded) == 12
    with pytest.raises(DkpError, match="joint 28"):
        swap_order(as_coded, 32)


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        ([(0, 6)], "names joint 6"),
        ([(-1, 2)], "names joint -1"),
        ([(0, 1), (1, 2)], "names joint 1"),
        ([(0, 1), (0, 1)], "names joint 0"),
        ([(3, 3)], "names joint 3"),
    ],
)
def test_refuses_pairs_that_are_no_permutation(pairs: Sequence[tuple[int, int]], problem: str) -> None:
    with pytest.raises(DkpError, match=problem):
        swap_order(pairs, 6)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_labels_are_swapped_exactly_where_the_image_gets_better(seed: int) -> None:
    matched, order = case(seed), swap_order(PAIRS, 6)
    better = swap_where_better(matched, order)
    changed = 0
    for i in range(len(matched.joints)):
        options = []
        for table in (np.arange(6), order):
            joints, visible = matched.joints[i, table], matched.visible[i, table]
            gaps = [np.linalg.norm(matched.predicted[i, j] - joints[j]) for j in range(6) if visible[j]]
            options.append((float(np.mean(gaps)), joints))
        best = min(options, key=lambda option: option[0])
        changed += best is options[1]
        np.testing.assert_array_equal(better.joints[i], best[1])
    assert better.notes == {"test_images_swapped": changed}
    assert 0 < changed < len(matched.joints)


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_by_true_pairs_swapping_the_prediction_is_as_good_as_swapping_the_labels(seed: int) -> None:
    matched, order = case(seed), swap_order(PAIRS, 6)
    matched = replace(matched, visible=np.ones_like(matched.visible))
    labels, prediction = swap_where_better(matched, order), swap_prediction_where_better(matched, order)
    np.testing.assert_allclose(l2_of_images(prediction), l2_of_images(labels), rtol=1e-12)
    assert prediction.notes == labels.notes
    np.testing.assert_array_equal(prediction.joints, matched.joints)
    changed = (prediction.predicted != matched.predicted).any(axis=(1, 2))
    np.testing.assert_array_equal(changed, swap_helps(matched, order))
    np.testing.assert_array_equal(prediction.predicted[changed], matched.predicted[changed][:, order])


@pytest.mark.parametrize(("wrong", "swapped"), [(TOLERATED_SWAPS, 0), (TOLERATED_SWAPS + 1, TOLERATED_SWAPS + 1)])
def test_labels_settle_when_no_more_than_ten_would_swap(wrong: int, swapped: int) -> None:
    matched, order = case(1), swap_order(PAIRS, 6)
    where = np.arange(80) < wrong
    matched = swap(Matched(matched.joints, matched.joints, np.ones_like(matched.visible)), order, where)
    settled = swap_until_settled(matched, order)
    assert settled.swapped.sum() == swapped
    assert settled.unsettled == wrong - swapped
    assert settled.rounds == 1 + (swapped > 0)
    assert (l2_of_images(settled.matched) > 0).sum() == wrong - swapped


def test_a_tie_is_not_swapped() -> None:
    matched = Matched(np.zeros((1, 2, 2)), np.array([[[0.1, 0.0], [-0.1, 0.0]]]), np.ones((1, 2), dtype=np.bool_))
    order = swap_order([(0, 1)], 2)
    assert not swap_helps(matched, order).any()
    assert swap_prediction_where_better(matched, order).notes == {"test_images_swapped": 0}


def test_image_error_decides_over_visible_joints_alone() -> None:
    predicted = np.array([[[0.0, 0.0], [0.5, 0.0]]])
    matched = Matched(predicted, np.array([[[0.5, 0.0], [0.0, 0.0]]]), np.array([[True, False]]))
    order = swap_order([(0, 1)], 2)
    assert l2_of_images(matched)[0] == pytest.approx(50)
    better = swap_where_better(matched, order)
    np.testing.assert_array_equal(better.visible, [[False, True]])
    assert l2_of_images(better)[0] == 0
