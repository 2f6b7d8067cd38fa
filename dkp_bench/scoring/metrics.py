"""The numbers a protocol reports: each with its name, unit, direction and share of every joint."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dkp_bench.scoring import sums
from dkp_bench.scoring.distances import Matched, distances, hits, offsets
from dkp_bench.scoring.labelled import Floats
from dkp_bench.scoring.sums import Sums
from dkp_bench.scoring.swap import swap_where_better


@dataclass(frozen=True)
class Score:
    """One number, computed from predictions by one protocol; a record holds it as it is, checked.

    Attributes:
        protocol: how it was scored.
        metric: which of the protocol's numbers.
        value: finite.
        unit: of the value and of each joint's.
        higher_is_better: its direction; None for a number that puts others into context.
        per_joint: the number by the name of each joint (of each keypoint, for the share on the figure).
    """

    protocol: str
    metric: str
    value: float
    unit: str
    higher_is_better: bool | None
    per_joint: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A number computed from predicted joints and labels.

    Attributes:
        name: as in the records.
        unit: of the value and of each joint's. A pixel *at 256* is one of a 256-px image, of which the edge has 255;
            one *at 128* is 1/128 of the edge, as StableKeypoints multiplies.
        higher_is_better: its direction.
        sums: the number, as sums over the images.
        joint_sums: the number of each joint, likewise.
    """

    name: str
    unit: str
    higher_is_better: bool
    sums: Callable[[Matched], Sums]
    joint_sums: Callable[[Matched], tuple[Sums, ...]]

    def value(self, matched: Matched) -> float:
        """Return the number for all images."""
        return self.sums(matched).value

    def per_joint(self, matched: Matched) -> Floats:
        """Return the number for each joint, ``(J,)``."""
        return np.array([joint.value for joint in self.joint_sums(matched)])


_AT_128 = 128 / 100
"""StableKeypoints multiplies its errors, which are in edges, by 128; those here are in per cent of the edge."""

MEAN_L2 = Metric(
    "mean_l2",
    "% of edge",
    higher_is_better=False,
    sums=lambda matched: sums.mean_l2(distances(matched), matched.visible),
    joint_sums=lambda matched: sums.joint_l2(distances(matched), matched.visible),
)
MEAN_L2_AT_128 = Metric(
    "mean_l2",
    "px at 128",
    higher_is_better=False,
    sums=lambda matched: sums.mean_l2(distances(matched), matched.visible).scaled(_AT_128),
    joint_sums=lambda matched: tuple(
        joint.scaled(_AT_128) for joint in sums.joint_l2(distances(matched), matched.visible)
    ),
)
MEAN_L2_BY_ACTION = Metric(
    "mean_l2",
    "% of edge",
    higher_is_better=False,
    sums=lambda matched: sums.grouped_l2(distances(matched), matched.visible, matched.groups["action"]),
    joint_sums=lambda matched: sums.grouped_joint_l2(distances(matched), matched.visible, matched.groups["action"]),
)
MIN_L2_BY_ACTION = Metric(
    "min_l2",
    "% of edge",
    higher_is_better=False,
    sums=lambda matched: MEAN_L2_BY_ACTION.sums(_better_side(matched)),
    joint_sums=lambda matched: MEAN_L2_BY_ACTION.joint_sums(_better_side(matched)),
)
SUMMED_L2 = Metric(
    "summed_l2",
    "px at 256",
    higher_is_better=False,
    sums=lambda matched: sums.summed_l2(distances(matched)),
    joint_sums=lambda matched: sums.joint_share_of_summed_l2(distances(matched)),
)
PCK = Metric(
    "pck",
    "%",
    higher_is_better=True,
    sums=lambda matched: sums.pck(hits(distances(matched)), matched.visible),
    joint_sums=lambda matched: sums.joint_pck(hits(distances(matched)), matched.visible),
)
SUMMED_MAE = Metric(
    "summed_mae",
    "px at 255",
    higher_is_better=False,
    sums=lambda matched: sums.summed_mae(offsets(matched), matched.visible),
    joint_sums=lambda matched: sums.joint_mae(offsets(matched), matched.visible),
)


def _better_side(matched: Matched) -> Matched:
    if matched.order is None:
        raise ValueError("this protocol's match gives no left/right table, so none of its metrics can swap")
    return swap_where_better(matched, matched.order)
