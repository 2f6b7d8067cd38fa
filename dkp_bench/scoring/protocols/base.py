"""What a protocol is, and what it may need that not every dataset has."""

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
    """Nothing is needed but labels."""
    del fit, test
    return ""


@dataclass(frozen=True)
class Protocol:
    """A way of scoring.

    Attributes:
        name: as in records and signatures.
        summary: one sentence.
        source: where it comes from.
        match: does all of it up to the metrics.
        metrics: what is reported, the headline first.
        why_not: why it cannot be applied to some images, "" where it can; ``match`` may rely on that.
        scores_test_images: whether what ``match`` returns are the images to score, in their order; not where the
            protocol splits the images anew.
    """

    name: str
    summary: str
    source: str
    match: Match
    metrics: tuple[Metric, ...]
    why_not: WhyNot = applies_always
    scores_test_images: bool = True


def needs_joints(count: int) -> WhyNot:
    """The skeleton must have ``count`` joints: the protocol names them by number."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        del fit
        joints = test.joints.shape[1]
        return "" if joints == count else f"it names joints by number in a skeleton of {count}, this one has {joints}"

    return why_not


def needs_group(name: str) -> WhyNot:
    """Every image must come with a group of this name."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        known = name in fit.groups and name in test.groups
        return "" if known else f"it needs the {name} of each image, which this dataset does not know"

    return why_not


def needs_subjects(*subjects: str, actions: tuple[str, ...] = ()) -> WhyNot:
    """Images of all these subjects must be there, to fit on or to score; of one of these actions, where some are given.

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
    """All of these must hold; says what is lacking first, and asks no further."""

    def why_not(fit: LabelledKeypoints, test: LabelledKeypoints) -> str:
        return next((reason for need in needs if (reason := need(fit, test))), "")

    return why_not


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
