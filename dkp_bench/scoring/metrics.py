"""The numbers a protocol reports: each with its name, unit, direction and share of every joint."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dkp_bench.scoring.errors import (
    Matched,
    distances,
    hits,
    joint_l2,
    joint_mae,
    joint_pck,
    mean_l2,
    offsets,
    pck,
    summed_mae,
)
from dkp_bench.scoring.samples import Floats


@dataclass(frozen=True)
class Result:
    """One number of one protocol.

    ``per_joint`` is in the same unit, by the name of the joint (of the keypoint, for the share on the figure);
    ``higher_is_better`` is None for a number that only
    puts others into context.
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
        unit: of the value and of each joint's.
        higher_is_better: its direction.
        value: the number for all images.
        per_joint: the number for each joint, ``(J,)``.
    """

    name: str
    unit: str
    higher_is_better: bool
    value: Callable[[Matched], float]
    per_joint: Callable[[Matched], Floats]


MEAN_L2 = Metric(
    "mean_l2",
    "% of edge",
    higher_is_better=False,
    value=lambda matched: mean_l2(distances(matched), matched.visible),
    per_joint=lambda matched: joint_l2(distances(matched), matched.visible),
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
