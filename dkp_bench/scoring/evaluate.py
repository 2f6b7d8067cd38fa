"""From stored predictions and labels to results: look up the protocol, check that the inputs fit, aggregate."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import DkpError, choice, unknown_name
from dkp_bench.scoring.distances import Matched, l2_of_images
from dkp_bench.scoring.labelled import Bools, Floats, LabelledKeypoints
from dkp_bench.scoring.metrics import Metric, Score
from dkp_bench.scoring.on_figure import NAME as FIGURE
from dkp_bench.scoring.on_figure import ON_FIGURE, figure_results, figure_sums
from dkp_bench.scoring.protocols import PROTOCOLS, Protocol
from dkp_bench.scoring.sums import Sums
from dkp_bench.scoring.swap import Pairs, swap_order


def find_protocol(name: str) -> Protocol:
    """Return the protocol called ``name``.

    Raises:
        DkpError: if there is none; it names the nearest one.

    >>> [metric.name for metric in find_protocol("no-swap+intercept").metrics]
    ['mean_l2', 'pck', 'summed_mae']
    """
    return PROTOCOLS[choice("scoring protocol", name, PROTOCOLS)]


def match(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs) -> Matched:
    """Match predicted joints with the labels they are scored against, both in [0, 1].

    They are those of the test images, in their order; a protocol that splits by itself (``bkind``) leaves out those it
    does not score and puts further ones, from ``fit``, after them.

    Args:
        protocol: a name in :data:`PROTOCOLS`.
        fit: the images that the regression is fitted on.
        test: the images to score.
        pairs: the true left/right pairs, as joint indices.

    Raises:
        DkpError: if there is no such protocol or it does not apply, ``fit`` and ``test`` differ in keypoints or joints,
            a joint is visible in no image of either, or the pairs are no permutation.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> matched = match("no-swap+intercept", fit, test, pairs=[])
    >>> matched.predicted.shape
    (40, 2, 2)
    >>> (matched.joints - matched.predicted)[0, :, 0].round(6)
    array([0.1, 0.1])
    """
    chosen = find_protocol(protocol)
    _check_alike(fit, test)
    reason = chosen.why_not(fit, test)
    if reason:
        raise DkpError(f"protocol {protocol} does not apply: {reason}", "'dkp-bench list' shows the other protocols")
    _check_seen(test.visible)
    matched = chosen.match(fit, test, swap_order(pairs, test.joints.shape[1]))
    _check_seen(matched.visible, matched.joint_indices)
    return matched


def image_errors(protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs) -> Floats:
    """Return the mean L2 error of each image over the joints of :func:`match`, ``(N,)`` in % of the edge.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> image_errors("no-swap+intercept", fit, test, pairs=[])[:3].round(6)
    array([10., 10., 10.])
    """
    return l2_of_images(match(protocol, fit, test, pairs))


def not_applicable(protocols: Iterable[str], fit: LabelledKeypoints, test: LabelledKeypoints) -> dict[str, str]:
    """Return the protocols that cannot be applied to these images, each with the reason.

    Raises:
        DkpError: if there is no such protocol, or ``fit`` and ``test`` differ in keypoints or joints.

    >>> images = LabelledKeypoints(np.zeros((9, 4, 2)), np.zeros((9, 14, 2)), np.ones((9, 14), dtype=bool))
    >>> not_applicable(["autolink", "no-swap+intercept"], images, images)
    {'autolink': 'it names joints by number in a skeleton of 32, this one has 14'}
    """
    _check_alike(fit, test)
    reasons = {name: find_protocol(name).why_not(fit, test) for name in protocols}
    return {name: reason for name, reason in reasons.items() if reason}


def score_protocol(
    protocol: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs, joint_names: Sequence[str]
) -> list[Score]:
    """Compute the scores of one protocol, its headline first.

    Args:
        protocol: a name in :data:`PROTOCOLS`.
        fit: the images that the regression is fitted on.
        test: the images to score.
        pairs: the true left/right pairs, as joint indices.
        joint_names: one for each joint, all different.

    Raises:
        DkpError: as :func:`match` does, or if the names do not fit.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> found = score_protocol("no-swap+intercept", fit, test, pairs=[], joint_names=["head", "hand"])
    >>> [(each.metric, round(each.value, 6), each.unit) for each in found]
    [('mean_l2', 10.0, '% of edge'), ('pck', 0.0, '%'), ('summed_mae', 51.0, 'px at 255')]

    All joints are 0.1 · 255 = 25.5 px off, farther than the 6 px that PCK allows; two joints sum up to 51 px.
    """
    joints = test.joints.shape[1]
    if len(set(joint_names)) != joints or len(joint_names) != joints:
        raise DkpError(f"{joints} joints need {joints} different names, not {', '.join(joint_names)}")
    matched = match(protocol, fit, test, pairs)
    names = [joint_names[joint] for joint in _scored_joints(matched)]
    return [
        Score(
            protocol,
            metric.name,
            metric.value(matched),
            metric.unit,
            metric.higher_is_better,
            dict(zip(names, metric.per_joint(matched).tolist(), strict=True)),
        )
        for metric in find_protocol(protocol).metrics
    ]


def score_all(
    protocols: Iterable[str],
    fit: LabelledKeypoints,
    test: LabelledKeypoints,
    pairs: Pairs,
    joint_names: Sequence[str],
) -> list[Score]:
    """Compute the scores of several protocols in their order, then the share on the figure where ``test`` has masks.

    Protocols that do not apply are left out; :func:`not_applicable` says which and why.

    Raises:
        DkpError: as :func:`score_protocol` does otherwise.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> found = score_all(["no-swap+intercept", "lmdis"], fit, test, pairs=[], joint_names=["head", "hand"])
    >>> [each.metric for each in found]
    ['mean_l2', 'pck', 'summed_mae', 'mean_l2']
    >>> found[-1].protocol
    'lmdis'
    """
    names = list(protocols)
    excluded = not_applicable(names, fit, test)
    chosen = [name for name in names if name not in excluded]
    return [
        result for name in chosen for result in score_protocol(name, fit, test, pairs, joint_names)
    ] + figure_results(test)


def image_sums(protocol: str, metric: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs) -> Sums:
    """Return one number as sums over the test images, a row each in their order: resampling and pairing need them.

    Args:
        protocol: a name in :data:`PROTOCOLS`, or ``on-figure``.
        metric: one that the protocol reports; ``on_figure`` for ``on-figure``.
        fit: the images that the regression is fitted on.
        test: the images to score.
        pairs: the true left/right pairs, as joint indices.

    Raises:
        DkpError: as :func:`match` does, if the protocol reports no such metric, or if it scores other images than
            those of ``test`` (``bkind``).

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> sums = image_sums("no-swap+intercept", "mean_l2", fit, test, pairs=[])
    >>> len(sums), round(sums.value, 6)
    (40, 10.0)
    """
    if protocol == FIGURE:
        if metric != ON_FIGURE:
            raise unknown_name(f"number of {FIGURE} that sums over images", metric, [ON_FIGURE])
        return figure_sums(test)
    chosen = _find_metric(protocol, metric)
    return chosen.sums(match(protocol, fit, test, pairs))


def joint_sums(
    protocol: str, metric: str, fit: LabelledKeypoints, test: LabelledKeypoints, pairs: Pairs
) -> dict[int, Sums]:
    """Return the number of each joint as sums over the test images, by the joint's index; else as :func:`image_sums`.

    Raises:
        DkpError: as :func:`image_sums` does, and for ``on-figure``, which knows no joints.

    >>> keypoints = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2, 2))
    >>> visible = np.ones((40, 2), dtype=bool)
    >>> fit = LabelledKeypoints(keypoints, keypoints, visible)  # joint k is where keypoint k is
    >>> test = LabelledKeypoints(keypoints, keypoints + [0.2, 0], visible)  # and here 10 % of the edge beside it
    >>> joints = joint_sums("no-swap+intercept", "mean_l2", fit, test, pairs=[])
    >>> {joint: round(sums.value, 6) for joint, sums in joints.items()}
    {0: 10.0, 1: 10.0}
    """
    if protocol == FIGURE:
        raise DkpError(f"{FIGURE} has no number of a joint: it compares keypoints with masks, not with joints")
    chosen = _find_metric(protocol, metric)
    matched = match(protocol, fit, test, pairs)
    return dict(zip(_scored_joints(matched), chosen.joint_sums(matched), strict=True))


def _find_metric(protocol: str, name: str) -> Metric:
    """Return the metric of a protocol whose rows are the test images."""
    chosen = find_protocol(protocol)
    if not chosen.scores_test_images:
        raise DkpError(
            f"protocol {protocol} splits the images again, so what it scores are not the test images",
            "resample and pair images under another protocol of the dataset",
        )
    metrics = {metric.name: metric for metric in chosen.metrics}
    if name not in metrics:
        raise unknown_name(f"metric of protocol {protocol}", name, metrics)
    return metrics[name]


def _scored_joints(matched: Matched) -> list[int]:
    if matched.joint_indices is None:
        return list(range(matched.joints.shape[1]))
    return [int(joint) for joint in matched.joint_indices]


def _check_alike(fit: LabelledKeypoints, test: LabelledKeypoints) -> None:
    for what in ("keypoints", "joints"):
        fitted, tested = getattr(fit, what).shape[1], getattr(test, what).shape[1]
        if fitted != tested:
            raise DkpError(f"the images to fit on have {fitted} {what} each, those to test have {tested}")


def _check_seen(visible: Bools, joint_indices: NDArray[np.intp] | None = None) -> None:
    unseen = np.flatnonzero(~visible.any(axis=0))
    if len(unseen):
        joint = unseen[0] if joint_indices is None else joint_indices[unseen[0]]
        raise DkpError(
            f"joint {joint} is visible in none of the {len(visible)} test images, so it has no error",
            "score more images, or leave this joint out of the dataset's skeleton",
        )
