"""What is measured of a study: the runs of each of its conditions, place by place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.scores import UNSCORED, MetricKey, headline_score
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.runs.predictions import run_predictions
from dkp_bench.runs.provenance import hardware_name
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_NETWORK, UNKNOWN
from dkp_bench.runs.spec import RunSpec
from dkp_bench.studies.design import Condition, Design, Place
from dkp_bench.studies.finder import RunFinder
from dkp_bench.text import counted, joined

EDGE = 2.0
"""Length of the image's edge: coordinates go from −1 to 1."""


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

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the numbers must know: presets that have changed since, runs of several processors."""
        changed = "made with presets that have changed since: the cells of the study are due again"
        every = [run.record.provenance for variant in self.variants.values() for run in variant.runs if variant.learns]
        machines = Counter(hardware_name(each.accelerator, each.processor) for each in every)
        trained = joined([f"{name} ({counted(count, 'run')})" for name, count in machines.most_common()])
        mixed = f"trained on {trained}: each rounds in its own way, and a seed gives another training on each"
        return (*(() if self.today else (changed,)), *((mixed,) if len(machines) > 1 else ()))

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


def distance_to_teacher(condition: Condition, at: PlaceResults) -> SeedScores | None:
    """Return how far keypoints are from the teacher's on the scored images, in % of the edge.

    It is a mean over images and keypoints, for each seed that both have; None where there is no teacher, where
    predictions are not there, or where the two differ in K.

    Raises:
        DkpError: if predictions are damaged.
    """
    if condition not in at.required:
        return None
    guides = {run.record.identity.seed: run for run in at.required[condition].runs}
    pairs = [(run, guides[seed]) for run in at.variants[condition].runs if (seed := run.record.identity.seed) in guides]
    found = [away for student, teacher in pairs if (away := _distance(student, teacher)) is not None]
    return SeedScores(tuple(found)) if found and len(found) == len(pairs) else None


def _distance(student: Run, teacher: Run) -> float | None:
    if student.find(PREDICTIONS) is None or teacher.find(PREDICTIONS) is None:
        return None
    one, other = run_predictions(student).test, run_predictions(teacher).test
    if one.shape != other.shape:
        return None
    return 100 / EDGE * float(np.linalg.norm(one - other, axis=-1).mean())
