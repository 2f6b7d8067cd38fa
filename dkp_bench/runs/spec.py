"""A job: one method on one dataset with one seed, its settings looked up, and so its identity and its folder."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from dkp_bench.datasets.base import Dataset
from dkp_bench.methods import Method, Settings, find_method
from dkp_bench.presets import Profile, own_overrides, preset, settings_hash
from dkp_bench.runs.code_hash import code_hash
from dkp_bench.runs.layout import run_folder
from dkp_bench.runs.schema import NO_DEPTH, NO_NETWORK, SCORES_VERSION, Identity
from dkp_bench.runs.smoke import version
from dkp_bench.training.device import find_device


class Job:
    """What to run; ``code_hash`` changes when the code that trains the method, or one it requires, does.

    Args:
        dataset: prepared, at the profile's image size.
        method: the method's name.
        profile: how much work.
        seed: fixes every random choice.
        runs: folder of all runs.
        overrides: settings that win over the preset, by ``method.key`` or by ``key`` for every method that has it.
        device: name of the torch device, or ``auto``.
        smoke: whether it only shows that everything works, and is no result.

    Raises:
        DkpError: if the method, a setting or the device is unknown, or the dataset lacks the depth maps that the
            method needs.
    """

    def __init__(
        self,
        dataset: Dataset,
        method: str,
        profile: Profile,
        seed: int,
        *,
        runs: Path,
        overrides: Mapping[str, object] | None = None,
        device: str = "auto",
        smoke: bool = False,
    ) -> None:
        self.dataset, self.profile, self.seed, self.runs = dataset, profile, seed, runs
        self.device, self.smoke = find_device(device), smoke
        self.name, self.type = method, find_method(method)
        lack = dataset.why_no_depth() if self.type.needs_depth() else None
        if lack:
            raise lack
        self.overrides = dict(overrides or {})
        self.settings = preset(self.type, dataset.name, profile, own_overrides(self.type, self.overrides))
        self.required = {
            name: Job(dataset, name, profile, seed, runs=runs, overrides=self.overrides, device=device, smoke=smoke)
            for name in self.type.requires
        }
        self.code_hash = code_hash(self._methods)

    def create(self) -> Method:
        """The method, not yet fitted."""
        return self.type(self.settings, self.dataset.size)

    def was_trained_by(self, code: str) -> bool:
        """Whether a code hash, of a record or of a run under way, stands for the code that is here now."""
        return code == self.code_hash

    @property
    def _methods(self) -> list[type[Method]]:
        return [find_method(name) for name in self.all_settings]

    @property
    def all_settings(self) -> dict[str, Settings]:
        """The settings of the method and of those it requires, by name."""
        inherited = {name: settings for job in self.required.values() for name, settings in job.all_settings.items()}
        return {self.name: self.settings, **inherited}

    @cached_property
    def identity(self) -> Identity:
        """Every choice that changes a score."""
        method = self.create()
        return Identity(
            dataset=self.dataset.name,
            dataset_hash=self.dataset.content_hash(),
            image_size=self.dataset.size,
            depth=self.dataset.depth_source if self.type.needs_depth() else NO_DEPTH,
            method=self.name,
            preset_hash=settings_hash(self.all_settings),
            profile=self.profile,
            keypoints=method.keypoints,
            seed=self.seed,
            perceptual=method.resolved.get("perceptual", NO_NETWORK),
            version=version(smoke=self.smoke),
            scores_version=SCORES_VERSION,
        )

    @property
    def folder(self) -> Path:
        """The run's folder; two jobs share one only if their identities are equal."""
        return run_folder(self.runs, self.identity)
