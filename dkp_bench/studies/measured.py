"""What is measured of a study: the runs of each of its conditions, found by what they are and not by where they lie."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.required_settings import all_settings
from dkp_bench.analysis.scores import UNSCORED, MetricKey, headline_score
from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.methods import find_method
from dkp_bench.presets import IMAGE_SIZE, dumped_settings_hash, own_overrides
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_DEPTH, NO_NETWORK, UNKNOWN, Identity
from dkp_bench.runs.spec import RunSpec, Value
from dkp_bench.studies.design import Condition, Design, Place, SettingsOf, settings_of

CHANGED = "+"
"""Stands in the name of depth maps that were changed on purpose: a spec that names none means others."""


@dataclass(frozen=True)
class Base:
    """Settings that a spec's are told from, with the size of the images and the depth maps they were used on."""

    settings: SettingsOf
    size: int
    depth: str


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
        for run in sorted(runs, key=lambda run: (run.path not in stored, run.record.provenance.started)):
            self._of_method.setdefault(_method_key(run.record.identity), []).append(run)
        self._settings: dict[int, SettingsOf | None] = {}  # by the id of a run, which lives as long as the finder

    def runs_of(self, spec: RunSpec, base: Base | None = None) -> tuple[Run, ...]:
        """Return the runs of a spec with whatever seeds there are, each seed once, sorted by it.

        Args:
            spec: what to look for.
            base: what its settings are told from in place of today's presets.
        """
        wanted = settings_of(spec) if base is None else _with_overrides(base.settings, dict(spec.overrides))
        size = spec.size if base is None or spec.size != IMAGE_SIZE[spec.profile] else base.size
        found: dict[int, Run] = {}
        for run in self._of_method.get((spec.dataset, spec.profile, spec.method), []):
            identity = run.record.identity
            of_images = (identity.split, identity.image_size) == (spec.split, size) and _same_depth(
                spec, identity, base
            )
            if of_images and self._same(run, wanted):
                found.setdefault(identity.seed, run)
        return tuple(run for _, run in sorted(found.items()))

    def has(self, spec: RunSpec) -> bool:
        """Return whether there is a run of a spec, with its seed."""
        return any(run.record.identity.seed == spec.seed for run in self.runs_of(spec))

    def base_of(self, place: Place, method: str) -> Base | None:
        """Return what most seeds of a method were run with at a place, without overrides where any were; None if none.

        It is what the presets gave before they were changed.
        """
        runs = self._of_method.get((place.dataset, place.profile, method), [])
        plain = [run for run in runs if not run.record.overrides] or runs
        pairs = [(run.record.identity, known) for run in plain if (known := self._known(run))]
        bases = [Base(known, identity.image_size, identity.depth) for identity, known in pairs]
        return max(bases, key=bases.count, default=None)  # of equally many, the one that was met first

    def _known(self, run: Run) -> SettingsOf | None:
        """Return the settings of a run with those of the methods it requires; None where they cannot be known."""
        if id(run) not in self._settings:
            identity = run.record.identity
            beside = [
                other
                for name in find_method(identity.method).requires
                for other in self._of_method.get((identity.dataset, identity.profile, name), [])
            ]
            self._settings[id(run)] = all_settings(run, beside)
        return self._settings[id(run)]

    def _same(self, run: Run, wanted: SettingsOf) -> bool:
        known = self._known(run)
        if known is None:  # of a record of 0.1.0, only a hash may be known
            return run.record.identity.preset_hash == dumped_settings_hash(wanted)
        return _with_defaults(known) == _with_defaults(wanted)


@dataclass(frozen=True)
class PlaceResults:
    """What is measured of a study at one place.

    Attributes:
        place: the dataset and profile.
        variants: the runs of each condition that has any; of methods that learn with a network, those of one network.
        required: the runs of the method that each condition's method requires, where it was scored: its teacher.
        key: the score: the dataset's headline.
        intervals: of the scores.
        today: whether the settings are those of today's presets; else the presets have changed since.
    """

    place: Place
    variants: Mapping[Condition, Variant]
    required: Mapping[Condition, Variant]
    key: MetricKey
    intervals: Intervals
    today: bool = True

    @cached_property
    def tiers(self) -> dict[Condition, int]:
        """The tier of each condition, from 1; conditions on other images than most of them are left out."""
        if not self.variants:
            return {}
        groups = [self.group(variant) for variant in self.variants.values()]
        largest = max(groups, key=lambda group: len(group.variants))
        found = self.intervals.tiers(largest, largest.variants, self.key) if len(largest.variants) > 1 else {}
        return {c: found[v.label] for c, v in self.variants.items() if v.label in found}

    def group(self, variant: Variant) -> Group:
        """Return the conditions on the same images as a variant: those that can be told apart image by image."""
        identity = variant.runs[0].record.identity
        same = [each for each in self.variants.values() if _images(each) == _images(variant)]
        return Group(identity, tuple(same))


