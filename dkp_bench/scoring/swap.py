"""Left and right: an unsupervised keypoint cannot tell one from the other, and what the protocols do about it.

Several protocols swap left for right in an image wherever that lowers the image's error: the *labels* while the
regression is fitted (:mod:`dkp_bench.scoring.swap`), and the labels or the *prediction* of the test images. At test
this is an oracle: it looks at the ground truth that the image is about to be scored against, so it flatters every
method, and most of all the one that never knew left from right. The error without any swap belongs beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.scoring.distances import Matched, l2_of_images
from dkp_bench.scoring.labelled import Bools, Floats
from dkp_bench.scoring.regression import LinearMap, Regression

Order = NDArray[np.intp]
"""``(J,)``: joint j takes the place of joint ``order[j]``."""
Pairs = Sequence[tuple[int, int]]

TOLERATED_SWAPS = 10
"""Labels are settled when no more images than this would swap; a number of images, whatever their total (as coded)."""
MAX_ROUNDS = 100
"""AutoLink's loop has no bound; squared error is fitted but plain distance decides, so it need not end by itself."""


def swap_order(pairs: Pairs, joints: int) -> Order:
    """The index table that exchanges the two joints of each pair and leaves the others; applied twice, it is undone.

    Raises:
        DkpError: if an index is out of range, or occurs twice: then the table would be no permutation, and labels
            would be lost and doubled.
    """
    order = np.arange(joints)
    seen: set[int] = set()
    for pair in pairs:
        for index in pair:
            if not 0 <= index < joints:
                raise DkpError(f"left/right pair {tuple(pair)} names joint {index}, but joints are 0 to {joints - 1}")
            if index in seen:
                raise DkpError(
                    f"left/right pair {tuple(pair)} names joint {index}, which another pair or its own other side "
                    "names too: swapping would lose one joint and double another",
                    "each joint may occur in one pair only",
                )
            seen.add(index)
        left, right = pair
        order[left], order[right] = right, left
    return order


def swap(matched: Matched, order: Order, where: Bools) -> Matched:
    """Labels and their visibility swapped in the images ``where`` is true, ``(N,)``; predictions stay."""
    joints, visible = swap_labels(matched.joints, matched.visible, order, where)
    return replace(matched, joints=joints, visible=visible)


def swap_labels(joints: Floats, visible: Bools, order: Order, where: Bools) -> tuple[Floats, Bools]:
    """Copies of ``joints``, ``(N, J, 2)``, and ``visible``, ``(N, J)``, swapped in the images ``where`` is true."""
    joints, visible = joints.copy(), visible.copy()
    joints[where], visible[where] = joints[where][:, order], visible[where][:, order]
    return joints, visible


def swap_helps(matched: Matched, order: Order) -> Bools:
    """Whether swapped labels would lie nearer to the predictions than the labels do, ``(N,)``; a tie is not nearer."""
    swapped = replace(matched, joints=matched.joints[:, order], visible=matched.visible[:, order])
    return l2_of_images(swapped) < l2_of_images(matched)


def swap_where_better(matched: Matched, order: Order) -> Matched:
    """The oracle: the labels of each image swapped where that lowers its error; notes ``test_images_swapped``.

    Each image is on its own, so that its error does not depend on the others.
    """
    where = swap_helps(matched, order)
    return replace(swap(matched, order, where), notes=matched.notes | {"test_images_swapped": int(where.sum())})


def swap_prediction_where_better(matched: Matched, order: Order) -> Matched:
    """The same oracle on the predictions: as good as on the labels if the table is a permutation, else not the same."""
    swapped = replace(matched, predicted=matched.predicted[:, order])
    where = l2_of_images(swapped) < l2_of_images(matched)
    predicted = np.where(where[:, None, None], swapped.predicted, matched.predicted)
    return replace(matched, predicted=predicted, notes=matched.notes | {"test_images_swapped": int(where.sum())})


@dataclass(frozen=True, eq=False)
class Settled:
    """Labels after :func:`swap_until_settled`, and how that went.

    Attributes:
        matched: the labels, beside the last predictions.
        swapped: ``(N,)``: images whose labels were swapped an odd number of times.
        rounds: looks at the labels before they settled.
        unsettled: images that would have swapped once more; above ten only if ``rounds`` ran out.
    """

    matched: Matched
    swapped: Bools
    rounds: int
    unsettled: int


def swap_until_settled(
    matched: Matched, order: Order, refit: Callable[[Matched], Matched] = lambda labels: labels
) -> Settled:
    """Swap the labels of all images that this helps, again and again, until no more than ten would swap.

    Args:
        matched: what to begin with.
        order: the left/right table.
        refit: renews the predictions before each look; without it they stay.
    """
    swapped = np.zeros(len(matched.joints), dtype=np.bool_)
    rounds = 0
    while True:
        rounds += 1
        matched = refit(matched)
        swapping = swap_helps(matched, order)
        unsettled = int(swapping.sum())
        if unsettled <= TOLERATED_SWAPS or rounds == MAX_ROUNDS:
            return Settled(matched, swapped, rounds, unsettled)
        matched = swap(matched, order, swapping)
        swapped ^= swapping


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
