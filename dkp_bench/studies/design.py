"""The design of a study: which arms it has at which levels, on which datasets, and the specs of each."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from dkp_bench.datasets import ScoredSplit
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.methods import find_method
from dkp_bench.presets import IMAGE_SIZE, find_profile, own_overrides, preset
from dkp_bench.runs.cells import CellTable, flat, planned_specs
from dkp_bench.runs.spec import RunSpec, Value
from dkp_bench.studies.language import Claim, Term, level_name
from dkp_bench.studies.study import Arm, Axis, Hypothesis, Study
from dkp_bench.text import counted

DEPTH, SIZE = "depth", "size"
"""What an axis varies that is no setting."""

LEAST_LEVELS = 4
"""Levels without which a correlation over them says nothing."""

SettingsOf = Mapping[str, Mapping[str, Value]]
"""The settings of a method and of those it requires, by the methods' names."""


@dataclass(frozen=True)
class Place:
    """A dataset at a profile, scored on one split: conditions are compared within one."""

    dataset: str
    profile: str
    split: ScoredSplit = "test"

    def __str__(self) -> str:
        scored = "" if self.split == "test" else f", scored on {self.split}"
        return f"{self.dataset}, {self.profile} profile{scored}"


@dataclass(frozen=True)
class Condition:
    """An arm at a level of each axis.

    Attributes:
        arm: the arm.
        levels: a value for each axis; None for one that does not concern the arm.
    """

    arm: str
    levels: tuple[Value | None, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The levels that concern it, as hypotheses name them."""
        return tuple(level_name(level) for level in self.levels if level is not None)

    def __str__(self) -> str:
        return str(Term(self.arm, self.names))


@dataclass(frozen=True)
class Design:
    """A study's arms at their levels, and the specs that they stand for.

    Attributes:
        study: the study.
        specs: all that it plans, in the order in which they are run.
        planned: at each place the specs of each condition, a seed each.
        levels: of each axis, in the order in which they are shown.
    """

    study: Study
    specs: tuple[RunSpec, ...]
    planned: Mapping[Place, Mapping[Condition, tuple[RunSpec, ...]]]
    levels: tuple[tuple[Value, ...], ...] = field(default=())

    @property
    def reported(self) -> list[Place]:
        """The places that hypotheses are judged at: settings may have been chosen at the others."""
        return [place for place in self.planned if place.split == self.study.reports]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition that is planned anywhere: arm by arm, in the order of their levels."""
        arms = [arm.name for arm in self.study.arm]
        order = [{level: place for place, level in enumerate(levels)} for levels in self.levels]

        def place(condition: Condition) -> tuple[int, ...]:
            pairs = zip(order, condition.levels, strict=True)
            return (arms.index(condition.arm), *(-1 if level is None else known[level] for known, level in pairs))

        every = {condition for conditions in self.planned.values() for condition in conditions}
        return tuple(sorted(every, key=place))

    def specs_at(self, place: Place) -> dict[Condition, RunSpec]:
        """Return a spec of each condition at a place: those planned elsewhere where nothing is planned there."""
        if place in self.planned:
            return {condition: specs[0] for condition, specs in self.planned[place].items()}
        every = {c: specs[0] for conditions in self.planned.values() for c, specs in conditions.items()}
        return {condition: _moved(spec, place) for condition, spec in every.items()}

    def title(self, condition: Condition) -> str:
        """Return what tables call a condition: the label of its arm, and its levels."""
        label = self.study.named_arm(condition.arm).title
        pairs = zip(self.study.axis, condition.levels, strict=True) if len(self.of_arm(condition.arm)) > 1 else ()
        return ", ".join([label, *(_said(axis, level) for axis, level in pairs if level is not None)])

    def reference_of(self, condition: Condition) -> Condition | None:
        """Return the condition that changes are told against: at the same levels, or the only one of its arm."""
        others = self.of_arm(self.study.against)
        found = [each for each in others if each.names == condition.names or len(others) == 1]
        return found[0] if found and found[0] != condition else None

    def of_arm(self, arm: str) -> tuple[Condition, ...]:
        """Return the conditions of an arm, in the order of their levels."""
        return tuple(condition for condition in self.conditions if condition.arm == arm)

    def find(self, term: Term) -> Condition:
        """Return the condition that a term of a hypothesis names.

        Raises:
            DkpError: if there is none, or the term leaves open which of several it is.
        """
        known = self.of_arm(term.arm)
        if not term.levels and len(known) > 1:
            names = ", ".join(map(str, known[:3]))
            raise DkpError(f"{term.arm} is there at {len(known)} levels", f"name one, such as {names}")
        # An arm that no axis concerns is the same at each level, so it may be named with any.
        found = [each for each in known if not each.names or each.names == term.levels or not term.levels]
        if not found:
            raise unknown_name("condition", str(term), [str(each) for each in known] or ["none: no cells run it"])
        return found[0]

    def claims_of(self, hypothesis: Hypothesis) -> list[Claim]:
        """Return what must hold; a claim about every level once for each at which all that it speaks of is planned."""
        names = dict.fromkeys(level_name(level) for levels in self.levels for level in levels)
        found = []
        for claim in hypothesis.claims:
            turns = [claim.at(name) for name in names] if claim.every else [claim]
            planned = [each for each in turns if all(map(self._is_planned, each.terms))] if claim.every else turns
            if not planned:
                raise DkpError(f"{claim}: there is no level at which all of its arms are planned")
            found += planned
        return found

    def conditions_of(self, claim: Claim) -> tuple[Condition, ...]:
        """Return the condition of each term of a claim; where one arm follows another, both at each level, in turn.

        Raises:
            DkpError: if there is no such condition, or too few levels for one arm to follow another.
        """
        if claim.relation != "follows":
            return tuple(self.find(term) for term in claim.terms)
        one, other = ({each.names: each for each in self.of_arm(term.arm)} for term in claim.terms)
        common = [names for names in one if names in other]
        if len(common) < LEAST_LEVELS:
            problem = f"{claim}: the two arms have {len(common)} levels in common, too few for a correlation"
            raise DkpError(problem, f"plan {LEAST_LEVELS} or more")
        return tuple(arm[names] for names in common for arm in (one, other))

    def _is_planned(self, term: Term) -> bool:
        return any(not each.names or each.names == term.levels or not term.levels for each in self.of_arm(term.arm))


def design_of(study: Study, where: str = "the study") -> Design:
    """Return the design of a study.

    Args:
        study: as its file describes it.
        where: the file, for the error.

    Raises:
        DkpError: if a dataset, method or setting is unknown, no cells run an arm, or a hypothesis names a level that is
            not there.
    """
    try:
        specs = planned_specs(study.cells)
        planned: dict[Place, dict[Condition, dict[RunSpec, None]]] = {}
        for table in study.cells:
            for dataset, condition, spec in _conditions(study, table):
                found = planned.setdefault(Place(dataset, table.profile, table.split), {}).setdefault(condition, {})
                found |= dict.fromkeys(replace(spec, seed=seed) for seed in table.seeds)
        fixed = {place: {c: tuple(each) for c, each in found.items()} for place, found in planned.items()}
        made = Design(study, tuple(specs), fixed, _levels(study, fixed))
        _check(made)
    except DkpError as error:
        raise DkpError(f"{where}: {error.problem}", error.hint) from error
    return made


def _moved(spec: RunSpec, place: Place) -> RunSpec:
    """Return a spec at another place, at the size of its own or, where it has none, of the profile there."""
    size = 0 if spec.size == IMAGE_SIZE[spec.profile] else spec.size
    return replace(spec, dataset=place.dataset, profile=find_profile(place.profile), size=size, split=place.split)


def settings_of(spec: RunSpec) -> SettingsOf:
    """Return the settings of a spec's method and of those it requires, by today's presets."""
    own = _settings(spec.dataset, spec.method, spec.profile, spec.overrides)
    return {spec.method: own} | {name: each for one in spec.required() for name, each in settings_of(one).items()}


@cache
def _settings(dataset: str, method: str, profile: str, overrides: tuple[tuple[str, Value], ...]) -> Mapping[str, Value]:
    kind = find_method(method)
    return preset(kind, dataset, find_profile(profile), own_overrides(kind, dict(overrides))).model_dump()


def _conditions(study: Study, table: CellTable) -> Iterator[tuple[str, Condition, RunSpec]]:
    """Yield each dataset of a table with each condition that it runs there, and a spec of that."""
    every = itertools.product(table.datasets, table.variations(), table.depths, table.sizes or [0])
    for dataset, variation, depth, size in every:
        bare = RunSpec(dataset, "", find_profile(table.profile), size=size, depth=depth, split=table.split)
        varied = {axis.varies: variation[axis.varies] for axis in study.axis if axis.varies in variation}
        for arm in (arm for arm in study.arm if arm.method in table.methods and _is_given(arm, depth, study)):
            planned, own = (
                replace(bare, method=arm.method, overrides=tuple(settings.items())).concise()
                for settings in (variation, dict(flat(arm.settings)) | varied)
            )
            # Settings are compared by their values: an arm may name a preset's value that the table leaves out.
            if settings_of(planned) == settings_of(own):
                yield dataset, Condition(arm.name, tuple(_level(axis, planned) for axis in study.axis)), planned


def _is_given(arm: Arm, depth: str | None, study: Study) -> bool:
    """Return whether an arm is given depth maps of that name, None for the only ones there, or sees none at all."""
    free = not find_method(arm.method).needs_depth() or any(axis.varies == DEPTH for axis in study.axis)
    return free or (arm.depth or None) == depth


def _level(axis: Axis, spec: RunSpec) -> Value | None:
    """Return the level of a spec on an axis; None where that does not concern its method."""
    if axis.varies == SIZE:
        return spec.size
    if axis.varies == DEPTH:
        return spec.depth if find_method(spec.method).needs_depth() else None
    if axis.times and not find_method(spec.method).learns:
        return None  # what is never trained has seen no images
    settings = settings_of(spec)
    owner, dot, key = axis.varies.rpartition(".")
    asked = [owner] if dot else list(settings)
    return next((settings[name][key] for name in asked if key in settings.get(name, {})), None)


def _levels(study: Study, planned: Mapping[Place, Mapping[Condition, object]]) -> tuple[tuple[Value, ...], ...]:
    """Return the levels of each axis: in the order of the file for categories, else by size."""
    found = []
    for place, axis in enumerate(study.axis):
        every = [condition.levels[place] for conditions in planned.values() for condition in conditions]
        levels = list(dict.fromkeys(level for level in every if level is not None))
        named = list(axis.levels)
        if axis.levels:
            missing = [name for name in named if name not in map(level_name, levels)]
            extra = [level_name(level) for level in levels if level_name(level) not in named]
            if missing or extra:
                problem = f"axis {axis.name}: it names the levels {', '.join(named)}"
                raise DkpError(problem, f"the cells have {', '.join(map(level_name, levels)) or 'none'}")
            levels.sort(key=lambda level: named.index(level_name(level)))
        elif axis.scale != "category":
            if not all(isinstance(level, int | float) for level in levels):
                raise DkpError(f"axis {axis.name}: a level is no number", 'give it scale = "category"')
            levels.sort()
        found.append(tuple(levels))
    return tuple(found)


def _check(design: Design) -> None:
    """Refuse arms that nothing runs, and hypotheses about conditions that are not there."""
    for arm in design.study.arm:
        if not design.of_arm(arm.name):
            raise DkpError(f"no [[cells]] run the arm {arm.name}", f"plan {_in_words(arm)} in one")
    for hypothesis in design.study.hypothesis:
        for claim in design.claims_of(hypothesis):
            wanted = set(design.conditions_of(claim))
            asked = [place for place in design.reported if hypothesis.asks_of(place.dataset)]
            places = sum(wanted <= design.planned[place].keys() for place in asked)
            if places < (1 if hypothesis.where == "all" else hypothesis.where):
                problem = f"{claim} is planned in {counted(places, 'place')}"
                raise DkpError(f"{problem}, and the hypothesis {hypothesis.name} asks for {hypothesis.where}")


def _said(axis: Axis, level: Value) -> str:
    name = level_name(level)
    return name if axis.scale == "category" else f"{axis.name} {name}"


def _in_words(arm: Arm) -> str:
    settings = "".join(f", {key}={level_name(value)}" for key, value in flat(arm.settings))
    return f"{arm.method}{settings}"
