"""The settings of a method: what each is, its type and default, and what the presets make of it."""

from collections.abc import Mapping
from typing import Any

from dkp_bench.datasets import datasets
from dkp_bench.declared import declared
from dkp_bench.errors import shell_command
from dkp_bench.methods import Method
from dkp_bench.presets import PROFILES, preset
from dkp_bench.text import entry, folded

TYPES = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}
"""JSON Schema's types in words."""
BOUNDS = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
}


def settings_object(address: str, kind: type[Method]) -> dict[str, Any]:
    """Return the object that ``dkp-bench list METHOD --json`` prints; docs/scripts.md describes its keys.

    Args:
        address: the method as the user named it.
        kind: its class.

    Raises:
        DkpError: if its preset cannot be read.
    """
    schema = kind.settings_type.model_json_schema().get("properties", {})
    known = declared(address)
    texts = known.settings if known else {}
    plain = {profile: preset(kind, "", profile).model_dump() for profile in PROFILES}
    special = {name: {p: preset(kind, name, p).model_dump() for p in PROFILES} for name in datasets()}
    settings = {}
    for key, about in schema.items():
        of_datasets = {
            name: {p: values[p][key] for p in PROFILES if values[p][key] != plain[p][key]}
            for name, values in special.items()
        }
        settings[key] = {
            **{name: value for name, value in about.items() if name not in ("title", "description")},
            "description": about.get("description") or " ".join(texts.get(key, "").split()),
            "profiles": {profile: values[key] for profile, values in plain.items()},
            "datasets": {name: values for name, values in of_datasets.items() if values},
        }
    return {
        "method": address,
        "name": kind.name,
        "summary": kind.summary,
        "module": kind.__module__,
        "learns": kind.learns,
        "inputs": "depth" if kind.depth == "test" else "rgb",
        "needs_depth": kind.needs_depth(),
        "requires": list(kind.requires),
        "settings": settings,
    }


def settings_text(address: str, kind: type[Method]) -> str:
    """Return the settings as text in 80 columns."""
    found = settings_object(address, kind)
    head = [f"{found['name']}: {found['summary']}", f"  class {kind.__name__} in {found['module']}"]
    head += [f"  fitted after: {', '.join(found['requires'])}"] if found["requires"] else []
    head += ["  learns nothing: a control"] if not found["learns"] else []
    settings: Mapping[str, Mapping[str, Any]] = found["settings"]
    if not settings:
        return "\n".join([*map(folded, head), "", "It has no settings."])
    width = max(map(len, settings))
    lines = []
    for key, about in settings.items():
        first, *others = _texts(about)
        lines += [entry(f"  {key:<{width}}  ", first), *(entry(" " * (width + 4), text) for text in others)]
    how = shell_command("dkp-bench", "train", address, "DATASET", "--set", "KEY=VALUE")
    return "\n".join([*map(folded, head), "", f"settings ({how})", *lines])


def _texts(about: Mapping[str, Any]) -> list[str]:
    """Return the paragraphs on a setting."""
    texts = [f"{_type(about)}; {_value(about.get('default'))} by default"]
    texts += [about["description"].replace("``", "")] if about["description"] else []
    default = about.get("default")
    profiles = {name: value for name, value in about["profiles"].items() if value != default}
    presets = [f"{name} {_value(value)}" for name, value in profiles.items()]
    for name, values in about["datasets"].items():
        same = len(values) == len(PROFILES) and len(set(map(str, values.values()))) == 1
        shown = {"": next(iter(values.values()))} if same else {f" {p}": value for p, value in values.items()}
        presets += [f"{name}{profile} {_value(value)}" for profile, value in shown.items()]
    return [*texts, *([f"presets: {', '.join(presets)}"] if presets else [])]


def _type(about: Mapping[str, Any]) -> str:
    if "enum" in about:
        return f"one of {', '.join(map(str, about['enum']))}"
    if "const" in about:
        return str(about["const"])
    bounds = [words.format(_value(about[bound])) for bound, words in BOUNDS.items() if bound in about]
    return ", ".join([TYPES.get(str(about.get("type")), "value"), *bounds])


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
