"""Controls, the methods that learn nothing, and what they say of the baseline and the subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Display
from dkp_bench.analysis.scores import headline_score
from dkp_bench.text import joined, number


def competitors(group: Group, variant: Variant) -> tuple[Variant, ...]:
    """Return the variants that ``dkp-bench compare`` would compare ``variant`` with, itself included.

    They are the main variants of all methods; for the reader's runs among stored ones, those of the reader.
    """
    if not variant.own or variant.main:
        return group.mains
    methods = {each.method: each for each in reversed(group.variants) if each.own}
    return tuple(each for each in group.variants if methods.get(each.method) is each)


@dataclass(frozen=True)
class Controls:
    """The controls of one group that are not worse than one method.

    Attributes:
        better: controls that are significantly better than the method.
        alike: controls without a significant difference from it.
    """

    better: tuple[Variant, ...] = ()
    alike: tuple[Variant, ...] = ()


def controls_of(group: Group, variant: Variant, intervals: Intervals) -> Controls:
    """Compare a method with the controls of its group, by the same test as ``dkp-bench compare``."""
    key, better, alike = headline_score(group), [], []
    others = competitors(group, variant)
    for control in others:
        if control is variant or control.learns:
            continue
        found = intervals.difference(group, others, variant, control, key)
        if found is None:
            continue
        if not found.told_apart:
            alike.append(control)
        elif (found.worse_by > 0) == (found.one.variant.label == variant.label):
            better.append(control)
    return Controls(tuple(better), tuple(alike))


def baseline_caveat(pairs: Sequence[tuple[Group, Variant]], intervals: Intervals) -> str:
    """Say where the baseline is not significantly different from a control; empty where it always is.

    Args:
        pairs: groups, each with the baseline's variant there.
        intervals: of the scores.
    """
    found = [(group, each, controls_of(group, each, intervals).alike) for group, each in pairs]
    alike = [
        (group, each, tuple(control.method for control in controls)) for group, each, controls in found if controls
    ]
    places = [
        f"from {joined(names)} on {_places([(s, each) for s, each, methods in alike if methods == names])}"
        for names in dict.fromkeys(names for _, _, names in alike)
    ]
    if not places:
        return ""
    name = pairs[0][1].method
    return f"The baseline, {name}, cannot be told apart from a method that learns nothing: {', '.join(places)}."


def subject_caveat(pairs: Sequence[tuple[Group, Variant]], intervals: Intervals) -> str:
    """Say which controls are better than the subject or not significantly different; empty where all are worse.

    Args:
        pairs: groups, each with the subject's variant there.
        intervals: of the scores.
    """
    found = [(group, each, controls_of(group, each, intervals)) for group, each in pairs]
    controls = [control for _, _, each in found for control in (*each.better, *each.alike)]
    sentences = []
    for name, control in {control.method: control for control in reversed(controls)}.items():
        subject, said = pairs[0][1].method, []
        better = _with_values(found, name, lambda controls: controls.better)
        alike = _with_values(found, name, lambda controls: controls.alike)
        said += [f"is better than {subject} on {better}"] if better else []
        said += [f"is not told apart from {'it' if better else subject} on {alike}"] if alike else []
        depth = " but sees depth at test" if control.sees_depth else ""
        sentences.append(f"{name}, which learns nothing{depth}, {' and '.join(said)}.")
    return " ".join(sentences)


def _with_values(
    found: Sequence[tuple[Group, Variant, Controls]], name: str, choose: Callable[[Controls], Sequence[Variant]]
) -> str:
    """List the datasets on which ``choose`` gives a control, with the control's score and the subject's."""
    places: dict[str, list[str]] = {}
    for group, subject, controls in found:
        for control in (each for each in choose(controls) if each.method == name):
            key = headline_score(group)
            values = [each.measured(key.protocol, key.metric) for each in (control, subject)]
            scores = " against ".join(number(value.mean, key.digits) for value in values if value)
            places.setdefault(group.dataset, []).append(f"in your runs {scores}" if subject.own else scores)
    return joined(f"{dataset} ({', '.join(scores)})" for dataset, scores in places.items()) if places else ""


def _places(pairs: Sequence[tuple[Group, Variant]]) -> str:
    """List datasets, marking those where the statement is about the reader's runs."""
    own: dict[str, set[bool]] = {}
    for group, variant in pairs:
        own.setdefault(group.dataset, set()).add(variant.own)
    marks = {(True,): " (your runs)", (False, True): " (stored runs and yours)"}
    return joined(f"{dataset}{marks.get(tuple(sorted(kinds)), '')}" for dataset, kinds in own.items())


def control_caveats(groups: Sequence[Group], display: Display, intervals: Intervals) -> tuple[str, str]:
    """Return a sentence on controls that match the baseline and one on those no worse than the subject; or empty."""
    baselines, subjects = (headline_variants(groups, method) for method in (display.baseline, display.subject))
    return baseline_caveat(baselines, intervals), subject_caveat(subjects, intervals)


def headline_variants(groups: Sequence[Group], method: str) -> list[tuple[Group, Variant]]:
    """Return each group with the main variant of a method, and with the reader's own that the headline names."""
    pairs = []
    for group in groups:
        mains = [variant for variant in group.variants_of(method) if variant.main]
        own = [variant for variant in group.variants_of(method) if variant.own and not variant.main]
        pairs += [(group, variant) for variant in (*mains[:1], *own[:1])]
    return pairs
