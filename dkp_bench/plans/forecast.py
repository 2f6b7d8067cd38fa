"""How long a run will take, from what was measured on this machine: finished runs, and those under way."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from dkp_bench.errors import DkpError
from dkp_bench.methods import Settings, find_method
from dkp_bench.presets import own_overrides, preset
from dkp_bench.runs.layout import CODE_FILE
from dkp_bench.runs.provenance import hardware_name
from dkp_bench.runs.schema import Record
from dkp_bench.runs.spec import BoundRun, RunSpec
from dkp_bench.runs.work_folder import work_folder
from dkp_bench.training.curves import last_step

Kind = tuple[str, int, str, str]
"""Profile, image size, method and settings, steps apart: what decides how long one step takes."""


class Timed(Protocol):
    """What decides how long a run takes: a bound run has it, and a spec whose dataset was not opened."""

    @property
    def spec(self) -> RunSpec:
        """What to run."""

    @property
    def settings(self) -> Settings:
        """The settings of its method."""


@dataclass(frozen=True)
class Unbound:
    """A spec whose dataset was not opened, which may take minutes."""

    spec: RunSpec

    @property
    def settings(self) -> Settings:
        """The settings of its method, by today's presets."""
        kind = find_method(self.spec.method)
        return preset(kind, self.spec.dataset, self.spec.profile, own_overrides(kind, dict(self.spec.overrides)))


@dataclass(frozen=True)
class Pace:
    """What was measured of one kind of run.

    Attributes:
        step: seconds that a training step takes; 0 where nothing is trained.
        rest: seconds that everything else takes: predicting, scoring, drawing.
    """

    step: float
    rest: float


class Forecast:
    """Predicts how long runs take from finished and running ones of the same kind; the latest measurement counts.

    A step takes about as long on one dataset as on another, so a dataset that was not met yet borrows from another.

    Args:
        hardware: what this machine trains on, as :func:`dkp_bench.runs.provenance.hardware_name` says it.
    """

    def __init__(self, hardware: str) -> None:
        self._hardware = hardware
        self._paces: dict[tuple[str, Kind], Pace] = {}

    def learn_run(self, record: Record, rest: float = 0.0) -> None:
        """Learn from a finished run, if it was made on hardware like this machine's.

        Args:
            record: its record; of what is not a step, it has the predicting only.
            rest: seconds seen to pass after its last step, 0 if they were not measured.
        """
        if hardware_name(record.provenance.accelerator, record.provenance.processor) != self._hardware:
            return
        times = record.timings
        step = times.fit_seconds / times.steps if times.steps else 0.0
        recorded = times.predict_seconds if times.steps else times.predict_seconds + times.fit_seconds
        self._learn(record.identity.dataset, _kind_of(record), Pace(step, max(rest, recorded)))

    def learn_step(self, bound: BoundRun, step: float) -> None:
        """Learn from a run under way how many seconds a step takes."""
        known = self._pace(bound)
        self._learn(bound.spec.dataset, _kind(bound), Pace(step, known.rest if known else 0.0))

    def seconds(self, bound: Timed, done: int = 0) -> float | None:
        """Return how long a run will still take after ``done`` steps; None where nothing like it was measured."""
        pace = self._pace(bound)
        return None if pace is None else pace.step * max(steps_of(bound) - done, 0) + pace.rest

    def _learn(self, dataset: str, kind: Kind, pace: Pace) -> None:
        self._paces.pop((dataset, kind), None)  # a dict keeps its order: the latest one stands last
        self._paces[dataset, kind] = pace

    def _pace(self, bound: Timed) -> Pace | None:
        kind = _kind(bound)
        same = [pace for (_, other), pace in self._paces.items() if other == kind]
        return self._paces.get((bound.spec.dataset, kind), same[-1] if same else None)


def steps_of(bound: Timed) -> int:
    """Return how many training steps a run takes, 0 for one that is not trained in steps."""
    steps = bound.settings.model_dump().get("steps", 0)
    return steps if isinstance(steps, int) else 0


def steps_done(bound: BoundRun) -> int:
    """Return how many steps an unfinished run has done; 0 if its code has changed or its metrics cannot be read."""
    try:
        place = work_folder(bound.folder)
        same_code = (place / CODE_FILE).read_bytes() == bound.code_hash.encode()
        return last_step(place) if same_code else 0
    except (OSError, DkpError):  # not started, just cleared by another command, or damaged
        return 0


def _kind(bound: Timed) -> Kind:
    return bound.spec.profile, bound.spec.size, bound.spec.method, _text(bound.settings.model_dump())


def _kind_of(record: Record) -> Kind:
    identity = record.identity
    return identity.profile, identity.image_size, identity.method, _text(dict(record.settings))


def _text(settings: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in settings.items() if key != "steps"}, sort_keys=True)
