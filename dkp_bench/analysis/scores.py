"""The scores that the report shows, and how each is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import Display
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


def best_variants(variants: Sequence[Variant], key: MetricKey) -> tuple[Variant, ...]:
    """Return the best RGB-only variants by their mean; ties all count, fewer than two scored variants give none.

    Variants of a single keypoint are left out for the share on the figure: one in the middle of the image has the most.
    """
    scored = [
        (value.mean, variant)
        for variant in variants
        if not variant.sees_depth
        and (key.metric != ON_FIGURE.metric or variant.runs[0].record.identity.keypoints > 1)
        and (value := variant.measured(key.protocol, key.metric))
    ]
    if len(scored) < 2 or key.higher_is_better is None:
        return ()
    best = (max if key.higher_is_better else min)(mean for mean, _ in scored)
    return tuple(variant for mean, variant in scored if mean == best)


def subject_first(variants: Sequence[Variant], display: Display) -> tuple[Variant, ...]:
    """Sort the subject first, then the baseline, then the others, so that those two are seen where columns are cut."""
    first = (display.subject, display.baseline)

    def place(variant: Variant) -> int:
        return first.index(variant.method) if variant.method in first else len(first)

    return tuple(sorted(variants, key=place))


def ranked(variants: Sequence[Variant], key: MetricKey) -> list[Variant]:
    """Sort variants by their mean score, the best first; those without one come last, equal ones keep their order."""

    def rank(variant: Variant) -> tuple[bool, float]:
        value = variant.measured(key.protocol, key.metric)
        return value is None, 0.0 if value is None else -value.mean if key.higher_is_better else value.mean

    return sorted(variants, key=rank)


def _metric_key(score: Score) -> MetricKey:
    return MetricKey(score.protocol, score.metric, score.unit, score.higher_is_better)
