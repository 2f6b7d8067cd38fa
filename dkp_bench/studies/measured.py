"""What is measured of a study: the runs of each of its conditions, found by what they are and not by where they lie."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.required_settings import all_settings
from dkp_bench.analysis.scores import UNSCORED, MetricKey, headline_score
from dkp_bench.methods import find_method
from dkp_bench.presets import dumped_settings_hash
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_NETWORK, UNKNOWN, Identity, SettingValue
from dkp_bench.runs.spec import RunSpec
from dkp_bench.studies.design import Condition, Design, Place, SettingsOf, settings_of

CHANGED = "+"
"""Stands in the name of depth maps that were changed on purpose: a spec that names none means others."""


class RunFinder:
    """Finds the runs of a spec, its seed apart.

    A run is one of a spec if every setting is the same, those of the required methods included. A setting that came
    later than a record has the default it was given then, which is what the code did before.

    Args:
        runs: finished runs of any kind.
        stored: folders of those that count where a seed is there twice: the stored ones.
    """

    def __init__(self, runs: Iterable[Run], stored: Collection[Path] = ()) -> None:
        self._of_method: dict[tuple[str, str, str], list[Run]] = {}
        for run in sorted(runs, key=lambda run: (run.path not in stored, -run.record.identity.scores_version)):
            self._of_method.setdefault(_method_key(run.record.identity), []).append(run)
        self._settings: dict[Path, SettingsOf | None] = {}

    def runs_of(self, spec: RunSpec) -> tuple[Run, ...]:
        """Return the runs of a spec with whatever seeds there are, each seed once, sorted by it."""
        wanted = settings_of(spec)
        found: dict[int, Run] = {}
        for run in self._of_method.get((spec.dataset, spec.profile, spec.method), []):
            identity = run.record.identity
            if identity.image_size == spec.size and _same_depth(spec, identity) and self._same(run, wanted):
                found.setdefault(identity.seed, run)
        return tuple(run for _, run in sorted(found.items()))

    def has(self, spec: RunSpec) -> bool:
        """Return whether there is a run of a spec, with its seed."""
        return any(run.record.identity.seed == spec.seed for run in self.runs_of(spec))

    def _same(self, run: Run, wanted: SettingsOf) -> bool:
        if run.path not in self._settings:
            identity = run.record.identity
            beside = [
                other
                for name in find_method(identity.method).requires
                for other in self._of_method.get((identity.dataset, identity.profile, name), [])
            ]
            known = all_settings(run, beside)
            self._settings[run.path] = known and {name: _with_defaults(name, each) for name, each in known.items()}
        known = self._settings[run.path]
        return known == wanted if known else run.record.identity.preset_hash == dumped_settings_hash(wanted)


@dataclass(frozen=True)
class PlaceResults:
    """What is measured of a study at one place.

    Attributes:
        place: the dataset and profile.
        variants: the runs of each condition that has any; of a method that learns with a network, those of one network.
        key: the score: the dataset's headline.
        intervals: of the scores.
    """

    place: Place
    variants: Mapping[Condition, Variant]
    key: MetricKey
    intervals: Intervals

    def group(self, variant: Variant) -> Group:
        """Return the conditions on the same images as a variant: those that can be told apart image by image."""
        identity = variant.runs[0].record.identity
        same = [each for each in self.variants.values() if _images(each) == _images(variant)]
        return Group(identity, tuple(same))


@dataclass(frozen=True)
class Results:
    """What is measured of a study.

    Attributes:
        design: of the study.
        places: what is measured at each place that the study plans.
        missing: the planned specs that have no run, in their order.
    """

    design: Design
    places: tuple[PlaceResults, ...]
    missing: tuple[RunSpec, ...]

    @property
    def measured(self) -> int:
        """How many of the planned specs have a run."""
        return len(self.design.specs) - len(self.missing)

    def at(self, conditions: Iterable[Condition]) -> list[PlaceResults]:
        """Return what is measured at the places where all of some conditions are planned."""
        wanted = set(conditions)
        return [each for each in self.places if wanted <= self.design.planned[each.place].keys()]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs behind it, each once."""
        every = [run for place in self.places for variant in place.variants.values() for run in variant.runs]
        return tuple({run.path: run for run in every}.values())


def results_of(design: Design, finder: RunFinder, intervals: Intervals) -> Results:
    """Gather what is measured of a study."""
    places = tuple(_at(place, conditions, finder, intervals) for place, conditions in design.planned.items())
    return Results(design, places, tuple(spec for spec in design.specs if not finder.has(spec)))


def _at(
    place: Place, planned: Mapping[Condition, Sequence[RunSpec]], finder: RunFinder, intervals: Intervals
) -> PlaceResults:
    found = {condition: finder.runs_of(specs[0]) for condition, specs in planned.items()}
    kind = _kind(run for runs in found.values() for run in runs)
    kept = {condition: tuple(run for run in runs if _is_of(kind, run)) for condition, runs in found.items()}
    variants = {
        condition: Variant(runs[0].record.identity.method, str(condition), runs)
        for condition, runs in kept.items()
        if runs
    }
    every = tuple(variants.values())
    key = headline_score(Group(every[0].runs[0].record.identity, every)) if every else UNSCORED
    return PlaceResults(place, variants, key, intervals)


def _kind(runs: Iterable[Run]) -> tuple[int, str]:
    """Return the newest scores version and most runs' perceptual network: others may not stand in one table with it."""
    identities = [run.record.identity for run in runs]
    version = max((identity.scores_version for identity in identities), default=0)
    networks = Counter(
        identity.perceptual
        for identity in identities
        if identity.scores_version == version and identity.perceptual not in (NO_NETWORK, UNKNOWN)
    )
    return version, networks.most_common(1)[0][0] if networks else NO_NETWORK


def _is_of(kind: tuple[int, str], run: Run) -> bool:
    version, network = kind
    identity = run.record.identity
    return identity.scores_version == version and identity.perceptual in (network, NO_NETWORK, UNKNOWN)


def _images(variant: Variant) -> tuple[str, int]:
    identity = variant.runs[0].record.identity
    return identity.dataset_hash, identity.image_size


def _method_key(identity: Identity) -> tuple[str, str, str]:
    return identity.dataset, identity.profile, identity.method


def _same_depth(spec: RunSpec, identity: Identity) -> bool:
    if not find_method(spec.method).needs_depth():
        return True
    return identity.depth == spec.depth if spec.depth else CHANGED not in identity.depth


def _with_defaults(method: str, settings: Mapping[str, SettingValue]) -> dict[str, SettingValue]:
    """Return settings with the defaults of those that came later than the record of a run."""
    fields = find_method(method).settings_type.model_fields
    return {name: each.default for name, each in fields.items() if not each.is_required()} | dict(settings)
