"""Left and right: an unsupervised keypoint cannot tell one from the other, and what the protocols do about it.

AutoLink's Human3.6M evaluation swaps the *labels* of an image, left for right, wherever that lowers the image's error:
while the regression is fitted (:func:`fit_with_swaps`) and again on the test images (:func:`swap_where_better`). The
second is an oracle: it looks at the ground truth that it is about to be scored against, so it flatters every method,
and most of all the one that never knew left from right. The error without any swap belongs beside it.

Source: AutoLink's evaluation code (``regress_kp`` and ``test_epoch_end`` in datasets/h36m.py). Its own table of pairs
is not a permutation ((21, 28) stands for (21, 29), beside (20, 28)); here the pairs must be true ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError
from dkp_bench.scoring.errors import Matched, distances, image_l2
from dkp_bench.scoring.regression import LinearMap, fit_linear
from dkp_bench.scoring.samples import Bools, Floats

Order = NDArray[np.intp]
"""``(J,)``: joint j takes the place of joint ``order[j]``."""
Pairs = Sequence[tuple[int, int]]

TOLERATED_SWAPS = 10
"""The fit is settled when no more images than this would swap; a number of images, whatever their total (as coded)."""
MAX_ROUNDS = 100
"""AutoLink's loop has no bound; squared error is fitted but plain distance decides, so it need not end by itself."""
OUTLIER_SIGMAS = 3.0


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
    return replace(
        matched,
        joints=np.where(where[:, None, None], matched.joints[:, order], matched.joints),
        visible=np.where(where[:, None], matched.visible[:, order], matched.visible),
    )


def swap_helps(matched: Matched, order: Order) -> Bools:
    """Whether swapped labels would lie nearer to the predictions than the labels do, ``(N,)``; a tie is not nearer."""
    swapped = swap(matched, order, np.ones(len(matched.joints), dtype=np.bool_))
    return _errors(swapped) < _errors(matched)


def swap_where_better(matched: Matched, order: Order) -> Matched:
    """The oracle: the labels of each image swapped where that lowers its error; notes ``test_images_swapped``.

    AutoLink leaves them all as they are where no more than ten would swap; here each image is on its own, so that its
    error does not depend on the others.
    """
    where = swap_helps(matched, order)
    return replace(swap(matched, order, where), notes=matched.notes | {"test_images_swapped": int(where.sum())})


@dataclass(frozen=True, eq=False)
class SwapFit:
    """A regression fitted with swaps, and how that went.

    Attributes:
        regression: the last fit.
        swapped: ``(N,)``: images whose labels ended swapped.
        dropped: ``(N,)``: images left out of the last fit, being farther off than mean + 3σ.
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


def fit_with_swaps(keypoints: Floats, joints: Floats, visible: Bools, order: Order, *, intercept: bool) -> SwapFit:
    """AutoLink's Human3.6M fit: fit, swap labels where it helps, refit until settled, drop outliers, fit once more.

    Args:
        keypoints: ``(N, K, 2)`` in [0, 1].
        joints: ``(N, J, 2)`` in [0, 1].
        visible: ``(N, J)``.
        order: from :func:`swap_order`.
        intercept: whether the regression has one.

    Raises:
        DkpError: if a joint is visible in none of the images, or of those left after swaps and drops.
    """
    labels, swapped, rounds, unsettled = _settle(keypoints, joints, visible, order, intercept)
    kept = _inliers(_errors(labels))
    regression = fit_linear(keypoints[kept], labels.joints[kept], labels.visible[kept], intercept=intercept)
    return SwapFit(regression, swapped, ~kept, rounds, unsettled)


def _settle(
    keypoints: Floats, joints: Floats, visible: Bools, order: Order, intercept: bool
) -> tuple[Matched, Bools, int, int]:
    labels = Matched(joints, joints, visible)
    swapped = np.zeros(len(keypoints), dtype=np.bool_)
    rounds = 0
    while True:
        rounds += 1
        regression = fit_linear(keypoints, labels.joints, labels.visible, intercept=intercept)
        labels = replace(labels, predicted=regression.predict(keypoints))
        swapping = swap_helps(labels, order)
        unsettled = int(swapping.sum())
        if unsettled <= TOLERATED_SWAPS or rounds == MAX_ROUNDS:
            return labels, swapped, rounds, unsettled
        labels = swap(labels, order, swapping)
        swapped ^= swapping


def _inliers(errors: Floats) -> Bools:
    spread = errors.std(ddof=1) if len(errors) > 1 else 0.0
    # AutoLink has < here, which would drop every image where all err alike.
    return np.asarray(errors <= errors.mean() + OUTLIER_SIGMAS * spread)


def _errors(matched: Matched) -> Floats:
    return image_l2(distances(matched), matched.visible)
