"""From a run's folder and the names of stored methods to what is compared; what may not be is refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from dkp_bench.comparison.setups import FREE_FIELDS, Variant, blocking_fields, group_runs
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.records.layout import RECORD
from dkp_bench.records.schema import Identity
from dkp_bench.records.store import Run, load_runs, read_record

OF_IMAGES: Final = ("dataset", "dataset_hash", "image_size")
"""Choices that can't differ: differences are taken image by image."""
ALLOWABLE: Final = tuple(name for name in Identity.model_fields if name not in {*OF_IMAGES, *FREE_FIELDS})
"""Choices that a reader may let differ."""


def open_subject(folder: Path) -> Variant:
    """The method to compare: a finished run, or all seeds in a folder.

    Where a folder also holds fewer seeds with other settings, those with the most seeds are meant.

    Raises:
        DkpError: if the folder holds no finished run, or runs that differ in more than the seed, none the most.
    """
    record = folder / RECORD
    runs = [Run(folder, read_record(record))] if record.exists() else load_runs(folder)
    if not runs:
        hint = "name the folder of one run (SEED) or of all seeds of a method (DATASET/PROFILE/METHOD)"
        raise DkpError(f"{folder} holds no finished run", hint)
    setups = group_runs(runs, ())
    variants = sorted((each for setup in setups for each in setup.variants), key=lambda each: -len(each.runs))
    same_method = len(setups) == 1 and len({variant.method for variant in variants}) == 1
    if len(variants) > 1 and not (same_method and len(variants[0].runs) > len(variants[1].runs)):
        listed = "\n".join(f"{variant.label}: {variant.runs[0].path}" for variant in variants)
        raise DkpError(f"{folder} holds runs that differ in more than the seed", f"name the folder of one:\n{listed}")
    return variants[0]


def find_opponents(root: Path, subject: Variant, names: Sequence[str], allowed: Collection[str]) -> tuple[Variant, ...]:
    """The stored methods to hold a subject against: of each the variant that is most like it, the main one in a tie.

    Args:
        root: results root of the stored methods.
        subject: the method in question; its own runs are left out.
        names: methods; all that are stored for its dataset and profile if empty.
        allowed: fields of the identity that may differ all the same.

    Raises:
        DkpError: if there is no such method or dataset, a field can't be allowed, or a method may not stand beside the
            subject: it names the fields, both values and the way out.
    """
    _check_allowed(allowed)
    methods = _stored(root, subject)
    for name in names:
        if name == subject.method and name not in methods:
            raise DkpError(f"all runs of {name} in {root} are those to compare", "nothing is held against itself")
        if name not in methods:
            raise unknown_name("stored method", name, methods)
    chosen = dict.fromkeys(names or _of_profile(subject, methods) or sorted(methods))
    found = [_closest(subject, methods[name]) for name in chosen]
    blocked = [_blocking(subject, variant, allowed) for variant in found]
    if any(blocked):
        raise _refusal(root, subject, list(zip(found, blocked, strict=True)))
    return tuple(found)


def differing(subject: Variant, other: Variant) -> dict[str, tuple[str, str]]:
    """What would forbid to compare two methods: each field with the value of the subject and that of the other."""
    mine, theirs = subject.runs[0].record.identity, other.runs[0].record.identity
    return {name: (str(getattr(mine, name)), str(getattr(theirs, name))) for name in blocking_fields(mine, theirs)}


def _check_allowed(allowed: Iterable[str]) -> None:
    for name in allowed:
        if name in OF_IMAGES:
            raise DkpError(
                f"{name} cannot be allowed to differ",
                "differences are taken image by image, and the images would not be the same",
            )
        if name not in ALLOWABLE:
            raise unknown_name("field to allow", name, ALLOWABLE)


def _stored(root: Path, subject: Variant) -> dict[str, list[Run]]:
    """The runs on the subject's dataset by method, those of the subject itself left out."""
    dataset = _dataset(subject)
    own = {run.path.resolve() for run in subject.runs}
    methods: dict[str, list[Run]] = {}
    for run in load_runs(root / dataset):
        if run.path.resolve() not in own:
            methods.setdefault(run.record.identity.method, []).append(run)
    if not methods:
        there = sorted({path.relative_to(root).parts[0] for path in root.glob(f"*/*/*/*/{RECORD}")})
        elsewhere = "type this in the root of a checkout, or name a folder of runs: --baselines PATH"
        hint = f"it has runs on: {', '.join(there)}" if there else elsewhere
        raise DkpError(f"{root} has no other runs on {dataset}", hint)
    return methods


def _of_profile(subject: Variant, methods: Mapping[str, Sequence[Run]]) -> list[str]:
    """The methods that were run at the subject's profile, in alphabetical order."""
    profile = subject.runs[0].record.identity.profile
    return sorted(name for name, runs in methods.items() if any(run.record.identity.profile == profile for run in runs))


def _dataset(subject: Variant) -> str:
    return subject.runs[0].record.identity.dataset


def _closest(subject: Variant, runs: Sequence[Run]) -> Variant:
    variants = [variant for setup in group_runs(runs, ()) for variant in setup.variants]
    return min(variants, key=lambda each: (len(_blocking(subject, each, ())), not each.main, -len(each.runs)))


def _blocking(subject: Variant, other: Variant, allowed: Collection[str]) -> list[str]:
    return [name for name in differing(subject, other) if name not in allowed]


def _refusal(root: Path, subject: Variant, blocked: Sequence[tuple[Variant, list[str]]]) -> DkpError:
    """Names the first method that is refused and the ways out."""
    refused, fields = next((variant, fields) for variant, fields in blocked if fields)
    values = differing(subject, refused)
    both = "; ".join(f"{name}: {values[name][1]} there, {values[name][0]} here" for name in fields)
    problem = f"{refused.label} in {root} cannot stand beside {subject.runs[0].path}: they differ in {both}"
    every = sorted({name for _, fields in blocked for name in fields}, key=list(Identity.model_fields).index)
    images = [name for name in every if name in OF_IMAGES]
    ways = [f"side by side all the same, with a warning: {' '.join(f'--allow {name}' for name in every)}"]
    if images:
        ways = [f"{', '.join(images)} cannot be allowed to differ: differences are taken image by image"]
    comparable = [variant.method for variant, fields in blocked if not fields]
    if comparable:
        ways.append(f"those that can be compared as they are: --against {','.join(comparable)}")
    return DkpError(problem, "\n".join(ways))
