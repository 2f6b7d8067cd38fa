"""The methods to compare a candidate with, found by name or path; those that may not be compared are refused."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from dkp_bench.analysis.comparable import FREE_FIELDS, Variant, blocking_fields, group_runs
from dkp_bench.analysis.find_runs import Choice, choose
from dkp_bench.analysis.run_names import locate, parse_run_name
from dkp_bench.errors import DkpError, unknown_name
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.runs.schema import Identity
from dkp_bench.shipped import WITHOUT_BASELINES

OF_IMAGES: Final = ("dataset", "dataset_hash", "image_size", "split")
"""Choices that can't differ: differences are taken image by image."""
ALLOWABLE: Final = tuple(name for name in Identity.model_fields if name not in {*OF_IMAGES, *FREE_FIELDS})
"""Choices that a reader may let differ."""


def find_baselines(root: Path, candidate: Variant, names: Sequence[str], allowed: Collection[str]) -> list[Choice]:
    """Return the methods to compare a candidate with.

    The name of a stored method means the variant that differs from the candidate in the fewest fields, in a tie the
    main one.

    Args:
        root: results root of the stored methods.
        candidate: the method in question; its own runs are left out.
        names: stored methods, paths as :func:`dkp_bench.analysis.find_runs.choose` reads them, and names such as
            ``METHOD@DATASET:PROFILE``; all that are stored for the candidate's dataset and profile if empty.
        allowed: fields of the identity that may differ nevertheless.

    Raises:
        DkpError: if there is no such method or dataset, a field can't be allowed, or a method may not be compared with
            the candidate: it names the fields, both values and the way out.
    """
    _check_allowed(allowed)
    methods = _stored(root, candidate)
    asked = {name: _is_path(name, methods) for name in names}
    if not all(asked.values()) or not names:
        _refuse_unknown(root, candidate, methods, [name for name, is_path in asked.items() if not is_path])
    # A profile without stored methods falls back to all of them: the refusal below then says which field differs.
    chosen = asked or dict.fromkeys(_of_profile(candidate, methods) or sorted(methods), False)
    found = [
        _beside(candidate, choose(locate(Path(name), root)))
        if is_path
        else Choice(root, _closest(candidate, methods[name]))
        for name, is_path in chosen.items()
    ]
    blocked = [_blocking(candidate, choice.variant, allowed) for choice in found]
    if any(blocked):
        raise _refusal(candidate, list(zip(found, blocked, strict=True)))
    return found


def differing(candidate: Variant, other: Variant) -> dict[str, tuple[str, str]]:
    """Return each field that forbids to compare two methods, with the value of the candidate and that of the other."""
    mine, theirs = candidate.runs[0].record.identity, other.runs[0].record.identity
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
    """Return whether a name means runs that lie anywhere: a stored method's comes first, ``./name`` is the folder."""
    return name not in methods and ("/" in name or Path(name).exists() or parse_run_name(name) is not None)


def _stored(root: Path, candidate: Variant) -> dict[str, list[Run]]:
    """Return the runs on the candidate's dataset by method, except those of the candidate itself."""
    own = {run.path.resolve() for run in candidate.runs}
    methods: dict[str, list[Run]] = {}
    for run in load_runs(root / _dataset(candidate)):
        if run.path.resolve() not in own:
            methods.setdefault(run.record.identity.method, []).append(run)
    return methods


def _refuse_unknown(root: Path, candidate: Variant, methods: Collection[str], names: Sequence[str]) -> None:
    """Refuse names that no stored method has, and a results root with nothing to compare.

    Raises:
        DkpError: listing what is stored.
    """
    if not methods:
        there = sorted({path.relative_to(root).parts[0] for path in root.glob(f"*/*/*/*/{RECORD}")})
        hint = f"it has runs on: {', '.join(there)}" if there else WITHOUT_BASELINES
        raise DkpError(f"{root} has no other runs on {_dataset(candidate)}", hint)
    for name in names:
        if name == candidate.method and name not in methods:
            raise DkpError(f"all runs of {name} in {root} are those to compare", "a method is not compared with itself")
        if name not in methods:
            raise unknown_name("stored method", name, methods)


def _beside(candidate: Variant, choice: Choice) -> Choice:
    own = {run.path.resolve() for run in candidate.runs}
    if any(run.path.resolve() in own for run in choice.variant.runs):
        raise DkpError(f"{choice.path} is of the runs to compare", "a method is not compared with itself")
    return choice


def _of_profile(candidate: Variant, methods: Mapping[str, Sequence[Run]]) -> list[str]:
    """Return the methods that were run at the candidate's profile, in alphabetical order."""
    profile = candidate.runs[0].record.identity.profile
    return sorted(name for name, runs in methods.items() if any(run.record.identity.profile == profile for run in runs))


def _dataset(candidate: Variant) -> str:
    return candidate.runs[0].record.identity.dataset


def _closest(candidate: Variant, runs: Sequence[Run]) -> Variant:
    variants = [variant for group in group_runs(runs, ()) for variant in group.variants]
    return min(variants, key=lambda each: (len(_blocking(candidate, each, ())), not each.main, -len(each.runs)))


def _blocking(candidate: Variant, other: Variant, allowed: Collection[str]) -> list[str]:
    return [name for name in differing(candidate, other) if name not in allowed]


def _refusal(candidate: Variant, blocked: Sequence[tuple[Choice, list[str]]]) -> DkpError:
    """Return the error that names the first refused method and the ways out."""
    # The hint covers every refused method, so that one more attempt is enough.
    refused, fields = next((choice, fields) for choice, fields in blocked if fields)
    values = differing(candidate, refused.variant)
    both = "; ".join(f"{name}: {values[name][1]} there, {values[name][0]} here" for name in fields)
    who = f"{refused.variant.label} in {refused.path}"
    problem = f"{who} cannot stand beside {candidate.runs[0].path}: they differ in {both}"
    every = sorted({name for _, fields in blocked for name in fields}, key=list(Identity.model_fields).index)
    images = [name for name in every if name in OF_IMAGES]
    ways = [f"side by side all the same, with a warning: {' '.join(f'--allow {name}' for name in every)}"]
    if images:
        ways = [f"{', '.join(images)} cannot be allowed to differ: differences are taken image by image"]
    comparable = [choice.variant.method for choice, fields in blocked if not fields]
    if comparable:
        ways.append(f"those that can be compared as they are: --against {','.join(comparable)}")
    return DkpError(problem, "\n".join(ways))
