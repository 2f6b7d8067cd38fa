"""The numbers a protocol reports: each with its name, unit, direction and share of every joint."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dkp_bench.scoring.errors import (
    Matched,
    distances,
    grouped_joint_l2,
    grouped_l2,
    hits,
    joint_l2,
    joint_mae,
    joint_pck,
    joint_share_of_summed_l2,
    mean_l2,
    offsets,
    pck,
    summed_l2,
    summed_mae,
)
from dkp_bench.scoring.samples import Floats
from dkp_bench.scoring.swap import swap_where_better


@dataclass(frozen=True)
class Result:
    """One number of one protocol.

    ``per_joint`` is in the same unit, by the name of the joint (of the keypoint, for the share on the figure);
    ``higher_is_better`` is None for a number that only puts others into context.
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
        value: the number for all images.
        per_joint: the number for each joint, ``(J,)``.
    """

    name: str
    unit: str
    higher_is_better: bool
    value: Callable[[Matched], float]
    per_joint: Callable[[Matched], Floats]


_AT_128 = 128 / 100
"""StableKeypoints multiplies its errors, which are in edges, by 128; those here are in per cent of the edge."""

MEAN_L2 = Metric(
    "mean_l2",
    "% of edge",
    higher_is_better=False,
    value=lambda matched: mean_l2(distances(matched), matched.visible),
    per_joint=lambda matched: joint_l2(distances(matched), matched.visible),
)
MEAN_L2_AT_128 = Metric(
    "mean_l2",
    "px at 128",
    higher_is_better=False,
    value=lambda matched: _AT_128 * mean_l2(distances(matched), matched.visible),
    per_joint=lambda matched: _AT_128 * joint_l2(distances(matched), matched.visible),
)
MEAN_L2_BY_ACTION = Metric(
    "mean_l2",
    "% of edge",
    higher_is_better=False,
    value=lambda matched: grouped_l2(distances(matched), matched.visible, matched.groups["action"]),
    per_joint=lambda matched: grouped_joint_l2(distances(matched), matched.visible, matched.groups["action"]),
)
MIN_L2_BY_ACTION = Metric(
    "min_l2",
    "% of edge",
    higher_is_better=False,
    value=lambda matched: MEAN_L2_BY_ACTION.value(_better_side(matched)),
    per_joint=lambda matched: MEAN_L2_BY_ACTION.per_joint(_better_side(matched)),
)
SUMMED_L2 = Metric(
    "summed_l2",
    "px at 256",
    higher_is_better=False,
    value=lambda matched: summed_l2(distances(matched)),
    per_joint=lambda matched: joint_share_of_summed_l2(distances(matched)),
)
PCK = Metric(
    "pck",
    "%",
    higher_is_better=True,
    value=lambda matched: pck(hits(distances(matched)), matched.visible),
    per_joint=lambda matched: joint_pck(hits(distances(matched)), matched.visible),
)
SUMMED_MAE = Metric(
    "summed_mae",
    "px at 255",
    higher_is_better=False,
    value=lambda matched: summed_mae(offsets(matched), matched.visible),
    per_joint=lambda matched: joint_mae(offsets(matched), matched.visible),
)


def _better_side(matched: Matched) -> Matched:
    if matched.order is None:
        raise ValueError("this protocol's match gives no left/right table, so none of its metrics can swap")
    return swap_where_better(matched, matched.order)
