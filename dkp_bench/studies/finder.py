"""The runs of a spec, found by what they are and not by where they lie."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dkp_bench.analysis.required_settings import all_settings
from dkp_bench.datasets import open_dataset
from dkp_bench.datasets.depth_sources import without_digits
from dkp_bench.depth.corruption import THEN
from dkp_bench.errors import DkpError
from dkp_bench.methods import find_method
from dkp_bench.presets import IMAGE_SIZE, dumped_settings_hash, own_overrides
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_DEPTH, Identity
from dkp_bench.runs.spec import RunSpec, Value
from dkp_bench.studies.design import Place, SettingsOf, settings_of


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
        """Return what most seeds of a method were run with at a place without overrides; None if none was.

        It is what the presets gave before they were changed.
        """
        runs = self._of_method.get((place.dataset, place.profile, method), [])
        plain = [run for run in runs if not run.record.overrides and run.record.identity.split == place.split]
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


def _method_key(identity: Identity) -> tuple[str, str, str]:
    return identity.dataset, identity.profile, identity.method


def _same_depth(spec: RunSpec, identity: Identity, base: Base | None) -> bool:
    if not find_method(spec.method).needs_depth():
        return True
    wanted = spec.depth or (base.depth if base else _only_depth(spec.dataset, spec.size))
    return wanted in (identity.depth, without_digits(identity.depth)) if wanted else THEN not in identity.depth


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
