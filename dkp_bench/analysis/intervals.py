"""Scores with their intervals, each computed once from the stored predictions and annotations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.differences import Difference, Differences, differences, tiers
from dkp_bench.analysis.measurement import Measurement, find_annotations, measure, resampling_of
from dkp_bench.analysis.scores import MetricKey
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.statistics import Estimate, Resampling, percent_change

Key = tuple[str, ...]


class Intervals:
    """Measurements of the scores of variants; everything on the same images shares its draws of them.

    Args:
        roots: results roots to look for annotations in, beside those that the runs lie in.
    """

    def __init__(self, roots: Iterable[Path] = ()) -> None:
        self.roots = tuple(roots)
        self._measured: dict[Key, Measurement] = {}
        self._named: dict[Key, Measurement] = {}
        self._annotations: dict[Key, Annotations | None] = {}
        self._resamplings: dict[Key, Resampling] = {}
        self._differences: dict[tuple[int, ...], Differences] = {}

    def annotations(self, group: Group) -> Annotations | None:
        """Return the annotations that the runs of a group are scored against; None where no results root has them."""
        cached = _images(group)
        if cached not in self._annotations:
            self._annotations[cached] = find_annotations(group.runs, self.roots)
        return self._annotations[cached]

    def measurement(
        self, group: Group, variant: Variant, key: MetricKey, seeds: Iterable[int] | None = None
    ) -> Measurement | None:
        """Return a score over ``seeds`` (all by default); None if not scored or :meth:`why_no_interval` has a reason.

        Raises:
            DkpError: if predictions or annotations are damaged, or do not give the score in the record.
        """
        chosen = variant if seeds is None else _with_seeds(variant, frozenset(seeds))
        annotations = self.annotations(group)
        if annotations is None or self.why_no_interval(group, chosen) or not chosen.measured(key.protocol, key.metric):
            return None
        cached = (key.protocol, key.metric, *(str(run.path) for run in chosen.runs))
        if cached not in self._measured:
            draws = self._resampling(group, annotations)
            self._measured[cached] = measure(chosen, annotations, key.protocol, key.metric, draws)
        # The same runs may be a variant by another name, that of a study's arm: computed once, called by each name.
        named = replace(self._measured[cached], variant=chosen)
        return self._named.setdefault((chosen.label, *cached), named)

    def change(
        self, group: Group, before: Variant, after: Variant, key: MetricKey, seeds: Iterable[int]
    ) -> Estimate | None:
        """Return the relative change from one variant to another over ``seeds``, in %; None as :meth:`measurement`."""
        common = tuple(seeds)
        one, other = (self.measurement(group, variant, key, common) for variant in (before, after))
        return percent_change(one.estimate, other.estimate) if one and other else None

    def tiers(self, group: Group, variants: Sequence[Variant], key: MetricKey) -> dict[str, int]:
        """Return the tier of each variant by its label, from 1; variants without a measurement are left out.

        A method of a tier does not differ significantly from the tier's best, by the test of ``dkp-bench compare`` with
        p corrected for all pairs of ``variants``.
        """
        measured = self._measurements(group, variants, key)
        if not measured:
            return {}
        ranked = tiers(measured, self._between(group, measured))
        return {each.variant.label: place for place, tier in enumerate(ranked, start=1) for each in tier}

    def difference(
        self, group: Group, variants: Sequence[Variant], one: Variant, other: Variant, key: MetricKey
    ) -> Difference | None:
        """Return the difference of two variants, its p corrected for all ``variants``; None if one has no measurement.

        It is the first minus the second of the two in the order of ``variants``; :class:`Difference` says which.
        """
        between = self._between(group, self._measurements(group, variants, key))
        pairs = ((found, {found.one.variant.label, found.other.variant.label}) for found in between.values())
        return next((found for found, labels in pairs if labels == {one.label, other.label}), None)

    def _measurements(self, group: Group, variants: Sequence[Variant], key: MetricKey) -> list[Measurement]:
        return [found for variant in variants if (found := self.measurement(group, variant, key))]

    def _between(self, group: Group, measured: Sequence[Measurement]) -> Differences:
        """Return the differences of all pairs of measurements, each set computed once."""
        annotations = self.annotations(group)
        if annotations is None or not measured:
            return {}
        # The whole set is the key because Holm's correction depends on how many pairs there are. Ids are safe in it:
        # `_named` keeps every measurement alive, so no id is used again.
        cached = tuple(map(id, measured))
        if cached not in self._differences:
            self._differences[cached] = differences(measured, self._resampling(group, annotations))
        return self._differences[cached]

    def why_no_interval(self, group: Group, variant: Variant) -> str:
        """Say why there is no interval; empty where there can be one."""
        if self.annotations(group) is None:
            return f"the annotations of {group.dataset} are not beside its runs"
        if any(run.find(PREDICTIONS) is None for run in variant.runs):
            return f"predictions of {variant.label} on {group.dataset} are not beside its runs"
        return ""

    def _resampling(self, group: Group, annotations: Annotations) -> Resampling:
        # One for all methods on the same images: a difference is paired only if both are resampled with the same draws.
        return self._resamplings.setdefault(_images(group), resampling_of(annotations))


def _with_seeds(variant: Variant, seeds: frozenset[int]) -> Variant:
    return replace(variant, runs=tuple(run for run in variant.runs if run.record.identity.seed in seeds))


def _images(group: Group) -> Key:
    return group.dataset, str(group.identity.image_size), group.identity.dataset_hash
