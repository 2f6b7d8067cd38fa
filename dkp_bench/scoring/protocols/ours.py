"""Protocols of this project: AutoLink's Human3.6M procedure fixed, with and without an intercept, and no swap at all.

They score any skeleton, and one way of scoring can be laid beside another on any dataset.
"""

from functools import partial

from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.labelled import LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import MEAN_L2, PCK, SUMMED_MAE
from dkp_bench.scoring.protocols.base import Protocol, match_plain
from dkp_bench.scoring.swap import Order, fit_with_swaps, swap_where_better

_ALL = (MEAN_L2, PCK, SUMMED_MAE)
_AUTOLINK = "AutoLink (arXiv 2205.10636), official code at 3fbde11, datasets/h36m.py, with the true pairs"


def match_with_true_pairs(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool) -> Matched:
    """Match by AutoLink's procedure with the true pairs; at test each image is swapped by itself where that helps."""
    fitted = fit_with_swaps(to_unit(fit.keypoints), to_unit(fit.joints), fit.visible, order, intercept=intercept)
    predicted = fitted.regression.predict(to_unit(test.keypoints))
    return swap_where_better(Matched(predicted, to_unit(test.joints), test.visible, fitted.notes()), order)


PROTOCOLS = (
    Protocol(
        "autolink-fixed",
        "AutoLink's Human3.6M procedure with the true left/right pairs: no intercept, labels swapped per image "
        "where that helps (in the fit and, as an oracle, at test), outliers dropped from the fit.",
        _AUTOLINK,
        partial(match_with_true_pairs, intercept=False),
        _ALL,
    ),
    Protocol(
        "autolink-fixed+intercept",
        "The procedure of autolink-fixed with an intercept, so that where the origin lies does not matter.",
        f"{_AUTOLINK}; the intercept is ours",
        partial(match_with_true_pairs, intercept=True),
        _ALL,
    ),
    Protocol(
        "no-swap+intercept",
        "Regression with an intercept on all images; left is left and right is right, nothing is dropped.",
        "ordinary least squares; on Taichi AutoLink and motion-cosegmentation fit this way",
        partial(match_plain, intercept=True),
        _ALL,
    ),
)
