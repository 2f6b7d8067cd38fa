"""Labels stand beside what they name and cover nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.report.figures.labels import LINE, free_places, in_lines, label_heights, text_width

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(0, 20), st.floats(0.01, 0.5))
def test_labels_keep_apart_in_their_order(seed: int, count: int, gap: float) -> None:
    wanted = np.random.default_rng(seed).uniform(-1.5, 1.5, count)
    placed = label_heights(wanted, gap, -1.0, 1.0)
    room = min(gap, 2.0 / max(count - 1, 1))
    assert ((placed >= -1 - 1e-9) & (placed <= 1 + 1e-9)).all()
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= room - 1e-9).all()


def test_labels_that_are_far_apart_stay_where_they_are() -> None:
    wanted = np.array([0.5, -0.5, 0.0])
    assert label_heights(wanted, 0.2, -1.0, 1.0) == pytest.approx(wanted)


@given(seeds, st.integers(1, 12))
def test_no_label_of_a_dot_covers_another_label_or_a_dot(seed: int, count: int) -> None:
    rng, room, width = np.random.default_rng(seed), (5.0, 4.0), 0.6
    dots = rng.uniform(0.2, 3.8, (count, 2))
    corners = np.array(free_places(dots, [width] * count, room))
    size = np.array([width, LINE])
    assert (corners >= 0).all()
    assert (corners + size <= room).all()
    for one, other in itertools.combinations(corners, 2):
        assert (np.abs(one - other) >= size - 1e-9).any()
    inside = (dots[None] > corners[:, None]) & (dots[None] < (corners + size)[:, None])
    assert not inside.all(axis=2).any()


def test_a_label_keeps_off_what_else_is_drawn() -> None:
    dot = np.array([[1.0, 1.0]])
    (beside,) = free_places(dot, [0.5], (3.0, 2.0))
    (elsewhere,) = free_places(dot, [0.5], (3.0, 2.0), [(1.1, 0.8, 1.7, 1.2)])
    assert beside == pytest.approx((1.1, 1 - LINE / 2))
    assert elsewhere[0] + 0.5 == pytest.approx(0.9)


def test_a_wide_word_is_wider() -> None:
    assert text_width("mmm", 9) > 2 * text_width("iii", 9)
    assert text_width("mmm", 18) == pytest.approx(2 * text_width("mmm", 9), rel=0.02)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("autolink", "autolink"), ("holes, as large blobs", "holes, as\nlarge blobs"), ("γ" * 9, "γ" * 9)],
)
def test_long_labels_have_two_lines(text: str, shown: str) -> None:
    assert in_lines(text) == shown
