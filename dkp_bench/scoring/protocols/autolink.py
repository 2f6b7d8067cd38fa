"""AutoLink (He, Wandt, Rhodin, NeurIPS 2022): Human3.6M exactly as coded, Taichi and DeepFashion.

On Human3.6M the labels are swapped, left for right, in the fit and again at test, by a table that is not a permutation:
(21, 28) stands where (21, 29) is meant, beside (20, 28), and (16, 24) is missing. Swapped, joints 20 and 21 both become
what 28 was, 28 becomes what 21 was, 29 stays, and what 20 was is lost.

The three protocols are what AutoLink computes in exact arithmetic, to float64's rounding. Their siblings that end in
``-float32`` compute as the official code really does; no dataset lists them, for what they give depends on the machine.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from dkp_bench.scoring.distances import EDGE_PIXELS, Matched
from dkp_bench.scoring.labelled import Floats, LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import MEAN_L2, PCK, SUMMED_MAE
from dkp_bench.scoring.normal_equations import Float32Regression
from dkp_bench.scoring.protocols.base import CORNER, Protocol, match_plain, needs_joints
from dkp_bench.scoring.regression import Regression
from dkp_bench.scoring.swap import Order, fit_with_swaps, strictly_within_three_sigmas, swap_until_settled

JOINTS = 32
_CODED_PAIRS = (
    *((1, 6), (2, 7), (3, 8), (4, 9), (5, 10)),
    *((17, 25), (18, 26), (19, 27), (20, 28), (21, 28), (22, 30), (23, 31)),
)
_CODE = "AutoLink (arXiv 2205.10636), official code at 3fbde11"


def coded_order() -> Order:
    """Return the left/right table of the official code, ``(32,)``; StableKeypoints has the same."""
    order = np.arange(JOINTS)
    for first, second in _CODED_PAIRS:
        order[first], order[second] = second, first
    return order


def match_as_coded(
    fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, regression: type[Regression] = Regression
) -> Matched:
    """Match Human3.6M as coded: at test all images stay as they are where no more than ten would swap."""
    del order
    coded = coded_order()
    fitted = fit_with_swaps(
        to_unit(fit.keypoints),
        to_unit(fit.joints),
        fit.visible,
        coded,
        intercept=False,
        keep=strictly_within_three_sigmas,
        regression=regression,
    )
    predicted = fitted.regression.predict(to_unit(test.keypoints))
    settled = swap_until_settled(Matched(predicted, to_unit(test.joints), test.visible), coded)
    notes = fitted.notes() | {"test_rounds": settled.rounds, "test_images_unsettled": settled.unsettled}
    return replace(settled.matched, notes=notes)


def match_in_float32(
    fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool, ridge: float
) -> Matched:
    """Match Taichi and DeepFashion as they are run: in pixels of a 256-px image, in float32."""
    del order
    regression = Float32Regression(_pixels(fit), intercept=intercept, ridge=ridge)
    fitted = regression.fit(to_unit(fit.joints) * EDGE_PIXELS, fit.visible)
    return Matched(fitted.predict(_pixels(test)) / EDGE_PIXELS, to_unit(test.joints), test.visible)


def _pixels(images: LabelledKeypoints) -> Floats:
    """Return keypoints in pixels, rounded to float32 where the official code rounds."""
    pixels = to_unit(images.keypoints).astype(np.float32) * np.float32(EDGE_PIXELS)
    return pixels.astype(np.float64)


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
    Protocol(
        "autolink-float32",
        "AutoLink on Human3.6M as it runs: as autolink, in float32 by the inverse of XᵀX; the last digits, and all of "
        "them where a keypoint hardly moves, are the machine's.",
        f"{_CODE}, datasets/h36m.py, its arithmetic included",
        partial(match_as_coded, regression=Float32Regression),
        (MEAN_L2,),
        needs_joints(JOINTS),
    ),
    Protocol(
        "autolink-taichi-float32",
        "AutoLink on Taichi as it runs: as autolink-taichi, in float32 by the inverse of XᵀX.",
        f"{_CODE}, datasets/taichi.py, its arithmetic included",
        partial(match_in_float32, intercept=True, ridge=1.0),
        (SUMMED_MAE,),
    ),
    Protocol(
        "autolink-deepfashion-float32",
        "AutoLink on DeepFashion as it runs: as autolink-deepfashion, in float32 by the inverse of XᵀX.",
        f"{_CODE}, datasets/deepfashion.py, its arithmetic included",
        partial(match_in_float32, intercept=False, ridge=1e-3),
        (PCK,),
    ),
)
