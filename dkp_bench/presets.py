"""Presets: a method's settings for a dataset and a profile, in TOML beside the method.

    [all]                       # every dataset, every profile
    [tiny]                      # a profile
    [dataset.mannequin]         # a dataset
    [dataset.mannequin.tiny]    # a dataset at a profile

A later table wins over an earlier one, and ``--set key=value`` over all.
"""

import hashlib
import inspect
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import ValidationError

from dkp_bench.datasets import datasets
from dkp_bench.declared import declared
from dkp_bench.errors import DkpError, choice, printable, unknown_name
from dkp_bench.methods import Method, Settings, find_method
from dkp_bench.text_files import parse_toml, read_toml

Profile = Literal["tiny", "laptop", "small", "paper"]
"""How much work: ``tiny`` is minutes on a CPU, ``laptop`` the third of an hour that AutoLink takes to learn there,
``small`` minutes on a GPU, ``paper`` as published."""

PROFILES: tuple[Profile, ...] = get_args(Profile)
PROFILE_SUMMARIES: Mapping[Profile, str] = {
    "tiny": "minutes on a CPU: 64 px, a quarter to an eighth of the published widths",
    "laptop": "20 minutes a training on a CPU: 32 px, what AutoLink learned most with, chosen on val",
    "small": "minutes on a GPU: 128 px, the published widths, fewer steps",
    "paper": "as published: 128 px, 20,001 steps of 64 images",
}
LARGEST = 2**20
"""Bytes of a preset file."""
ADDED_LATER: Mapping[str, str] = {"sees": "depth", "guide_corruption": ""}
"""Settings that are younger than 0.1.0, each with the value that stands for what held before it.

With that value a setting does not enter the hash: a run that was made before there was the setting is the same run.
"""
HOW_TO_WRITE = "docs/add-a-method.md shows such a file"
HOW_TO_SET = "correct the TOML file beside the method, or --set; --set METHOD.KEY=VALUE reaches one method alone"
IMAGE_SIZE: Mapping[Profile, int] = {"tiny": 64, "laptop": 32, "small": 128, "paper": 128}


def find_profile(name: str) -> Profile:
    """Return the profile called ``name``.

    Raises:
        DkpError: if there is none.
    """
    return choice("profile", name, PROFILES)


