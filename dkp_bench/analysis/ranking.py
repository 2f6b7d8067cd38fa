"""Which method comes first: variants ranked by a score, rows ranked over datasets, equal and best ones."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import Display
from dkp_bench.analysis.scores import ON_FIGURE, MetricKey, headline_score


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
