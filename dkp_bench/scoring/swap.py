"""Left and right, which an unsupervised keypoint cannot tell apart, and what the protocols do about it.

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
"""Labels are settled when no more images than this would swap; a number of images, not a share of them (as coded)."""
MAX_ROUNDS = 100
"""AutoLink's loop has no bound; squared error is fitted but plain distance decides, so it need not end by itself."""


def swap_order(pairs: Pairs, joints: int) -> Order:
    """Return the index table that exchanges the joints of each pair and leaves the others; applied twice, it is undone.

    Raises:
        DkpError: if an index is out of range, or occurs twice: then the table would be no permutation, and labels
            would be lost and doubled.

    >>> swap_order([(1, 2)], joints=4)
    array([0, 2, 1, 3])
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
    """Swap labels and their visibility in the images where ``where``, ``(N,)``, is true; predictions stay.

    >>> labels = np.array([[[0.2, 0.5], [0.8, 0.5]], [[0.2, 0.5], [0.8, 0.5]]])  # two images: left, right
    >>> predicted = np.stack([labels[0], labels[1, ::-1]])  # in the second image, the other way round
    >>> matched = Matched(predicted, labels, np.ones((2, 2), dtype=bool))
    >>> order = swap_order([(0, 1)], joints=2)
    >>> l2_of_images(matched), l2_of_images(swap(matched, order, np.array([False, True])))
    (array([ 0., 60.]), array([0., 0.]))
    """
    joints, visible = swap_labels(matched.joints, matched.visible, order, where)
    return replace(matched, joints=joints, visible=visible)


def swap_labels(joints: Floats, visible: Bools, order: Order, where: Bools) -> tuple[Floats, Bools]:
    """Return copies of ``joints``, ``(N, J, 2)``, and ``visible``, ``(N, J)``, swapped in images ``where``, ``(N,)``.

    >>> joints, visible = np.array([[[0.2, 0.5], [0.8, 0.5]]]), np.array([[True, False]])
    >>> swap_labels(joints, visible, swap_order([(0, 1)], joints=2), np.array([True]))
    (array([[[0.8, 0.5],
            [0.2, 0.5]]]), array([[False,  True]]))
    """
    joints, visible = joints.copy(), visible.copy()
    joints[where], visible[where] = joints[where][:, order], visible[where][:, order]
    return joints, visible


def swap_helps(matched: Matched, order: Order) -> Bools:
    """Return where swapped labels would lie nearer to the predictions than the labels, ``(N,)``; a tie is not nearer.

    >>> labels = np.array([[[0.2, 0.5], [0.8, 0.5]], [[0.2, 0.5], [0.8, 0.5]]])  # two images: left, right
    >>> predicted = np.stack([labels[0], labels[1, ::-1]])  # in the second image, the other way round
    >>> matched = Matched(predicted, labels, np.ones((2, 2), dtype=bool))
    >>> order = swap_order([(0, 1)], joints=2)
    >>> swap_helps(matched, order)
    array([False,  True])
    """
    swapped = replace(matched, joints=matched.joints[:, order], visible=matched.visible[:, order])
    return l2_of_images(swapped) < l2_of_images(matched)


def swap_where_better(matched: Matched, order: Order) -> Matched:
    """Swap the labels of each image where that lowers its error, as an oracle; notes ``test_images_swapped``.

    Each image is on its own, so that its error does not depend on the others.

    >>> labels = np.array([[[0.2, 0.5], [0.8, 0.5]], [[0.2, 0.5], [0.8, 0.5]]])  # two images: left, right
    >>> predicted = np.stack([labels[0], labels[1, ::-1]])  # in the second image, the other way round
    >>> matched = Matched(predicted, labels, np.ones((2, 2), dtype=bool))
    >>> order = swap_order([(0, 1)], joints=2)
    >>> better = swap_where_better(matched, order)
    >>> l2_of_images(better), better.notes
    (array([0., 0.]), {'test_images_swapped': 1})
    """
    where = swap_helps(matched, order)
    return replace(swap(matched, order, where), notes=matched.notes | {"test_images_swapped": int(where.sum())})


def swap_prediction_where_better(matched: Matched, order: Order) -> Matched:
    """Apply the same oracle to the predictions: as good as on the labels if the table is a permutation, else not.

    >>> labels = np.array([[[0.2, 0.5], [0.8, 0.5]], [[0.2, 0.5], [0.8, 0.5]]])  # two images: left, right
    >>> predicted = np.stack([labels[0], labels[1, ::-1]])  # in the second image, the other way round
    >>> matched = Matched(predicted, labels, np.ones((2, 2), dtype=bool))
    >>> order = swap_order([(0, 1)], joints=2)
    >>> l2_of_images(swap_prediction_where_better(matched, order))
    array([0., 0.])
    """
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

    Twenty images, of which the labels of twelve have left and right exchanged:

    >>> right = np.tile([[0.2, 0.5], [0.8, 0.5]], (20, 1, 1))
    >>> labels = np.concatenate([right[:12, ::-1], right[12:]])
    >>> order = swap_order([(0, 1)], joints=2)
    >>> settled = swap_until_settled(Matched(right, labels, np.ones((20, 2), dtype=bool)), order)
    >>> int(settled.swapped.sum()), settled.rounds, settled.unsettled
    (12, 2, 0)
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
        """Return the counts, for :attr:`Matched.notes`."""
        return {
            "fit_rounds": self.rounds,
            "fit_images_unsettled": self.unsettled,
            "fit_images_swapped": int(self.swapped.sum()),
            "fit_images_dropped": int(self.dropped.sum()),
        }


def within_three_sigmas(errors: Floats) -> Bools:
    """Return which images err by at most the mean + 3 standard deviations, ``(N,)``: where all err alike, all of them.

    >>> within_three_sigmas(np.array([1.0] * 20 + [9.0]))[-2:]
    array([ True, False])
    """
    return np.asarray(errors <= _outlier_bound(errors))


def strictly_within_three_sigmas(errors: Floats) -> Bools:
    """Return which images err by less than the mean + 3 standard deviations, ``(N,)``, as AutoLink has it.

    Where all err alike that is none, and the official code fails; here it is all of them then.

    >>> strictly_within_three_sigmas(np.array([1.0, 1.0]))
    array([ True,  True])
    """
    kept = np.asarray(errors < _outlier_bound(errors))
    return kept if kept.any() else np.ones_like(kept)


def every_image(errors: Floats) -> Bools:
    """Return every image, ``(N,)``: no outlier is dropped.

    >>> every_image(np.array([1.0, 9.0]))
    array([ True,  True])
    """
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

    Joints are where the keypoints are, but 12 of 60 images have left and right exchanged in the labels:

    >>> keypoints = np.random.default_rng(0).uniform(0, 1, (60, 2, 2))
    >>> labels = np.concatenate([keypoints[:12, ::-1], keypoints[12:]])
    >>> visible, order = np.ones((60, 2), dtype=bool), swap_order([(0, 1)], joints=2)
    >>> fit_with_swaps(keypoints, labels, visible, order, intercept=True).notes()["fit_images_swapped"]
    12
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
