"""Checks that a run on a dataset would reach its score: what would stop it after hours of training stops it before.

The same look is part of ``dkp-bench data check``, of ``prepare`` and of every run, before it trains, for any dataset.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Dataset, Labels
from dkp_bench.datasets.finding import Finding, expect, offenders, refuse_wrong
from dkp_bench.datasets.plausible import still_finding
from dkp_bench.datasets.splits import LABELLED, SPLITS, LabelledSplit, Split
from dkp_bench.errors import DkpError
from dkp_bench.scoring import LabelledKeypoints, not_applicable, score_protocol

SCORED = 2000
"""Images of a split that are scored for a trial."""


def require_usable(dataset: Dataset) -> None:
    """Raise before the work if a run on a prepared dataset could not reach its score.

    Raises:
        DkpError: with everything that is in the way.
    """
    hint = f"to see all of it, type: dkp-bench data check {dataset.on_command_line}"
    refuse_wrong(usable_findings(dataset), f"{dataset.name}: no run on it would reach a score:", hint)


def usable_findings(dataset: Dataset) -> list[Finding]:
    """Check what a prepared dataset hands out.

    Returns:
        For each split whether it has images; for the labelled ones whether the labels are theirs, each image and each
        joint has a label somewhere, no joint stays at one place; and, where all of this is ok, whether the protocols
        can score it.
    """
    findings = [_count(dataset, split) for split in SPLITS]
    if not all(finding.ok for finding in findings):
        return findings
    labels = {split: dataset.labels(split) for split in LABELLED}
    for split in LABELLED:
        findings += _label_findings(dataset, split, labels[split])
    if all(finding.ok for finding in findings):
        findings.append(_score_finding(dataset, labels["regression"], labels["test"]))
    return findings


def _count(dataset: Dataset, split: Split) -> Finding:
    count, rule = dataset.image_count(split), dataset.rules.get(split, "")
    return expect(f"{split}: images", f"{count:,}", f"at least 1: {rule}" if rule else "at least 1", count > 0)


def _label_findings(dataset: Dataset, split: LabelledSplit, labels: Labels) -> list[Finding]:
    names, visible = dataset.skeleton.names, labels.visible
    shapes = _shape_finding(dataset, split, labels)
    if not shapes.ok:
        return [shapes]
    lost = np.argwhere(visible & ~np.isfinite(labels.joints).all(axis=-1))
    blind = [f"image {image:,} has none" for image in np.flatnonzero(~visible.any(axis=1))]
    unseen = [f"{names[joint]} is visible in none" for joint in np.flatnonzero(~visible.any(axis=0))]
    return [
        shapes,
        offenders(f"{split}: images with a visible joint", len(visible), blind),
        offenders(f"{split}: joints that are visible in some image", len(names), unseen),
        still_finding(f"{split}: joints that move", labels.joints, visible, names),
        offenders(f"{split}: finite places", int(visible.sum()), [f"image {i:,}: {names[j]}" for i, j in lost]),
    ]


def _shape_finding(dataset: Dataset, split: LabelledSplit, labels: Labels) -> Finding:
    """Check that the arrays are those of the split's images and of the skeleton's joints."""
    count, joints, size = dataset.image_count(split), len(dataset.skeleton.names), dataset.size
    arrays: dict[str, tuple[NDArray[Any], tuple[int, ...]]]
    arrays = {"joints": (labels.joints, (count, joints, 2)), "visible": (labels.visible, (count, joints))}
    if labels.mask is not None:
        arrays["mask"] = labels.mask, (count, size, size)
    arrays |= {name: (group, (count,)) for name, group in labels.groups.items()}
    wrong = [f"{name}: {array.shape}, not {shape}" for name, (array, shape) in arrays.items() if array.shape != shape]
    wrong += [
        f"{name}: not boolean" for name in ("visible", "mask") if name in arrays and arrays[name][0].dtype != bool
    ]
    return offenders(f"{split}: shapes of the labels' arrays", len(arrays), wrong)


def _score_finding(dataset: Dataset, fit: Labels, test: Labels) -> Finding:
    """Score the keypoints of a detector that sees nothing, one in the middle of each image, as ``mean_pose`` does."""
    what = "protocols that can score it"
    try:
        fitted, tested = _with_centre(fit), _with_centre(test)
        excluded = not_applicable(dataset.protocols, fitted, tested)
        chosen = [name for name in dataset.protocols if name not in excluded]
        for protocol in chosen:
            score_protocol(protocol, fitted, tested, dataset.skeleton.pairs, dataset.skeleton.names)
    except DkpError as error:
        return expect(what, "it cannot be scored", "all that apply", False, [error.problem])
    reasons = [] if chosen else [f"{name} does not apply: {reason}" for name, reason in excluded.items()]
    return expect(what, f"{len(chosen)} of {len(dataset.protocols)}", "at least 1", bool(chosen), reasons)


def _with_centre(labels: Labels) -> LabelledKeypoints:
    some = _some(labels)
    joints, visible = labels.joints[some].astype(np.float64), labels.visible[some]
    groups = {name: group[some] for name, group in labels.groups.items()}
    return LabelledKeypoints(np.zeros((len(some), 1, 2)), joints, visible, groups=groups)


def _some(labels: Labels) -> NDArray[np.intp]:
    """Choose at most :data:`SCORED` images and a few: evenly spread, and one of each joint and group member."""
    spread = np.linspace(0, len(labels) - 1, min(len(labels), SCORED)).round()
    of_joints = labels.visible.argmax(axis=0)
    of_groups = [np.unique(group, return_index=True)[1] for group in labels.groups.values()]
    return np.unique(np.concatenate([spread, of_joints, *of_groups])).astype(np.intp)
