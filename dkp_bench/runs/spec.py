"""What to run: a :class:`RunSpec` describes one run by names and numbers, a :class:`BoundRun` is that on a dataset.

A spec is small, hashable and sent between processes; a plan is a list of them. Bound to its prepared dataset it has
settings, a code hash, an identity and so a folder. Reading specs imports no PyTorch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dkp_bench.datasets import Dataset, ScoredSplit, open_dataset
from dkp_bench.methods import Method, Settings, find_method
from dkp_bench.presets import IMAGE_SIZE, Profile, own_overrides, preset, settings_hash
from dkp_bench.runs.code_hash import code_hash
from dkp_bench.runs.layout import run_folder
from dkp_bench.runs.schema import NO_DEPTH, NO_NETWORK, SCORES_VERSION, Identity
from dkp_bench.runs.smoke import version

Value = bool | int | float | str
Overrides = tuple[tuple[str, Value], ...]

DatasetKey = tuple[str, int, str | None, ScoredSplit]
"""Name, image size, depth store and scored images: specs with the same key train on the same images."""


@dataclass(frozen=True)
class RunSpec:
    """One method on one dataset with one seed: everything that decides a run's scores, but for code and data.

    Attributes:
        dataset: the dataset's name.
        method: a method's name, or ``module:Class``.
        profile: how much work.
        seed: fixes every random choice.
        overrides: settings that win over the preset, as ``(key, value)`` with ``key`` or ``method.key``.
        size: side of the images in pixels; 0, the default, becomes the profile's.
        depth: name of the depth store; None for the only one there.
        smoke: whether it only shows that everything works, and is no result.
        split: the images that it is scored on: ``test``, or ``val`` to choose settings; then ``test`` is never read.

    >>> spec = RunSpec("mannequin", "autolink", overrides=(("gamma", 0.4),))
    >>> spec.name
    'autolink on mannequin, tiny, seed 0, gamma=0.4'
    >>> spec == RunSpec("mannequin", "autolink", overrides=(("gamma", 0.4),), size=64)
    True
    >>> RunSpec("mannequin", "autolink", size=32).name
    'autolink on mannequin at 32 px, tiny, seed 0'
    """

    dataset: str
    method: str
    profile: Profile = "tiny"
    seed: int = 0
    overrides: Overrides = ()
    size: int = 0
    depth: str | None = None
    smoke: bool = False
    split: ScoredSplit = "test"

    def __post_init__(self) -> None:
        # A spec that names the profile's size and one that names none are the same run, so they must be equal.
        object.__setattr__(self, "size", self.size or IMAGE_SIZE[self.profile])

    @property
    def name(self) -> str:
        """The spec in one line, for a reader; a size is named only where it is not the profile's."""
        size = f" at {self.size} px" if self.size != IMAGE_SIZE[self.profile] else ""
        settings = "".join(f", {key}={value}" for key, value in self.overrides)
        smoke = ", smoke run" if self.smoke else ""
        depth = f", depth {self.depth}" if self.depth else ""
        split = ", scored on val" if self.split == "val" else ""
        return f"{self.method} on {self.dataset}{size}, {self.profile}, seed {self.seed}{settings}{depth}{split}{smoke}"

    @property
    def dataset_key(self) -> DatasetKey:
        """What decides which images it trains on."""
        return self.dataset, self.size, self.depth, self.split

    def open_dataset(self, cache: Path, data: Path | None = None) -> Dataset:
        """Return its dataset, not yet prepared.

        Args:
            cache: folder for derived files.
            data: folder with the downloaded files; where the environment says if None.

        Raises:
            DkpError: if there is no such dataset, or not at that size.
        """
        return open_dataset(self.dataset, self.size, cache=cache, data=data, depth=self.depth, scored=self.split)

    def required(self) -> list["RunSpec"]:
        """Return the specs that must be finished first."""
        return [replace(self, method=name).concise() for name in find_method(self.method).requires]

    def concise(self) -> "RunSpec":
        """Return the same spec without overrides that concern neither its method nor those it requires."""
        return replace(self, overrides=tuple(item for item in self.overrides if _concerns(item, self.method)))

    def bind(self, dataset: Dataset, runs: Path, device: str = "auto") -> "BoundRun":
        """Return the run on its dataset; see :class:`BoundRun`."""
        return BoundRun(self, dataset, runs, device)


class BoundRun:
    """A spec on its dataset: what it takes to train it, and where it goes.

    Attributes:
        spec: what to run.
        dataset: what :meth:`RunSpec.open_dataset` gave; prepared, before the identity is asked for.
        runs: folder of all runs.
        device: the torch device to train on; it changes neither identity nor folder.
        settings: the method's, for this dataset and profile.
        required: the runs that must be finished first, by their methods' names.
        code_hash: changes when the code that trains the method, or one it requires, does.

    Raises:
        DkpError: if the method, a setting or the device is unknown, or the dataset lacks the depth maps that the
            method needs.
    """

    def __init__(self, spec: RunSpec, dataset: Dataset, runs: Path, device: str = "auto") -> None:
        from dkp_bench.training.device import find_device  # imports PyTorch, which reading a plan does without

        self.spec, self.dataset, self.runs, self.device = spec, dataset, runs, find_device(device)
        self.type = find_method(spec.method)
        no_depth = dataset.why_no_depth() if self.type.needs_depth() else None
        if no_depth:
            raise no_depth
        self.settings = preset(self.type, dataset.name, spec.profile, own_overrides(self.type, dict(spec.overrides)))
        self.required = {one.method: one.bind(dataset, runs, device) for one in spec.required()}
        self.code_hash = code_hash(self._methods)

    def create(self) -> Method:
        """Return the method, not yet fitted."""
        return self.type(self.settings, self.dataset.size)

    @property
    def _methods(self) -> list[type[Method]]:
        return [find_method(name) for name in self.all_settings]

    @property
    def all_settings(self) -> Mapping[str, Settings]:
        """The settings of the method and of those it requires, by name."""
        inherited = {name: settings for one in self.required.values() for name, settings in one.all_settings.items()}
        return {self.spec.method: self.settings, **inherited}

    @cached_property
    def identity(self) -> Identity:
        """Every choice that changes a score."""
        method = self.create()
        return Identity(
            dataset=self.dataset.name,
            dataset_hash=self.dataset.content_hash(),
            image_size=self.dataset.size,
            depth=self.dataset.depth_source if self.type.needs_depth() else NO_DEPTH,
            method=self.spec.method,
            preset_hash=settings_hash(self.all_settings),
            profile=self.spec.profile,
            keypoints=method.keypoints,
            seed=self.spec.seed,
            perceptual=method.resolved.get("perceptual", NO_NETWORK),
            version=version(smoke=self.spec.smoke),
            scores_version=SCORES_VERSION,
            split=self.dataset.scored,
        )

    @property
    def folder(self) -> Path:
        """The run's folder; two runs share one only if their identities are equal."""
        return run_folder(self.runs, self.identity)


def _concerns(override: tuple[str, Value], method: str) -> bool:
    kind = find_method(method)
    return bool(own_overrides(kind, dict([override]))) or any(_concerns(override, name) for name in kind.requires)
