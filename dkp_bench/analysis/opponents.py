"""From a run's folder and the names of stored methods to what is compared; what may not be is refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from dkp_bench.analysis.choice import Choice, choose
from dkp_bench.analysis.comparable import FREE_FIELDS, Variant, blocking_fields, group_runs
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.schema import Identity
from dkp_bench.shipped import WITHOUT_BASELINES

OF_IMAGES: Final = ("dataset", "dataset_hash", "image_size")
"""Choices that can't differ: differences are taken image by image."""
ALLOWABLE: Final = tuple(name for name in Identity.model_fields if name not in {*OF_IMAGES, *FREE_FIELDS})
"""Choices that a reader may let differ."""


def find_opponents(root: Path, subject: Variant, names: Sequence[str], allowed: Collection[str]) -> list[Choice]:
    """The methods to hold a subject against.

    Of a stored method it is the variant that is most like the subject, the main one in a tie.

    Args:
        root: results root of the stored methods.
        subject: the method in question; its own runs are left out.
        names: stored methods, and paths as :func:`dkp_bench.analysis.choice.choose` reads them; all that are stored
            for the subject's dataset and profile if empty.
        allowed: fields of the identity that may differ all the same.

    Raises:
        DkpError: if there is no such method or dataset, a field can't be allowed, or a method may not stand beside the
            subject: it names the fields, both values and the way out.
    """
    _check_allowed(allowed)
    methods = _stored(root, subject)
    asked = {name: _is_path(name, methods) for name in names}
    if not all(asked.values()) or not names:
        _refuse_unknown(root, subject, methods, [name for name, is_path in asked.items() if not is_path])
    chosen = asked or dict.fromkeys(_of_profile(subject, methods) or sorted(methods), False)
    found = [
        _beside(subject, choose(Path(name))) if is_path else Choice(root, _closest(subject, methods[name]))
        for name, is_path in chosen.items()
    ]
    blocked = [_blocking(subject, choice.variant, allowed) for choice in found]
    if any(blocked):
        raise _refusal(subject, list(zip(found, blocked, strict=True)))
    return found


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


def _is_path(name: str, methods: Collection[str]) -> bool:
    """Whether it names runs on disk: a stored method of that name comes first, and ``./name`` is the folder."""
    return name not in methods and ("/" in name or Path(name).exists())


def _stored(root: Path, subject: Variant) -> dict[str, list[Run]]:
    """The runs on the subject's dataset by method, those of the subject itself left out."""
    own = {run.path.resolve() for run in subject.runs}
    methods: dict[str, list[Run]] = {}
    for run in load_runs(root / _dataset(subject)):
        if run.path.resolve() not in own:
            methods.setdefault(run.record.identity.method, []).append(run)
    return methods


def _refuse_unknown(root: Path, subject: Variant, methods: Collection[str], names: Sequence[str]) -> None:
    """Stop at names that no stored method has, and where nothing is stored that could be compared.

    Raises:
        DkpError: with what there is.
    """
    if not methods:
        there = sorted({path.relative_to(root).parts[0] for path in root.glob(f"*/*/*/*/{RECORD}")})
        hint = f"it has runs on: {', '.join(there)}" if there else WITHOUT_BASELINES
        raise DkpError(f"{root} has no other runs on {_dataset(subject)}", hint)
    for name in names:
        if name == subject.method and name not in methods:
            raise DkpError(f"all runs of {name} in {root} are those to compare", "nothing is held against itself")
        if name not in methods:
            raise unknown_name("stored method", name, methods)


def _beside(subject: Variant, choice: Choice) -> Choice:
    own = {run.path.resolve() for run in subject.runs}
    if any(run.path.resolve() in own for run in choice.variant.runs):
        raise DkpError(f"{choice.path} is of the runs to compare", "nothing is held against itself")
    return choice


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


def _refusal(subject: Variant, blocked: Sequence[tuple[Choice, list[str]]]) -> DkpError:
    """Names the first method that is refused and the ways out."""
    refused, fields = next((choice, fields) for choice, fields in blocked if fields)
    values = differing(subject, refused.variant)
    both = "; ".join(f"{name}: {values[name][1]} there, {values[name][0]} here" for name in fields)
    who = f"{refused.variant.label} in {refused.path}"
    problem = f"{who} cannot stand beside {subject.runs[0].path}: they differ in {both}"
    every = sorted({name for _, fields in blocked for name in fields}, key=list(Identity.model_fields).index)
    images = [name for name in every if name in OF_IMAGES]
    ways = [f"side by side all the same, with a warning: {' '.join(f'--allow {name}' for name in every)}"]
    if images:
        ways = [f"{', '.join(images)} cannot be allowed to differ: differences are taken image by image"]
    comparable = [choice.variant.method for choice, fields in blocked if not fields]
    if comparable:
        ways.append(f"those that can be compared as they are: --against {','.join(comparable)}")
    return DkpError(problem, "\n".join(ways))
