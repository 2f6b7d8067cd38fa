"""Rules that need no training: what a method says of itself, its settings and presets."""

from dkp_bench.datasets import datasets
from dkp_bench.method_contract.subject import SIZE, BrokenRuleError, Subject
from dkp_bench.methods import Method, Settings, built_in_methods, find_method
from dkp_bench.presets import PROFILES, preset

SHORTEST, LONGEST = 11, 110
"""Characters of a summary: one line of ``dkp-bench list`` on a wide terminal."""


def describes_itself(subject: Subject) -> None:
    """A name that is not a built-in method's, a summary of one line, and what the detector sees."""
    kind = subject.kind
    name: object = kind.name
    if not isinstance(name, str) or not name:
        raise BrokenRuleError(f"its name is {name!r}")
    module = built_in_methods().get(kind.name, kind.__module__)
    if module != kind.__module__:
        raise BrokenRuleError(f"{kind.name!r} is the name of the built-in method in {module}")
    if not SHORTEST <= len(kind.summary) <= LONGEST or "\n" in kind.summary:
        raise BrokenRuleError(f"its summary has {len(kind.summary)} characters: {kind.summary!r}")
    if kind.inputs not in ("rgb", "depth"):
        raise BrokenRuleError(f"its inputs are {kind.inputs!r}")


def has_valid_presets(subject: Subject) -> None:
    """Every dataset and profile gives valid settings, and they are of types which a record can hold."""
    kind = subject.kind
    if not issubclass(kind.settings_type, Settings):
        raise BrokenRuleError(f"its settings_type is {kind.settings_type!r}, not derived from Settings")
    for dataset in datasets():
        for profile in PROFILES:
            preset(kind, dataset, profile)
    for key, value in subject.settings.model_dump().items():
        if not isinstance(value, bool | int | float | str):
            raise BrokenRuleError(f"its setting {key!r} is {value!r}, of the type {type(value).__name__}")


def requires_what_exists(subject: Subject) -> None:
    """The methods it requires exist, form no circle, and can be fitted."""
    _follow(subject.kind, ())
    if not isinstance(subject.kind.needs_depth(), bool):
        raise BrokenRuleError(f"needs_depth() gives {subject.kind.needs_depth()!r}")
    if len(set(subject.kind.requires)) < len(subject.kind.requires):
        raise BrokenRuleError(f"it requires a method twice: {', '.join(subject.kind.requires)}")
    _ = subject.required


def _follow(kind: type[Method], above: tuple[str, ...]) -> None:
    if kind.name in above:
        raise BrokenRuleError(f"it requires itself: {' → '.join((*above, kind.name))}")
    for other in kind.requires:
        _follow(find_method(other), (*above, kind.name))


def can_be_created(subject: Subject) -> None:
    """An instance has the settings and size it was given, and knows K before it is fitted."""
    method = subject.create()
    if method.settings != subject.settings or method.image_size != SIZE:
        raise BrokenRuleError("an instance has other settings, or another image_size, than it was given")
    count: object = method.keypoints
    if not isinstance(count, int) or count < 1:
        raise BrokenRuleError(f"its keypoints are {count!r}")
    wanted = getattr(method.settings, "keypoints", method.keypoints)
    if method.keypoints != wanted:
        raise BrokenRuleError(f"its setting keypoints is {wanted}, and it has {method.keypoints}")
    if not all(isinstance(value, str) for value in method.resolved.values()):
        raise BrokenRuleError(f"resolved holds what is not text: {method.resolved}")
