"""The scores that the report shows, and how each is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.scoring import Score

METRIC_NAMES = {
    "mean_l2": "mean L2 error",
    "min_l2": "mean L2 error, better side",
    "pck": "PCK",
    "summed_mae": "summed MAE",
    "summed_l2": "summed L2 error",
    "on_figure": "on figure",
    "figure_area": "figure area",
}


@dataclass(frozen=True)
class MetricKey:
    """A kind of score: its protocol and metric in a record, its unit, and its direction (None if it has none)."""

    protocol: str
    metric: str
    unit: str = ""
    higher_is_better: bool | None = None

    @property
    def name(self) -> str:
        """The common name of the metric."""
        return metric_name(self.metric)

    @property
    def better(self) -> Literal["", "↓", "↑"]:
        """An arrow in the direction of better values; empty if there is none."""
        return "" if self.higher_is_better is None else arrow(self.higher_is_better)

    @property
    def digits(self) -> int:
        """Decimals: one for a share in %, two otherwise."""
        return 1 if self.unit == "%" else 2

    @property
    def in_words(self) -> str:
        """Name, unit and direction: ``mean L2 error, % of edge ↓``."""
        return ", ".join(part for part in (self.name, f"{self.unit} {self.better}".strip()) if part)


ON_FIGURE = MetricKey("on-figure", "on_figure", "%", higher_is_better=True)
FIGURE_AREA = MetricKey("on-figure", "figure_area", "%")
UNSCORED = MetricKey("", "score")
"""Placeholder for the headline of a group in which nothing was scored."""


def metric_name(metric: str) -> str:
    """Return the common name of a metric."""
    return METRIC_NAMES.get(metric, metric.replace("_", " "))


def arrow(higher_is_better: bool) -> Literal["↓", "↑"]:
    """Return an arrow in the direction of better values."""
    return "↑" if higher_is_better else "↓"


def headline_score(group: Group) -> MetricKey:
    """Return the headline score of a group's dataset; :data:`UNSCORED` where nothing was scored."""
    return _metric_key(group.headline) if group.headline else UNSCORED


def headline_metric(group: Group, metric: str) -> MetricKey:
    """Return a metric under the protocol of the headline score; :data:`UNSCORED` where no run has it."""
    wanted = (headline_score(group).protocol, metric)
    return next((key for key in all_scores(group) if (key.protocol, key.metric) == wanted), UNSCORED)


def all_scores(group: Group) -> tuple[MetricKey, ...]:
    """Return every kind of score of a group in the order of the records, the share on the figure last."""
    found = (_metric_key(score) for variant in group.variants for run in variant.runs for score in run.record.scores)
    return tuple(sorted(dict.fromkeys(found), key=lambda key: key.protocol == ON_FIGURE.protocol))


def joint_scores(variant: Variant, key: MetricKey) -> dict[str, float]:
    """Return the score of each joint by its name, a mean over seeds; empty unless every seed has it."""
    scores = [run.score(key.protocol, key.metric) for run in variant.runs]
    joints = [score.per_joint for score in scores if score]
    if len(joints) < len(scores) or any(each.keys() != joints[0].keys() for each in joints):
        return {}
    return {name: SeedScores(tuple(each[name] for each in joints)).mean for name in joints[0]}


def joint_change(values: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the second minus the first, joint by joint; empty unless there are two with the same joints."""
    if len(values) < 2:
        return {}
    before, after = values.values()
    return {name: after[name] - before[name] for name in before} if before.keys() == after.keys() else {}


def _metric_key(score: Score) -> MetricKey:
    return MetricKey(score.protocol, score.metric, score.unit, score.higher_is_better)
