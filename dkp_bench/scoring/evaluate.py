"""From stored predictions and labels to results: look up the protocol, check that the inputs fit, aggregate."""

from collections.abc import Iterable, Sequence

import numpy as np

from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.scoring.errors import Matched, distances, image_l2
from dkp_bench.scoring.metrics import Result
from dkp_bench.scoring.on_figure import figure_results
from dkp_bench.scoring.protocols import PROTOCOLS, Protocol
from dkp_bench.scoring.samples import Floats, LabelledKeypoints
from dkp_bench.scoring.swap import Pairs, swap_order


def find_protocol(name: str) -> Protocol:
    """The protocol called ``name``.

    Raises:
        DkpError: if there is none; it names the nearest one.
    """
    if name not in PROTOCOLS:
        raise unknown_name("scoring protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def match(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs) -> Matched:
    """Predicted joints of the test images beside the labels they are scored against, both in [0, 1].

    Args:
        protocol: a name in :data:`PROTOCOLS`.
        fit: the images that the regression is fitted on.
        test: the images to score.
        pairs: the true left/right pairs, as joint indices.

    Raises:
        DkpError: if there is no such protocol, ``fit`` and ``test`` differ in keypoints or joints, a joint is visible
            in no image of either, or the pairs are no permutation.
    """
    chosen = find_protocol(protocol)
    for what in ("keypoints", "joints"):
        fitted, tested = getattr(fit, what).shape[1], getattr(test, what).shape[1]
        if fitted != tested:
            raise DkpError(f"the images to fit on have {fitted} {what} each, those to test have {tested}")
    unseen = np.flatnonzero(~test.visible.any(axis=0))
    if len(unseen):
        raise DkpError(
            f"joint {unseen[0]} is visible in none of the {len(test)} test images, so it has no error",
            "score more images, or leave this joint out of the dataset's skeleton",
        )
    return chosen.match(fit, test, swap_order(pairs, test.joints.shape[1]))


def image_errors(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs) -> Floats:
    """Mean L2 error of each test image, ``(N,)`` in % of the edge; arguments and errors of :func:`match`."""
    matched = match(protocol, fit, test, pairs)
    return image_l2(distances(matched), matched.visible)


def score(
    protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs, joint_names: Sequence[str]
) -> list[Result]:
    """The results of one protocol, its headline first.

    Args:
        protocol: a name in :data:`PROTOCOLS`.
        fit: the images that the regression is fitted on.
        test: the images to score.
        pairs: the true left/right pairs, as joint indices.
        joint_names: one for each joint, all different.

    Raises:
        DkpError: as :func:`match` does, or if the names do not fit.
    """
    matched = match(protocol, fit, test, pairs)
    joints = test.joints.shape[1]
    if len(set(joint_names)) != joints or len(joint_names) != joints:
        raise DkpError(f"{joints} joints need {joints} different names, not {', '.join(joint_names)}")
    return [
        Result(
            protocol,
            metric.name,
            metric.value(matched),
            metric.unit,
            metric.higher_is_better,
            dict(zip(joint_names, metric.per_joint(matched).tolist(), strict=True)),
        )
        for metric in find_protocol(protocol).metrics
    ]


def score_all(
    protocols: Iterable[str],
    fit: LabelledKeypoints,
    test: LabelledKeypoints,
    pairs: Pairs,
    joint_names: Sequence[str],
) -> list[Result]:
    """The results of several protocols in their order, then the share on the figure where ``test`` has masks.

    Raises:
        DkpError: as :func:`score` does.
    """
    results = [result for name in protocols for result in score(name, fit, test, pairs, joint_names)]
    return results + figure_results(test)
