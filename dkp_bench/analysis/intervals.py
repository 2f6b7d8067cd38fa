"""Scores with their intervals, each computed once from the stored predictions and annotations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from dkp_bench.analysis.comparable import Setup, Variant
from dkp_bench.analysis.differences import Difference, Differences, differences, tiers
from dkp_bench.analysis.measurement import Measurement, find_annotations, measure, resampling_of
from dkp_bench.analysis.scores import Shown
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
        self._annotations: dict[Key, Annotations | None] = {}
        self._resamplings: dict[Key, Resampling] = {}
        self._differences: dict[tuple[int, ...], Differences] = {}

    def annotations(self, setup: Setup) -> Annotations | None:
        """What the runs of a setup are scored against; None where no results root has it."""
        key = _images(setup)
        if key not in self._annotations:
            self._annotations[key] = find_annotations(setup.runs, self.roots)
        return self._annotations[key]

    def measurement(
        self, setup: Setup, variant: Variant, shown: Shown, seeds: Iterable[int] | None = None
    ) -> Measurement | None:
        """A score over ``seeds`` (all by default); None where it was not scored, or there is a :meth:`lack`.

        Raises:
            DkpError: if predictions or annotations are damaged, or do not give the score in the record.
        """
        chosen = variant if seeds is None else _with_seeds(variant, frozenset(seeds))
        annotations = self.annotations(setup)
        if annotations is None or self.lack(setup, chosen) or not chosen.measured(shown.protocol, shown.metric):
            return None
        key = (shown.protocol, shown.metric, *(str(run.path) for run in chosen.runs))
        if key not in self._measured:
            draws = self._resampling(setup, annotations)
            self._measured[key] = measure(chosen, annotations, shown.protocol, shown.metric, draws)
        return self._measured[key]

    def change(
        self, setup: Setup, before: Variant, after: Variant, shown: Shown, seeds: Iterable[int]
    ) -> Estimate | None:
        """Relative change from one variant to another over the same seeds, in %; None as for :meth:`measurement`."""
        common = tuple(seeds)
        one, other = (self.measurement(setup, variant, shown, common) for variant in (before, after))
        return percent_change(one.estimate, other.estimate) if one and other else None

    def tiers(self, setup: Setup, variants: Sequence[Variant], shown: Shown) -> dict[str, int]:
        """The tier of each variant by its label, from 1; without those that have no measurement.

        A method of a tier can't be told apart from the tier's best, as ``dkp-bench compare`` has it, corrected for all
        pairs of ``variants``.
        """
        measured = self._measurements(setup, variants, shown)
        if not measured:
            return {}
        ranked = tiers(measured, self._between(setup, measured))
        return {each.variant.label: place for place, tier in enumerate(ranked, start=1) for each in tier}

    def difference(
        self, setup: Setup, variants: Sequence[Variant], one: Variant, other: Variant, shown: Shown
    ) -> Difference | None:
        """``one`` against ``other``, its p corrected for all pairs of ``variants``; None where one has no measurement.

        It is the first minus the second of the two in the order of ``variants``, :class:`Difference` says which.
        """
        between = self._between(setup, self._measurements(setup, variants, shown))
        pairs = ((found, {found.one.variant.label, found.other.variant.label}) for found in between.values())
        return next((found for found, labels in pairs if labels == {one.label, other.label}), None)

    def _measurements(self, setup: Setup, variants: Sequence[Variant], shown: Shown) -> list[Measurement]:
        return [found for variant in variants if (found := self.measurement(setup, variant, shown))]

    def _between(self, setup: Setup, measured: Sequence[Measurement]) -> Differences:
        """All pairs of measurements, each set computed once; measurements stay alive here, so no id is used again."""
        annotations = self.annotations(setup)
        if annotations is None or not measured:
            return {}
        key = tuple(map(id, measured))
        if key not in self._differences:
            self._differences[key] = differences(measured, self._resampling(setup, annotations))
        return self._differences[key]

    def lack(self, setup: Setup, variant: Variant) -> str:
        """Why there is no interval, in words; empty where there can be one."""
        if self.annotations(setup) is None:
            return f"the annotations of {setup.dataset} are not beside its runs"
        if any(run.find(PREDICTIONS) is None for run in variant.runs):
            return f"predictions of {variant.label} on {setup.dataset} are not beside its runs"
        return ""

    def _resampling(self, setup: Setup, annotations: Annotations) -> Resampling:
        return self._resamplings.setdefault(_images(setup), resampling_of(annotations))


def _with_seeds(variant: Variant, seeds: frozenset[int]) -> Variant:
    return replace(variant, runs=tuple(run for run in variant.runs if run.record.identity.seed in seeds))


def _images(setup: Setup) -> Key:
    return setup.dataset, str(setup.identity.image_size), setup.identity.dataset_hash
