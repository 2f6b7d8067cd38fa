"""The record of a run: what was run, by which code, where, and what came out."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, FiniteFloat, field_validator, model_validator

from dkp_bench.datasets.splits import ScoredSplit
from dkp_bench.errors import printable
from dkp_bench.scoring import Score
from dkp_bench.strict import StrictModel

SCHEMA_VERSION: Final = 2
SCORES_VERSION: Final = 1
"""Raised by one with a change that moves a score of any built-in method or protocol, and with nothing else.

Runs of other scores versions stand in other tables and folders, and are due again; a release that moves no score leaves
all of them as they are. Which code trained a run is known from its code hash.
"""
FIRST_VERSION: Final = "0.1.0"
"""The version of dkp-bench that scores version 1 came with; what it named by its version keeps that name."""
SMOKE: Final = "+smoke"
"""Ends the version in the identity of a run that is no result: :mod:`dkp_bench.runs.smoke`."""
UNKNOWN: Final = "unknown"
"""Stands for what was chosen elsewhere: training code, perceptual network and depth maps of predictions made there."""
NO_DEPTH: Final = "none"
"""``Identity.depth`` of a method that sees no depth maps."""
NO_NETWORK: Final = "none"
"""``Identity.perceptual`` of a method whose training uses no perceptual network."""
NO_GPU: Final = "none"
"""``Provenance.accelerator`` of a run on a CPU."""
NO_TRAINING: Final = "none"
"""``Provenance.precision`` of a method that computes nothing while it is fitted."""

SettingValue = bool | int | FiniteFloat | str


class Identity(StrictModel):
    """Every choice that changes a score; :func:`dkp_bench.runs.signature.signature` writes it as one line."""

    dataset: str
    dataset_hash: str = Field(description="content hash of images and labels")
    image_size: int = Field(gt=0)
    depth: str = Field(description="what the depth maps are that the method saw, 'none' where it saw none")
    method: str
    preset_hash: str = Field(description="hash of the settings, those of the required methods included")
    profile: Literal["tiny", "laptop", "small", "paper"]
    keypoints: int = Field(gt=0)
    seed: int = Field(ge=0)
    perceptual: str = Field(description="perceptual network and its weights, 'none' where nothing is trained")
    version: str = Field(description="version of dkp-bench, which by itself sets no two runs apart")
    scores_version: int = Field(1, ge=1, description="raised when a score moves; records of 0.1.0 lack it")
    split: ScoredSplit = Field("test", description="images that were scored: test, or val where settings are chosen")

    @field_validator("*", mode="after")
    @classmethod
    def _check_text(cls, value: object) -> object:
        _require_printable([value] if isinstance(value, str) else [])
        return value

    @property
    def smoke(self) -> bool:
        """True for a smoke run, which is no result."""
        return self.version.endswith(SMOKE)

    @property
    def later_fields(self) -> dict[str, Any]:
        """The fields that records of 0.1.0 lack, where they do not say what was true of every run then."""
        later = {"scores_version": (self.scores_version, 1), "split": (self.split, "test")}
        return {name: value for name, (value, first) in later.items() if value != first}

    @property
    def choices(self) -> dict[str, Any]:
        """All that two records of the same run share: every field but the version, and whether it is smoke."""
        return self.model_dump(exclude={"version"}) | {"smoke": self.smoke}

    @property
    def scores_label(self) -> str:
        """A word for the scores version in names of folders and links: ``0.1.0`` for the first, as 0.1.0 had it."""
        label = FIRST_VERSION if self.scores_version == 1 else f"scores-{self.scores_version}"
        return f"{label}{SMOKE if self.smoke else ''}"


class Provenance(StrictModel):
    """The code, machine and packages that computed a run."""

    git_commit: str = Field(description="'unknown' outside a checkout")
    git_clean: bool | None
    code_hash: str = Field(description="hash of the code that trained; a change makes the run due again")
    python: str
    platform: str
    processor: str
    threads: int
    processes: int = Field(ge=1, description="how many trained together; images per second are theirs in all")
    accelerator: str = Field(description="name of the GPU, 'none' on a CPU")
    precision: str = Field(NO_TRAINING, description="arithmetic of the training: bf16 (autocast) or fp32")
    packages: dict[str, str]
    command: str
    started: str = Field(description="UTC, ISO 8601")
    finished: str


class Timings(StrictModel):
    """Wall-clock time of the parts; a resumed run adds its pieces up."""

    fit_seconds: FiniteFloat = Field(ge=0)
    predict_seconds: FiniteFloat = Field(ge=0)
    steps: int = Field(ge=0)
    images_per_second: FiniteFloat = Field(ge=0, description="while training; 0 where nothing is trained")


class Record(StrictModel):
    """One run. Predictions, weights and pictures lie beside it; ``files`` holds their SHA-256."""

    # Scores are plain dataclasses: those made here are checked as those read are, and what is not finite is refused.
    model_config = ConfigDict(allow_inf_nan=False, revalidate_instances="always")

    schema_version: Literal[2] = SCHEMA_VERSION
    identity: Identity
    inputs: Literal["rgb", "depth"] = Field(description="what the detector sees when it predicts")
    settings: dict[str, SettingValue]
    required_settings: dict[str, dict[str, SettingValue]] | None = Field(
        None, description="settings of the methods that this one requires, by name; None in records of 0.1.0"
    )
    overrides: dict[str, SettingValue] = Field(description="those of the settings that --set gave")
    scores: list[Score]
    timings: Timings
    provenance: Provenance
    curves: dict[str, list[FiniteFloat]] = Field(description="training curves; 'step' is the abscissa")
    files: dict[str, str]

    @model_validator(mode="after")
    def _check_scores(self) -> Self:
        for score in self.scores:
            _require_printable([score.protocol, score.metric, score.unit, *score.per_joint])
        for name, times in Counter(f"{score.protocol} {score.metric}" for score in self.scores).items():
            if times > 1:
                raise ValueError(f"{name} is there {times} times")
        return self


def _require_printable(texts: Iterable[str]) -> None:
    """Raise ValueError for a text that, shown in a table or a message as it is, would steer a terminal."""
    if any(printable(text, len(text)) != text for text in texts):
        raise ValueError("a text has characters that cannot be shown")
