"""Protocols, named after who scores that way: each a short composition of the functions of this package.

A protocol decides which coordinates are regressed, with or without an intercept, and what happens to left and right.
All of these regress from keypoints to joints in [0, 1], as AutoLink does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dkp_bench.scoring.errors import Matched
from dkp_bench.scoring.metrics import MEAN_L2, PCK, SUMMED_MAE, Metric
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.samples import LabelledKeypoints, to_unit
from dkp_bench.scoring.swap import Order, fit_with_swaps, swap_where_better

Match = Callable[[LabelledKeypoints, LabelledKeypoints, Order], Matched]
"""From the images to fit on, those to score and the left/right table to predicted joints beside labels."""


@dataclass(frozen=True)
class Protocol:
    """A way of scoring.

    Attributes:
        name: as in records and signatures.
        summary: one sentence.
        source: where it comes from.
        match: does all of it up to the metrics.
        metrics: what is reported, the headline first.
    """

    name: str
    summary: str
    source: str
    match: Match
    metrics: tuple[Metric, ...] = (MEAN_L2, PCK, SUMMED_MAE)


def match_plain(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool) -> Matched:
    """Regression alone: left is left, right is right."""
    del order
    regression = fit_linear(to_unit(fit.keypoints), to_unit(fit.joints), fit.visible, intercept=intercept)
    return Matched(regression.predict(to_unit(test.keypoints)), to_unit(test.joints), test.visible)


def match_autolink(fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool) -> Matched:
    """AutoLink's Human3.6M procedure: swaps and dropped outliers in the fit, an oracle swap of the test labels."""
    fitted = fit_with_swaps(to_unit(fit.keypoints), to_unit(fit.joints), fit.visible, order, intercept=intercept)
    predicted = fitted.regression.predict(to_unit(test.keypoints))
    return swap_where_better(Matched(predicted, to_unit(test.joints), test.visible, fitted.notes()), order)


_AUTOLINK = "AutoLink (arXiv 2205.10636), official code, datasets/h36m.py"

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "autolink-fixed",
            "AutoLink's Human3.6M procedure with the true left/right pairs: no intercept, labels swapped per image "
            "where that helps (in the fit and, as an oracle, at test), outliers dropped from the fit.",
            _AUTOLINK,
            partial(match_autolink, intercept=False),
        ),
        Protocol(
            "autolink-fixed+intercept",
            "The same with an intercept, so that where the origin lies does not matter.",
            f"{_AUTOLINK}; the intercept is ours",
            partial(match_autolink, intercept=True),
        ),
        Protocol(
            "no-swap+intercept",
            "Regression with an intercept on all images; left is left and right is right, nothing is dropped.",
            "ordinary least squares; on Taichi AutoLink and motion-cosegmentation fit this way",
            partial(match_plain, intercept=True),
        ),
    )
}
"""Every protocol by name."""
