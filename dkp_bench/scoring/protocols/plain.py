"""Regression alone: left is left and right is right, every image is fitted on, nothing is dropped."""

from dkp_bench.scoring.errors import Matched
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.samples import LabelledKeypoints, to_unit
from dkp_bench.scoring.swap import Order

CORNER, CENTRE = 0.0, 0.5
"""Where the origin of the regression may lie, in [0, 1]: the centre of the first pixel, or of the image."""


def match_plain(
    fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool, origin: float = CORNER
) -> Matched:
    """Predictions of one linear regression beside the labels; with an intercept, the origin does not matter."""
    del order
    regression = fit_linear(
        to_unit(fit.keypoints) - origin, to_unit(fit.joints) - origin, fit.visible, intercept=intercept
    )
    predicted = regression.predict(to_unit(test.keypoints) - origin) + origin
    return Matched(predicted, to_unit(test.joints), test.visible)
