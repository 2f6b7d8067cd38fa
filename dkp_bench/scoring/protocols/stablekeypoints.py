"""StableKeypoints (arXiv 2312.00065): centred regression without an intercept on Human3.6M, Taichi and DeepFashion.

On Human3.6M it takes over AutoLink's swaps in the fit, its table included, but drops no outliers; at test it swaps the
*prediction*, which with this table is not the same as swapping the labels. On Taichi a joint counts only if both of its
coordinates are above 0, so one on the left or upper edge of its image is taken for missing.
"""

from functools import partial

import numpy as np

from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.labelled import Bools, LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import MEAN_L2_AT_128, PCK, SUMMED_L2
from dkp_bench.scoring.protocols.autolink import JOINTS, coded_order
from dkp_bench.scoring.protocols.base import CENTRE, Protocol, match_plain, needs_joints
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.swap import Order, every_image, fit_with_swaps, swap_prediction_where_better

_CODE = "StableKeypoints (arXiv 2312.00065), official code at 316f2eb, unsupervised_keypoints"


def match_with_swapped_prediction(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order) -> Matched:
    """Match Human3.6M: labels swapped in the fit, the prediction at test, both by AutoLink's table."""
    del order
    coded = coded_order()
    fitted = fit_with_swaps(
        to_unit(fit.keypoints) - CENTRE,
        to_unit(fit.joints) - CENTRE,
        fit.visible,
        coded,
        intercept=False,
        keep=every_image,
    )
    predicted = fitted.regression.predict(to_unit(test.keypoints) - CENTRE) + CENTRE
    matched = Matched(predicted, to_unit(test.joints), test.visible, fitted.notes())
    return swap_prediction_where_better(matched, coded)


def match_above_zero(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order) -> Matched:
    """Match Taichi: as :func:`match_plain` from the centre, a joint at 0 in x or y neither fitted on nor scored.

    An image of which no joint is left adds an error of 0 to the mean, as it does there.
    """
    del order
    regression = fit_linear(
        to_unit(fit.keypoints) - CENTRE, to_unit(fit.joints) - CENTRE, _above_zero(fit), intercept=False
    )
    predicted = regression.predict(to_unit(test.keypoints) - CENTRE) + CENTRE
    return Matched(predicted, to_unit(test.joints), _above_zero(test))


def _above_zero(images: LabelledKeypoints) -> Bools:
    """Return ``pose > 0`` in both coordinates, ``(N, J)``: 0 is the centre of the first pixel, here −1."""
    return np.asarray(images.visible & (images.joints > -1).all(axis=-1))


PROTOCOLS = (
    Protocol(
        "stablekeypoints",
        "StableKeypoints on Human3.6M: centred, no intercept, labels swapped in the fit, the prediction swapped at "
        "test as an oracle.",
        f"{_CODE}/keypoint_regressor.py (return_regressor_human36m), eval.py (orientation_invariant)",
        match_with_swapped_prediction,
        (MEAN_L2_AT_128,),
        needs_joints(JOINTS),
    ),
    Protocol(
        "stablekeypoints-taichi",
        "StableKeypoints on Taichi: centred, no intercept, distances of an image's visible joints summed; joints on "
        "the left or upper edge count as missing.",
        f"{_CODE}/keypoint_regressor.py (return_regressor_visible), eval.py (mean_average_error), datasets/taichi.py",
        match_above_zero,
        (SUMMED_L2,),
    ),
    Protocol(
        "stablekeypoints-deepfashion",
        "StableKeypoints on DeepFashion: centred, no intercept, share of joints nearer than 6 px of 256.",
        f"{_CODE}/keypoint_regressor.py (return_regressor), eval.py (pck)",
        partial(match_plain, intercept=False, origin=CENTRE),
        (PCK,),
    ),
)