def preset(
    method: type[Method], dataset: str, profile: Profile, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return the validated settings of a method for a dataset and a profile.

    A method derived from another one inherits its preset; what its own file says wins.

    Raises:
        DkpError: if a TOML file or an override names an unknown setting or gives one a bad value.
    """
    merged: dict[str, object] = {}
    for file in _files(method):
        for table in _applicable(_read(file), dataset, profile):
            merged |= table
    merged |= overrides or {}
    return _validated(method, merged)


def parse_overrides(assignments: list[str]) -> dict[str, object]:
    """Read ``["gamma=0.4", "flip=false"]`` as a mapping; values are read as TOML, and as text where that fails.

    Raises:
        DkpError: if an assignment has no ``=``.
    """
    parsed: dict[str, object] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise DkpError(f"cannot read the setting {assignment!r}", "write it as --set key=value")
        try:
            parsed[key.strip()] = parse_toml(f"value = {value}")["value"]
        except ValueError:
            parsed[key.strip()] = value.strip()
    return parsed


def own_overrides(method: type[Method], overrides: Mapping[str, object]) -> dict[str, object]:
    """Return the overrides that concern a method: ``name.key``, and ``key`` where the method has such a setting."""
    own = {key: value for key, value in overrides.items() if key in method.settings_type.model_fields}
    prefix = f"{method.name}."
    return own | {key.removeprefix(prefix): value for key, value in overrides.items() if key.startswith(prefix)}


def check_overrides(overrides: Mapping[str, object], methods: Sequence[str]) -> None:
    """Make sure that every override concerns one of the methods; no built-in one is imported for that.

    Raises:
        DkpError: naming the setting that no method has, and the nearest known one.
    """
    settings: dict[str, set[str]] = {}
    for name in methods:
        own, keys = method_and_settings(name)
        settings.setdefault(own, set()).update(keys)
    for key in overrides:
        owner, dot, setting = key.rpartition(".")
        if dot and owner not in settings:
            raise DkpError(f"--set {key}: {owner!r} is not among the methods to run", f"they are: {', '.join(methods)}")
        known = settings[owner] if dot else set().union(*settings.values())
        if setting not in known:
            raise unknown_name("setting", setting, known)


def required_methods(methods: Iterable[str]) -> list[str]:
    """Return the methods that these require directly; no built-in one is imported to know them."""
    return [required for name in methods for required in (declared(name) or find_method(name)).requires]


def method_and_settings(method: str) -> tuple[str, Collection[str]]:
    """Return the name a method gives itself, and the names of its settings."""
    found = declared(method)
    if found:
        return found.name, found.settings
    kind = find_method(method)
    return kind.name, kind.settings_type.model_fields


def settings_hash(settings: Mapping[str, Settings]) -> str:
    """Eight hexadecimal digits over the settings of a method and of those it requires, by name."""
    return dumped_settings_hash({name: value.model_dump() for name, value in settings.items()})


def dumped_settings_hash(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Return :func:`settings_hash` of settings as records have them."""
    hashed = {
        name: {key: value for key, value in each.items() if not _was_so_before(key, value)}
        for name, each in settings.items()
    }
    text = json.dumps(hashed, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _was_so_before(key: str, value: object) -> bool:
    """Return whether a setting only says what held before there was such a setting."""
    return key in ADDED_LATER and value == ADDED_LATER[key]


def _files(method: type[Method]) -> list[Path]:
    """Return the TOML files beside the method and those it derives from, the most general one first."""
    own = [base for base in method.__mro__ if issubclass(base, Method) and base is not Method]
    beside = [Path(inspect.getfile(base)).with_suffix(".toml") for base in reversed(own)]
    return [file for file in beside if file.exists()]


def _read(file: Path) -> dict[str, Any]:
    """Read the tables of a preset file, each with a name that may be there."""
    tables = read_toml(file, hint=HOW_TO_WRITE, largest=LARGEST)
    for name, table in tables.items():
        if name not in ("all", "dataset", *PROFILES):
            raise unknown_name(f"table in {file.name}", name, ("all", "dataset", *PROFILES))
        _check_table(file, name, table)
    known = datasets()
    for name, table in tables.get("dataset", {}).items():
        if name not in known:
            raise unknown_name(f"dataset in {file.name}", name, known)
        _check_table(file, f"dataset.{name}", table)
        for profile in PROFILES:
            _check_table(file, f"dataset.{name}.{profile}", table.get(profile, {}))
    return tables


def _check_table(file: Path, name: str, table: object) -> None:
    if not isinstance(table, dict):
        raise DkpError(
            f"{file}: {name} is {printable(repr(table), 40)}, not a table", f"write it as [{name}]; {HOW_TO_WRITE}"
        )


def _applicable(tables: dict[str, Any], dataset: str, profile: Profile) -> list[dict[str, Any]]:
    own: dict[str, Any] = tables.get("dataset", {}).get(dataset, {})
    plain = {key: value for key, value in own.items() if key not in PROFILES}
    return [tables.get("all", {}), tables.get(profile, {}), plain, own.get(profile, {})]


def _validated(method: type[Method], values: dict[str, object]) -> Settings:
    known = method.settings_type.model_fields
    for key, value in values.items():
        if key not in known:
            raise unknown_name(f"setting of {method.name}", key, known or ["none: this method has no settings"])
        if isinstance(value, float) and not math.isfinite(value):
            raise DkpError(f"bad settings for {method.name}: {key}: {value} is no number to train with", HOW_TO_SET)
    try:
        return method.settings_type.model_validate(values)
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise DkpError(f"bad settings for {method.name}: {details}", HOW_TO_SET) from error