@dataclass(frozen=True)
class StudyResults:
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
        """Return what is measured at the places that are reported and where all of some conditions are planned."""
        wanted, places = set(conditions), self.design.reported
        return [
            each for each in self.places if each.place in places and wanted <= self.design.planned[each.place].keys()
        ]

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs behind it, each once."""
        every = [run for place in self.places for variant in place.variants.values() for run in variant.runs]
        return tuple({run.path: run for run in every}.values())


def results_of(design: Design, finder: RunFinder, intervals: Intervals) -> StudyResults:
    """Gather what is measured of a study at the places that it plans."""
    places = tuple(measured_at(place, design, finder, intervals) for place in design.planned)
    return StudyResults(design, places, tuple(spec for spec in design.specs if not finder.has(spec)))


def measured_at(place: Place, design: Design, finder: RunFinder, intervals: Intervals) -> PlaceResults:
    """Gather what is measured of a study at one place, which it need not plan: a study may be run elsewhere too."""
    specs = design.specs_at(place)
    found = {condition: finder.runs_of(spec) for condition, spec in specs.items()}
    today = any(found.values())
    if not today:
        bases = {spec.method: finder.base_of(place, spec.method) for spec in specs.values()}
        found = {c: finder.runs_of(spec, base) if (base := bases[spec.method]) else () for c, spec in specs.items()}
    kind = _kind([run for runs in found.values() for run in runs])
    kept = {condition: tuple(run for run in runs if _is_of(kind, run)) for condition, runs in found.items()}
    variants = {c: Variant(runs[0].record.identity.method, str(c), runs) for c, runs in kept.items() if runs}
    required = {c: teacher for c in variants if today and (teacher := _required(specs[c], kind, finder))}
    every = tuple(variants.values())
    key = headline_score(Group(every[0].runs[0].record.identity, every)) if every else UNSCORED
    return PlaceResults(place, variants, required, key, intervals, today)


def _required(spec: RunSpec, kind: tuple[int, str], finder: RunFinder) -> Variant | None:
    """Return the runs of the one method that a spec's method requires; None where there are none, or several."""
    found = [(one, tuple(run for run in finder.runs_of(one) if _is_of(kind, run))) for one in spec.required()]
    return Variant(found[0][0].method, found[0][0].name, found[0][1]) if len(found) == 1 and found[0][1] else None


def _kind(runs: Sequence[Run]) -> tuple[int, str]:
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


def _same_depth(spec: RunSpec, identity: Identity, base: Base | None) -> bool:
    if not find_method(spec.method).needs_depth():
        return True
    wanted = spec.depth or (base.depth if base else _only_depth(spec.dataset, spec.size))
    return identity.depth == wanted if wanted else CHANGED not in identity.depth


@cache
def _only_depth(dataset: str, size: int) -> str:
    """Return the depth maps that a dataset gives where none are named; empty where its files are not here to tell."""
    try:
        found = open_dataset(dataset, size).depth_source
    except DkpError:
        return ""
    return "" if found == NO_DEPTH else found


def _with_overrides(settings: SettingsOf, overrides: Mapping[str, Value]) -> SettingsOf:
    return {name: {**each, **own_overrides(find_method(name), overrides)} for name, each in settings.items()}  # type: ignore[dict-item]


def _with_defaults(settings: SettingsOf) -> SettingsOf:
    """Return settings with the defaults of those that came later than the record of a run."""
    fields = {name: find_method(name).settings_type.model_fields for name in settings}
    defaults = {name: {key: each.default for key, each in known.items()} for name, known in fields.items()}
    return {name: {**defaults[name], **each} for name, each in settings.items()}
