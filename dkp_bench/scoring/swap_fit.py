"""The regression of AutoLink's Human3.6M evaluation: labels are swapped, left for right, until they settle.

Source: AutoLink (arXiv 2205.10636), official code at 3fbde11, datasets/h36m.py, ``regress_kp``; StableKeypoints (arXiv
2312.00065) took it over without dropping outliers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dkp_bench.scoring.errors import Matched, l2_of_images
from dkp_bench.scoring.regression import LinearMap, Regression
from dkp_bench.scoring.samples import Bools, Floats
from dkp_bench.scoring.swap import Order, swap_until_settled

OUTLIER_SIGMAS = 3.0


@dataclass(frozen=True, eq=False)
class SwapFit:
    """A regression fitted with swaps, and how that went.

    Attributes:
        regression: the last fit.
        swapped: ``(N,)``: images whose labels were swapped an odd number of times.
        dropped: ``(N,)``: images left out of the last fit.
        rounds: fits before the labels settled.
        unsettled: images that would have swapped once more; above ten only if ``rounds`` ran out.
    """

    regression: LinearMap
    swapped: Bools
    dropped: Bools
    rounds: int
    unsettled: int

    def notes(self) -> dict[str, int]:
        """The counts, for :attr:`Matched.notes`."""
        return {
            "fit_rounds": self.rounds,
            "fit_images_unsettled": self.unsettled,
            "fit_images_swapped": int(self.swapped.sum()),
            "fit_images_dropped": int(self.dropped.sum()),
        }


def within_three_sigmas(errors: Floats) -> Bools:
    """Images whose error is at most the mean + 3 standard deviations, ``(N,)``: where all err alike, all of them."""
    return np.asarray(errors <= _outlier_bound(errors))


def strictly_within_three_sigmas(errors: Floats) -> Bools:
    """Images whose error is below the mean + 3 standard deviations, as AutoLink has it.

    Where all err alike that is none, and the official code fails; here it is all of them then.
    """
    kept = np.asarray(errors < _outlier_bound(errors))
    return kept if kept.any() else np.ones_like(kept)


def every_image(errors: Floats) -> Bools:
    """No outlier is dropped."""
    return np.ones(len(errors), dtype=np.bool_)


def fit_with_swaps(
    keypoints: Floats,
    joints: Floats,
    visible: Bools,
    order: Order,
    *,
    intercept: bool,
    keep: Callable[[Floats], Bools] = within_three_sigmas,
    regression: type[Regression] = Regression,
) -> SwapFit:
    """Fit, swap labels where it helps, refit until settled, drop outliers, fit once more.

    Args:
        keypoints: ``(N, K, 2)`` in [0, 1], or centred.
        joints: ``(N, J, 2)`` in the same coordinates.
        visible: ``(N, J)``.
        order: the left/right table.
        intercept: whether the regression has one.
        keep: from the images' errors to those that the last fit uses.
        regression: how it is computed.

    Raises:
        DkpError: if a joint is visible in none of the images, or of those left after swaps and drops.
    """
    every = regression(keypoints, intercept=intercept)

    def refit(labels: Matched) -> Matched:
        return replace(labels, predicted=every.fit(labels.joints, labels.visible).predict(keypoints))

    settled = swap_until_settled(Matched(joints, joints, visible), order, refit)
    labels = settled.matched
    kept = keep(l2_of_images(labels))
    last = regression(keypoints[kept], intercept=intercept).fit(labels.joints[kept], labels.visible[kept])
    return SwapFit(last, settled.swapped, ~kept, settled.rounds, settled.unsettled)


def _outlier_bound(errors: Floats) -> float:
    spread = errors.std(ddof=1) if len(errors) > 1 else 0.0
    return float(errors.mean() + OUTLIER_SIGMAS * spread)
