"""AutoLink (He, Wandt, Rhodin, NeurIPS 2022): Human3.6M exactly as coded, Taichi and DeepFashion.

On Human3.6M the labels are swapped, left for right, in the fit and again at test, by a table that is not a permutation:
(21, 28) stands where (21, 29) is meant, beside (20, 28), and (16, 24) is missing. Swapped, joints 20 and 21 both become
what 28 was, 28 becomes what 21 was, 29 stays, and what 20 was is lost.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from dkp_bench.scoring.errors import Matched
from dkp_bench.scoring.metrics import MEAN_L2, PCK, SUMMED_MAE
from dkp_bench.scoring.protocols.plain import CORNER, match_plain
from dkp_bench.scoring.protocols.protocol import Protocol, needs_joints
from dkp_bench.scoring.samples import LabelledKeypoints, to_unit
from dkp_bench.scoring.swap import Order, swap_until_settled
from dkp_bench.scoring.swap_fit import fit_with_swaps, strictly_within_three_sigmas

JOINTS = 32
_CODED_PAIRS = (
    *((1, 6), (2, 7), (3, 8), (4, 9), (5, 10)),
    *((17, 25), (18, 26), (19, 27), (20, 28), (21, 28), (22, 30), (23, 31)),
)
_CODE = "AutoLink (arXiv 2205.10636), official code at 3fbde11"


def coded_order() -> Order:
    """The left/right table of the official code, ``(32,)``; StableKeypoints has the same."""
    order = np.arange(JOINTS)
    for first, second in _CODED_PAIRS:
        order[first], order[second] = second, first
    return order


def match_as_coded(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order) -> Matched:
    """Human3.6M as coded: at test all images stay as they are where no more than ten would swap."""
    del order
    coded = coded_order()
    fitted = fit_with_swaps(
        to_unit(fit.keypoints),
        to_unit(fit.joints),
        fit.visible,
        coded,
        intercept=False,
        keep=strictly_within_three_sigmas,
    )
    predicted = fitted.regression.predict(to_unit(test.keypoints))
    settled = swap_until_settled(Matched(predicted, to_unit(test.joints), test.visible), coded)
    notes = fitted.notes() | {"test_rounds": settled.rounds, "test_images_unsettled": settled.unsettled}
    return replace(settled.matched, notes=notes)


PROTOCOLS = (
    Protocol(
        "autolink",
        "AutoLink on Human3.6M as coded: no intercept, labels swapped per image where that helps (in the fit and, as "
        "an oracle, at test) by a table with a slip, outliers dropped from the fit.",
        f"{_CODE}, datasets/h36m.py",
        match_as_coded,
        (MEAN_L2,),
        needs_joints(JOINTS),
    ),
    Protocol(
        "autolink-taichi",
        "AutoLink on Taichi: regression with an intercept, the mean absolute errors of all coordinates summed.",
        f"{_CODE}, datasets/taichi.py",
        partial(match_plain, intercept=True),
        (SUMMED_MAE,),
    ),
    Protocol(
        "autolink-deepfashion",
        "AutoLink on DeepFashion: regression without an intercept, share of joints nearer than 6 px of 256.",
        f"{_CODE}, datasets/deepfashion.py",
        partial(match_plain, intercept=False, origin=CORNER),
        (PCK,),
    ),
)
