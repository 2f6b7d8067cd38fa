"""Controls, the methods that learn nothing, and what they say of the baseline and the subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Display
from dkp_bench.analysis.ranking import ranked
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
    """The controls of one group beside one method.

    Attributes:
        better: controls that are significantly better than the method.
        alike: controls without a significant difference from it.
        worse: controls that are significantly worse.
    """

    better: tuple[Variant, ...] = ()
    alike: tuple[Variant, ...] = ()
    worse: tuple[Variant, ...] = ()


def controls_of(group: Group, variant: Variant, intervals: Intervals) -> Controls:
    """Compare a method with the controls of its group, by the same test as ``dkp-bench compare``."""
    key = headline_score(group)
    better, alike, worse = list[Variant](), list[Variant](), list[Variant]()
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
        else:
            worse.append(control)
    return Controls(tuple(better), tuple(alike), tuple(worse))


def baseline_caveat(pairs: Sequence[tuple[Group, Variant]], intervals: Intervals) -> str:
    """Say where the baseline is not significantly better than a control; empty where it always is.

    A control that is given depth maps at test has more to go by, and may be better.

    Args:
        pairs: groups, each with the baseline's variant there.
        intervals: of the scores.
    """
    found = [(group, each, controls_of(group, each, intervals)) for group, each in pairs]
    alike = _from(found, lambda variant, controls: [each for each in controls.alike if _sees_as_little(each, variant)])
    worse = _from(found, lambda variant, controls: [each for each in controls.better if _sees_as_little(each, variant)])
    said = [f"cannot be told apart from a method that learns nothing: from {', from '.join(alike)}"] if alike else []
    said += [f"is worse than a method that learns nothing: than {', than '.join(worse)}"] if worse else []
    return f"The baseline, {pairs[0][1].method}, {', and '.join(said)}." if said else ""


def _from(
    found: Sequence[tuple[Group, Variant, Controls]], choose: Callable[[Variant, Controls], Sequence[Variant]]
) -> list[str]:
    """Return the controls that ``choose`` gives with the datasets on which it gives them: ``mean_pose on squares``."""
    chosen = [(group, each, tuple(c.method for c in choose(each, controls))) for group, each, controls in found]
    places: dict[tuple[str, ...], list[tuple[Group, Variant]]] = {}
    for group, each, names in chosen:
        if names:
            places.setdefault(names, []).append((group, each))
    return [f"{joined(names)} on {_places(pairs)}" for names, pairs in places.items()]


def _sees_as_little(control: Variant, variant: Variant) -> bool:
    """Return whether a control is given no more at test than a method is."""
    return variant.sees_depth or not control.sees_depth


def baseline_learned(pairs: Sequence[tuple[Group, Variant]], intervals: Intervals) -> str:
    """Say where the baseline beats every control that sees as little as it does, and the best of them; or empty.

    A control that is given depth maps at test has more to go by than a baseline without, and does not count here.

    Args:
        pairs: groups, each with the baseline's variant there.
        intervals: of the scores.
    """
    places = []
    for group, variant in pairs:
        found, key = controls_of(group, variant, intervals), headline_score(group)
        equals = [each for each in (*found.better, *found.alike) if _sees_as_little(each, variant)]
        beaten = [each for each in ranked(found.worse, key) if _sees_as_little(each, variant)]
        if beaten and not equals:
            ours, best = (each.measured(key.protocol, key.metric) for each in (variant, beaten[0]))
            scores = " against ".join(number(value.mean, key.digits) for value in (ours, best) if value)
            places.append(f"{group.dataset}{' (your runs)' if variant.own else ''} ({scores} of {beaten[0].method})")
    if not places:
        return ""
    name = pairs[0][1].method
    return f"{name} has learned on {joined(places)}: it is better than every method that learns nothing from pictures."


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


def control_caveats(groups: Sequence[Group], display: Display, intervals: Intervals) -> tuple[str, str, str]:
    """Return three sentences, each empty where there is nothing to say.

    The first says which controls match the baseline, the second where the baseline beats them, the third which are no
    worse than the subject.
    """
    baselines, subjects = (headline_variants(groups, method) for method in (display.baseline, display.subject))
    return (
        baseline_caveat(baselines, intervals),
        baseline_learned(baselines, intervals),
        subject_caveat(subjects, intervals),
    )


def headline_variants(groups: Sequence[Group], method: str) -> list[tuple[Group, Variant]]:
    """Return each group with the main variant of a method, and with the reader's own that the headline names."""
    pairs = []
    for group in groups:
        mains = [variant for variant in group.variants_of(method) if variant.main]
        own = [variant for variant in group.variants_of(method) if variant.own and not variant.main]
        pairs += [(group, variant) for variant in (*mains[:1], *own[:1])]
    return pairs
