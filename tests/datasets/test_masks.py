"""Masks that were stored with any two values."""

import numpy as np
import pytest

from dkp_bench.datasets.masks import coding, on_figure, two_levels

FIGURE = np.zeros((32, 32), dtype=bool)
FIGURE[8:24, 12:20] = True


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 1), (0, 128), (1, 2), (100, 255), (254, 255)])
def test_two_values_are_figure_and_background(low: int, high: int) -> None:
    mask = np.where(FIGURE, high, low).astype(np.uint8)
    np.testing.assert_array_equal(two_levels(mask), np.where(FIGURE, 255, 0))
    assert coding(mask) == f"{low} and {high}"


def test_what_lies_between_is_partly_covered() -> None:
    mask = np.where(FIGURE, 200, 0).astype(np.uint8)
    mask[8, 12:20] = 100
    assert two_levels(mask)[8, 12] == 128
    soft = np.where(FIGURE, 255, 0).astype(np.uint8)
    soft[8, 12:20] = 100
    assert two_levels(soft) is soft, "a mask of the usual coding stays as it is, to the bit"


@pytest.mark.parametrize("colour", [0, 1, 255])
def test_one_colour_is_refused(colour: int) -> None:
    with pytest.raises(ValueError, match="it is of one colour"):
        two_levels(np.full((8, 8), colour, dtype=np.uint8))


def test_grey_pictures_are_refused() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"7\d% of its pixels are grey, neither figure nor background"):
        two_levels(grey)


@pytest.mark.parametrize("mask", [FIGURE, np.where(FIGURE, 255, 0).astype(np.uint8)])
def test_joints_on_the_figure_are_told_from_others(mask: np.ndarray) -> None:
    at = {"middle": (15.5, 15.5), "edge": (12, 8), "beside": (11, 8), "outside": (40, 15), "not visible": (15.5, 15.5)}
    joints = np.array(list(at.values())) / 31 * 2 - 1
    visible = np.array([True, True, True, True, False])
    assert on_figure(mask, joints, visible).tolist() == [True, True, False, False, False]
