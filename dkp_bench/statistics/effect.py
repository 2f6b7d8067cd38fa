"""How large a difference is, beside how sure: sizes of the paired differences of two methods on the same images."""

import math
from collections.abc import Sequence

import numpy as np

from dkp_bench.scoring import Sums
from dkp_bench.scoring.samples import Floats

ROUNDING = 1e-12
"""Means of one, two or three equal numbers differ by less than this share of them: images that tie must tie."""


def paired_differences(one: Sequence[Sums], other: Sequence[Sums]) -> Floats:
    """What each image adds to the difference of two numbers, ``(N,)``, in the mean over seeds; they add up to it.

    Args:
        one: the number of each seed of one method.
        other: likewise of the other, on the same images.
    """
    here, there = _contributions(one), _contributions(other)
    noise = ROUNDING * np.maximum(np.abs(here), np.abs(there))
    return np.where(np.abs(here - there) > noise, here - there, 0.0)


def cohen_dz(differences: Floats) -> float:
    """Cohen's d_z: the mean of paired differences, ``(N,)``, in their standard deviations; 0 where all are 0.

    It is infinite where all are the same and not 0, as with a single image. It does not depend on the unit and does not
    grow with the number of images.
    """
    mean, sd = float(differences.mean()), float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    if sd <= ROUNDING * abs(mean):
        return 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return mean / sd


def share_better(differences: Floats, *, higher_is_better: bool) -> float:
    """Share of the images on which the first of two methods is better, in [0, 1]; ties count half."""
    signs = np.sign(differences) if higher_is_better else -np.sign(differences)
    return float((signs.mean() + 1) / 2)


def _contributions(seeds: Sequence[Sums]) -> Floats:
    return np.asarray(np.mean([sums.contributions for sums in seeds], axis=0))
