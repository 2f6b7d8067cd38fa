"""The scores that the report shows, and how each is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import Display
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


def listed_variants(group: Group) -> list[Variant]:
    """Return the variants that have a row: each method's main one and each of the reader's own, the best first."""
    return ranked([variant for variant in group.variants if variant.main or variant.own], headline_score(group))


def stands_apart(group: Group, groups: Sequence[Group]) -> bool:
    """Return whether a group on the same images has more methods, which columns for few would push out of sight."""
    same = [other for other in groups if (other.dataset, other.identity.image_size) == _images(group)]
    return len({variant.method for variant in group.mains}) < max(len(other.mains) for other in same)


def _images(group: Group) -> tuple[str, int]:
    return group.dataset, group.identity.image_size


def ranked_labels(groups: Sequence[Group], order: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of all rows, sorted by the mean of their ranks, then in the report's order."""
    ranks: dict[str, list[int]] = {}
    methods: dict[str, str] = {}
    for group in groups:
        key = headline_score(group)
        for rank, variant in enumerate(listed_variants(group)):
            methods[variant.label] = variant.method
            scored = variant.measured(key.protocol, key.metric) is not None
            ranks.setdefault(variant.label, []).extend([rank] if scored else [])
    known = {name: place for place, name in enumerate([*order, *sorted({*methods.values()}.difference(order))])}

    def rank_of(label: str) -> tuple[float, int, str]:
        return fmean(ranks[label]) if ranks[label] else float("inf"), known[methods[label]], label

    return tuple(sorted(ranks, key=rank_of))


def equal_methods(groups: Sequence[Group]) -> dict[tuple[str, ...], list[str]]:
    """Return which methods have the same score, seed by seed, with the datasets on which they do."""
    places: dict[tuple[str, ...], list[str]] = {}
    for group in groups:
        key, alike = headline_score(group), defaultdict[object, list[str]](list)
        for variant in group.mains:
            if value := variant.measured(key.protocol, key.metric):
                alike[variant.seeds, value].append(variant.method)
        for methods in alike.values():
            if len(methods) > 1:
                places.setdefault(tuple(methods), []).append(group.dataset)
    return places
