"""Protocol, the parts that several protocols share, and reasons why one may not apply to a dataset."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dkp_bench.scoring.distances import Matched
from dkp_bench.scoring.labelled import LabelledKeypoints, to_unit
from dkp_bench.scoring.metrics import Metric
from dkp_bench.scoring.regression import fit_linear
from dkp_bench.scoring.swap import Order

Match = Callable[[LabelledKeypoints, LabelledKeypoints, Order], Matched]
"""From the images to fit on, those to score and the left/right table to predicted joints beside labels."""
WhyNot = Callable[[LabelledKeypoints, LabelledKeypoints], str]
"""From the images to fit on and those to score to what they lack, in words; empty where they lack nothing."""


def applies_always(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
    """Return "": nothing is needed but labels."""
    del fit, test
    return ""


@dataclass(frozen=True)
class Protocol:
    """Way of scoring, made of a function that matches and the metrics to report.

    Attributes:
        name: as in records and signatures.
        summary: one sentence.
        source: where it comes from.
        match: does all of it up to the metrics.
        metrics: what is reported, the headline first.
        why_not: why it cannot be applied to some images, "" where it can; ``match`` may rely on that.
        scores_test_images: whether what ``match`` returns are the images to score, in their order; not where the
            protocol splits the images again.

    """

    name: str
    summary: str
    source: str
    match: Match
    metrics: tuple[Metric, ...]
    why_not: WhyNot = applies_always
    scores_test_images: bool = True


def needs_joints(count: int) -> WhyNot:
    """Require a skeleton of ``count`` joints: the protocol names them by number."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        del fit
        joints = test.joints.shape[1]
        return "" if joints == count else f"it names joints by number in a skeleton of {count}, this one has {joints}"

    return why_not


def needs_group(name: str) -> WhyNot:
    """Require that every image comes with a group of this name."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        known = name in fit.groups and name in test.groups
        return "" if known else f"it needs the {name} of each image, which this dataset does not know"

    return why_not


def needs_subjects(*subjects: str, actions: tuple[str, ...] = ()) -> WhyNot:
    """Require images of all these subjects, to fit on or to score; of one of these actions, where some are given.

    The groups that it asks about must be known.
    """

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        present: set[str] = set()
        for groups in (fit.groups, test.groups):
            counted = np.isin(groups["action"], actions) if actions else np.ones(len(groups["subject"]), dtype=np.bool_)
            present.update(groups["subject"][counted].tolist())
        absent = [subject for subject in subjects if subject not in present]
        return f"it needs images of {', '.join(absent)}, and there are none" if absent else ""

    return why_not


def all_of(*needs: WhyNot) -> WhyNot:
    """Require all of these; the first reason found is given, and the others are not asked."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        return next((reason for need in needs if (reason := need(fit, test))), "")

    return why_not


CORNER, CENTRE = 0.0, 0.5
"""Where the origin of the regression may lie, in [0, 1]: the centre of the first pixel, or of the image."""


def match_plain(
    fit: LabelledKeypoints, test: LabelledKeypoints, order: Order, *, intercept: bool, origin: float = CORNER
) -> Matched:
    """Match predictions of one linear regression with the labels; with an intercept, the origin does not matter.

    This is the shortest of the functions that a :class:`Protocol` has as ``match``; all have this shape.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> matched = match_plain(fit, test, np.array([1, 0]), intercept=True)
    >>> (matched.joints - matched.predicted)[0, :, 0].round(6)
    array([0.1, 0.1])
    """
    del order
    regression = fit_linear(
        to_unit(fit.keypoints) - origin, to_unit(fit.joints) - origin, fit.visible, intercept=intercept
    )
    predicted = regression.predict(to_unit(test.keypoints) - origin) + origin
    return Matched(predicted, to_unit(test.joints), test.visible)
