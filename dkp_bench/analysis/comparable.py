"""Groups of comparable runs, and within them the variants: one method with one set of settings, a run for each seed."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.analysis.required_settings import required_settings
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.declared import learns
from dkp_bench.presets import ADDED_LATER
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_NETWORK, UNKNOWN, Identity, SettingValue
from dkp_bench.scoring import Score

YOURS = "yours"
"""Sets a reader's own variant apart from the stored one with the same settings."""

FREE_FIELDS = frozenset({"method", "preset_hash", "seed", "depth", "version"})
"""Fields of the signature that may differ in one table: methods with and without depth are compared, for example.

The version of dkp-bench is among them: a release that changes numbers changes the scores version, which is not.
"""

OF_TRAINING = frozenset({"perceptual", "keypoints"})
"""Fields that may also differ where one of the two methods is a control, that is, declares that it learns nothing.

``perceptual`` may also differ where one of the two has no such network or is not known to have one. K may not: to a
method that learns, with or without a network, another K is another experiment.
"""


@dataclass(frozen=True)
class Variant:
    """The runs of one method with one set of settings on the same depth maps, a seed each.

    Attributes:
        method: name of the method.
        settings_label: its differences from the method's main variant (settings, depth maps); empty for that one.
        runs: sorted by seed; never empty.
        own: whether they are the reader's own, kept apart from stored ones.
    """

    method: str
    settings_label: str
    runs: tuple[Run, ...]
    own: bool = False

    @property
    def main(self) -> bool:
        """True for the method's main variant: that with the most seeds, in a tie the one that was run first.

        Where some runs are kept apart as the reader's own, it is one of the others if there are any.
        """
        return not self.settings_label

    @property
    def label(self) -> str:
        """The name, with its differences from the method's main variant in brackets."""
        return f"{self.method} ({self.settings_label})" if self.settings_label else self.method

    @property
    def unmarked(self) -> str:
        """The label without the mark of the reader's own, for tables that hold nothing else."""
        settings = ", ".join(part for part in self.settings_label.split(", ") if part and part != YOURS)
        return f"{self.method} ({settings})" if settings else self.method

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that were run."""
        return tuple(run.record.identity.seed for run in self.runs)

    @property
    def learns(self) -> bool:
        """True if the method learns; a method that declares that it does not is a control."""
        return learns(self.method)

    @property
    def sees_depth(self) -> bool:
        """True if the detector is given depth maps at test."""
        return self.runs[0].record.inputs == "depth"

    @property
    def depth(self) -> str:
        """The kind of depth maps that the method was given, in training or at test; ``none`` without any."""
        return self.runs[0].record.identity.depth

    def measured(self, protocol: str, metric: str, seeds: Iterable[int] | None = None) -> SeedScores | None:
        """Return a score over ``seeds`` (all by default), None unless each of them has it."""
        wanted = set(self.seeds if seeds is None else seeds)
        scores = [run.score(protocol, metric) for run in self.runs if run.record.identity.seed in wanted]
        values = tuple(score.value for score in scores if score is not None)
        return SeedScores(values) if values and len(values) == len(scores) else None


@dataclass(frozen=True)
class Group:
    """The runs on one dataset that may be compared: only method, settings, depth maps, seed and version differ.

    Attributes:
        identity: of one run, of a method that learns where there is any; represents the choices that are shared.
        variants: in the report's order.
    """

    identity: Identity
    variants: tuple[Variant, ...]

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.identity.dataset

    @property
    def profile(self) -> str:
        """Name of the profile."""
        return self.identity.profile

    @property
    def title(self) -> str:
        """Dataset, profile and the shared choices behind the numbers, on one line."""
        shared = f"{self.identity.image_size} px, K = {self.identity.keypoints}"
        scored = "" if self.identity.split == "test" else f", scored on {self.identity.split}"
        return (
            f"{self.dataset}, {self.profile} profile: {shared}, perceptual network {self.identity.perceptual}{scored}"
        )

    @property
    def headline(self) -> Score | None:
        """The dataset's headline score, as the first scored run has it; None where none was scored."""
        found = (run.headline for variant in self.variants for run in variant.runs)
        return next((score for score in found if score), None)

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of all variants."""
        return tuple(run for variant in self.variants for run in variant.runs)

    @property
    def mains(self) -> tuple[Variant, ...]:
        """The main variant of each method."""
        return tuple(variant for variant in self.variants if variant.main)

    @property
    def anchor(self) -> str:
        """The name of this group in file names and links."""
        digest = f"{self.identity.dataset_hash[:6]}-{self.identity.perceptual}-k{self.identity.keypoints}"
        scores = f"v{self.identity.scores_label}"
        raw = f"{self.dataset}-{self.profile}-{self.identity.image_size}px-{digest}-{scores}".lower()
        return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in raw)

    def variants_of(self, method: str) -> tuple[Variant, ...]:
        """Return all variants of a method, the main one first."""
        return tuple(sorted((v for v in self.variants if v.method == method), key=lambda variant: not variant.main))


def group_runs(
    runs: Sequence[Run], order: Sequence[str], datasets: Sequence[str] = (), own: Collection[Path] = ()
) -> tuple[Group, ...]:
    """Sort runs into groups: by dataset and profile, then by any other choice that would forbid a comparison.

    Args:
        runs: finished runs.
        order: methods in the order of the report; others follow alphabetically.
        datasets: datasets in the order of the report; others follow alphabetically.
        own: folders of the runs that are never averaged with the others, even at equal settings.
    """
    buckets: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        buckets.setdefault(_shared_choices(run.record.identity), []).append(run)
    groups = [_group(runs, order, own) for bucket in buckets.values() for runs in _with_one_network(bucket)]
    return tuple(sorted(groups, key=lambda group: (_rank(group.dataset, datasets), group.profile, group.anchor)))


def blocking_fields(one: Identity, other: Identity) -> list[str]:
    """Return the choices in which two runs differ and which forbid to compare their scores."""
    free = FREE_FIELDS | OF_TRAINING if _is_control(one) or _is_control(other) else FREE_FIELDS
    free |= {"perceptual"} if {NO_NETWORK, UNKNOWN} & {one.perceptual, other.perceptual} else set()
    names = (name for name in Identity.model_fields if name not in free)
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _with_one_network(runs: Sequence[Run]) -> list[list[Run]]:
    """Split runs by perceptual network and K, each part with all that may be compared with it, learning methods first.

    A run may be in several parts. "May be compared" is no equivalence: two methods that learn with different networks
    may not be compared with each other, but a control, or a method without a network, may be compared with both.
    """
    buckets: dict[tuple[str, int], list[Run]] = {}
    controls = [run for run in runs if _is_control(run.record.identity)]
    learning = [run for run in runs if not _is_control(run.record.identity)]
    of_no_network = [run for run in learning if run.record.identity.perceptual in (NO_NETWORK, UNKNOWN)]
    for run in learning:
        if run.record.identity.perceptual not in (NO_NETWORK, UNKNOWN):
            buckets.setdefault((run.record.identity.perceptual, run.record.identity.keypoints), []).append(run)
    # A method without a network joins every network of its own K. Where no method with a network has that K, a part is
    # opened for it, or it would be in no table.
    alone = {run.record.identity.keypoints for run in of_no_network} - {keypoints for _, keypoints in buckets}
    buckets |= {(UNKNOWN, keypoints): [] for keypoints in sorted(alone)}
    # Controls join every part, with any K; without any method that learns they are a part of their own.
    return [
        [*bucket, *(run for run in of_no_network if run.record.identity.keypoints == keypoints), *controls]
        for (_, keypoints), bucket in buckets.items()
    ] or [controls]


def _is_control(identity: Identity) -> bool:
    return not learns(identity.method)


def _shared_choices(identity: Identity) -> tuple[str, ...]:
    free = FREE_FIELDS | OF_TRAINING
    return tuple(str(value) for name, value in identity.choices.items() if name not in free)


def _group(runs: Sequence[Run], order: Sequence[str], own: Collection[Path]) -> Group:
    methods = sorted({run.record.identity.method for run in runs}, key=lambda name: _rank(name, order))
    variants = [_variants(method, runs, own) for method in methods]
    first = runs[0].record.identity
    # Methods that learn come first in `runs`. Controls on their own share no K; the largest represents them.
    identity = max((run.record.identity for run in runs), key=_keypoints) if _is_control(first) else first
    return Group(identity, tuple(itertools.chain.from_iterable(variants)))


def _keypoints(identity: Identity) -> int:
    return identity.keypoints


def _rank(name: str, order: Sequence[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _variants(method: str, runs: Sequence[Run], own: Collection[Path]) -> list[Variant]:
    """Split the runs of one method by owner, settings and depth maps, the main variant first."""
    by_choice: dict[tuple[bool, str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.record.identity.seed):
        if run.record.identity.method == method:
            choice = run.path in own, run.record.identity.preset_hash, run.record.identity.depth
            by_choice.setdefault(choice, []).append(run)
    # Stored runs before the reader's, many seeds before few, early before late: the first is the main variant.
    buckets = sorted(by_choice.items(), key=lambda item: (item[0][0], -len(item[1]), _first_start(item[1]), item[0]))
    main = buckets[0][1][0]
    variants = []
    for (mine, preset_hash, depth), bucket in buckets:
        settings_label = settings_in_words(bucket[0], main, runs)
        if mine and (False, preset_hash, depth) in by_choice:
            settings_label = ", ".join(part for part in (settings_label, YOURS) if part)
        variants.append(Variant(method, settings_label, tuple(bucket), mine))
    return variants


def _first_start(runs: Sequence[Run]) -> str:
    return min(run.record.provenance.started for run in runs)


def settings_in_words(run: Run, main: Run, every: Sequence[Run] = ()) -> str:
    """Write the settings and depth maps of ``run`` that are not those of ``main``: ``gamma=1.0, depth=exact``.

    Where the difference is in the settings of a required method, they are named: ``teacher_only.missing=0.5``.

    Args:
        run: the run to describe.
        main: the run to compare it with.
        every: other runs of the group, see :func:`dkp_bench.analysis.required_settings.required_settings`.
    """
    parts = _settings_in_words(run.record.settings, main.record.settings)
    here, there = run.record.identity, main.record.identity
    if not parts and here.preset_hash != there.preset_hash:
        parts = _required_in_words(run, main, every) or [f"settings {here.preset_hash}"]
    return ", ".join(parts if here.depth == there.depth else [*parts, f"depth={here.depth}"])


def _settings_in_words(mine: Mapping[str, SettingValue], other: Mapping[str, SettingValue]) -> list[str]:
    mine, other = _with_what_held_before(mine, other), _with_what_held_before(other, mine)
    changed = [f"{key}={mine[key]}" for key in sorted(mine) if mine[key] != other.get(key)]
    return changed + [f"without {key}" for key in sorted(other.keys() - mine.keys())]


def _with_what_held_before(
    settings: Mapping[str, SettingValue], beside: Mapping[str, SettingValue]
) -> dict[str, SettingValue]:
    """Return settings with those that are younger than their record and that ``beside`` has: what held before them."""
    younger = {key: value for key, value in ADDED_LATER.items() if key in beside}
    return {**younger, **settings}


def _required_in_words(run: Run, main: Run, every: Sequence[Run]) -> list[str]:
    """Write the settings of required methods that differ; where they are not known, those that ``--set`` gave."""
    mine, other = required_settings(run, every), required_settings(main, every)
    if mine is None or other is None:
        return [f"{key}={value}" for key, value in sorted(run.record.overrides.items()) if "." in key]
    return [
        f"{name}.{key}={value}"
        for name in sorted(mine)
        for key, value in sorted(_with_what_held_before(mine[name], other.get(name, {})).items())
        if value != _with_what_held_before(other.get(name, {}), mine[name]).get(key)
    ]
