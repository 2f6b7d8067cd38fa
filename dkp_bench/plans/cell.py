"""A cell of a plan: one method on one dataset with one seed and its settings."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.methods import find_method
from dkp_bench.presets import IMAGE_SIZE, Profile, own_overrides

if TYPE_CHECKING:
    from dkp_bench.runs.spec import Job

Value = bool | int | float | str


@dataclass(frozen=True)
class Images:
    """Which dataset, at which size, with which depth store (None: the only one there)."""

    dataset: str
    size: int
    depth: str | None = None

    def open(self, cache: Path) -> Dataset:
        """The dataset, not yet prepared; downloaded files are found where the environment says.

        Raises:
            DkpError: if there is no such dataset, or not at that size.
        """
        return open_dataset(self.dataset, self.size, cache=cache, depth=self.depth)


@dataclass(frozen=True)
class Cell:
    """What to run once.

    Attributes:
        dataset: the dataset's name.
        profile: how much work.
        method: a method's name, or ``module:Class``.
        seed: fixes every random choice.
        overrides: settings that win over the preset, as ``(key, value)`` with ``key`` or ``method.key``.
        depth: name of the depth store; None for the only one there.
        smoke: whether it only shows that everything works, and is no result.
    """

    dataset: str
    profile: Profile
    method: str
    seed: int = 0
    overrides: tuple[tuple[str, Value], ...] = ()
    depth: str | None = None
    smoke: bool = False

    @property
    def name(self) -> str:
        """The cell in one line, for a reader."""
        settings = "".join(f", {key}={value}" for key, value in self.overrides)
        smoke = ", smoke run" if self.smoke else ""
        return f"{self.method} on {self.dataset}, {self.profile}, seed {self.seed}{settings}{smoke}"

    @property
    def images(self) -> Images:
        """What it trains on."""
        return Images(self.dataset, IMAGE_SIZE[self.profile], self.depth)

    def required(self) -> list["Cell"]:
        """The cells that must be finished first."""
        return [replace(self, method=name).concise() for name in find_method(self.method).requires]

    def concise(self) -> "Cell":
        """The same cell without overrides that concern neither its method nor those it requires."""
        return replace(self, overrides=tuple(item for item in self.overrides if _concerns(item, self.method)))

    def job(self, dataset: Dataset, runs: Path, device: str = "cpu") -> "Job":
        """The job to run.

        Args:
            dataset: what :attr:`images` opens, prepared.
            runs: folder of all runs.
            device: name of the torch device; it changes neither identity nor folder.

        Raises:
            DkpError: as :class:`dkp_bench.runs.spec.Job`.
        """
        from dkp_bench.runs.spec import Job

        return Job(
            dataset,
            self.method,
            self.profile,
            self.seed,
            runs=runs,
            overrides=dict(self.overrides),
            device=device,
            smoke=self.smoke,
        )


def _concerns(override: tuple[str, Value], method: str) -> bool:
    kind = find_method(method)
    return bool(own_overrides(kind, dict([override]))) or any(_concerns(override, name) for name in kind.requires)
