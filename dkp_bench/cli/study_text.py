"""What ``dkp-bench study`` prints: the list of studies, one study with its verdicts, each as text and as JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tabulate

from dkp_bench.errors import shell_command
from dkp_bench.report.cells import comparison_numbers
from dkp_bench.statistics import Interval
from dkp_bench.studies.design import Condition
from dkp_bench.studies.language import level_name
from dkp_bench.studies.measured import PlaceResults, StudyResults
from dkp_bench.studies.study import HOW_TO_WRITE
from dkp_bench.studies.verdicts import ClaimResult, Verdict, verdicts
from dkp_bench.text import counted, duration, entry, folded, wrapped

MOST_AXES = 2
"""Axes that are named in the list."""


@dataclass(frozen=True)
class Told:
    """A study, and how long what is missing of it may take.

    Attributes:
        name: of the study.
        results: what is measured of it.
        seconds: that each missing spec may take on this machine; None where nothing like it was measured.
    """

    name: str
    results: StudyResults
    seconds: tuple[float | None, ...]

    @property
    def left(self) -> str:
        """How much is left and how long it may take, in words; empty where nothing is."""
        known = [each for each in self.seconds if each is not None]
        unknown = len(self.seconds) - len(known)
        parts = [f"{counted(len(known), 'run')} of about {duration(sum(known))} in all"] if known else []
        parts += [f"{unknown} of unknown speed"] if unknown else []
        return ", and ".join(parts)

    @property
    def progress(self) -> str:
        """How much is measured, in words."""
        design = self.results.design
        told = f"{self.results.measured} of {counted(len(design.specs), 'run')} measured"
        return "; left: ".join(part for part in (told, self.left) if part)


def list_text(listed: Sequence[Told]) -> str:
    """Return the studies with their questions, levels, progress and verdicts, in lines of 80 columns."""
    if not listed:
        return f"there is no study\none of your own is a file: results/studies/NAME.toml; {HOW_TO_WRITE}"
    width = max(len(each.name) for each in listed)
    return "\n\n".join(_listed(each, f"{each.name:<{width}}  ") for each in listed)


def study_text(told: Told) -> str:
    """Return a study's tables and verdicts in lines of 80 columns."""
    study = told.results.design.study
    head = "\n".join([study.title, wrapped(study.question), folded(told.progress)])
    tables = [_table(at, told.results) for at in told.results.places if at.variants]
    found = [_verdict(each) for each in verdicts(told.results)]
    missing = [f"to add what is missing: {_command(told)}"] if told.results.missing else []
    return "\n\n".join([head, *tables, *found, *missing])


def summary_object(told: Told) -> dict[str, Any]:
    """Return what the list says of a study, for JSON; docs/scripts.md describes its keys."""
    design = told.results.design
    axes = zip(design.study.axis, design.levels, strict=True)
    return {
        "study": told.name,
        "title": design.study.title,
        "question": design.study.question,
        "axes": [{"name": axis.name, "varies": axis.varies, "levels": list(levels)} for axis, levels in axes],
        "arms": [arm.name for arm in design.study.arm],
        "places": [str(place) for place in design.planned],
        "runs": len(design.specs),
        "measured": told.results.measured,
        "left_seconds": sum(each for each in told.seconds if each is not None),
        "left_of_unknown_speed": sum(each is None for each in told.seconds),
        "verdicts": {each.hypothesis.name: each.decision for each in verdicts(told.results)},
        "command": _command(told),
    }


def study_object(told: Told) -> dict[str, Any]:
    """Return everything that is measured of a study and every verdict, for JSON."""
    measurements = [_place_object(at) for at in told.results.places]
    hypotheses = [_verdict_object(each) for each in verdicts(told.results)]
    return {**summary_object(told), "measurements": measurements, "hypotheses": hypotheses}


def _listed(told: Told, head: str) -> str:
    design = told.results.design
    pairs = list(zip(design.study.axis, design.levels, strict=True))
    axes = [f"{axis.name} at {counted(len(levels), 'level')}" for axis, levels in pairs]
    axes = axes if len(axes) <= MOST_AXES else [f"{len(axes)} axes"]
    shape = ", ".join([*axes, counted(len(design.study.arm), "arm"), counted(len(design.planned), "setting")])
    decisions: dict[str, list[str]] = {}
    for each in verdicts(told.results):
        decisions.setdefault(each.decision, []).append(each.hypothesis.name)
    decided = "; ".join(f"{decision}: {', '.join(names)}" for decision, names in decisions.items())
    lines = [line for line in (design.study.question, shape, told.progress, decided) if line]
    indent = " " * len(head)
    return "\n".join(entry(head if place == 0 else indent, line) for place, line in enumerate(lines))


def _table(at: PlaceResults, results: StudyResults) -> str:
    """Return the scores at one place: a row for each level and a column for each arm, or a row for each condition."""
    design, better = results.design, "higher" if at.key.higher_is_better else "lower"
    title = wrapped(f"{at.place}: {at.key.name}, {at.key.unit}, {better} is better")
    varied = [arm for arm in design.study.arm if len(design.of_arm(arm.name)) > 1]
    alone = [condition for condition in at.variants if condition.arm not in [arm.name for arm in varied]]
    notes = list(map(wrapped, at.notes))
    if len(design.study.axis) != 1 or not varied:
        rows = [[str(each), *_score(at, each)] for each in design.conditions]
        return "\n".join([title, _aligned(rows, ["condition", "score", "seeds"]), *notes])
    rows = []
    for level in design.levels[0]:
        cells = [_score(at, Condition(arm.name, (level,))) for arm in varied]
        rows.append([level_name(level), *(f"{score} ({count})" if count else score for score, count in cells)])
    heads = [design.study.axis[0].name, *(arm.name for arm in varied)]
    beside = [f"{each}: {score} ({count})" for each in alone for score, count in [_score(at, each)]]
    return "\n".join([title, _aligned(rows, heads), *map(wrapped, beside), *notes])


def _score(at: PlaceResults, condition: Condition) -> tuple[str, str]:
    """Return a mean over seeds with its spread, and the number of seeds."""
    variant = at.variants.get(condition)
    value = variant.measured(at.key.protocol, at.key.metric) if variant else None
    return (value.text(at.key.digits), str(len(value.values))) if value else ("–", "")


def _aligned(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    sides = ("left", *("right" for _ in heads[1:]))
    return tabulate.tabulate(rows, heads, tablefmt="simple", disable_numparse=True, colalign=sides)


def _verdict(found: Verdict) -> str:
    head = f"{found.decision}: {found.hypothesis.name}: {found.hypothesis.statement}"
    lines = [_comparison(each) for each in found.findings if each.seeds]
    told = [*lines, found.reason] if found.reason else lines
    return "\n".join([wrapped(head, "", "  "), *(wrapped(line, "  ", "    ") for line in told)])


def _comparison(found: ClaimResult) -> str:
    numbers = comparison_numbers(found)
    return f"{found.outcome}: {found.claim} on {found.place}" + (f": {numbers}" if numbers else "")


def _command(told: Told) -> str:
    return shell_command("dkp-bench", "study", told.name)


def _place_object(at: PlaceResults) -> dict[str, Any]:
    conditions = []
    for condition, variant in at.variants.items():
        measured = at.intervals.measurement(at.group(variant), variant, at.key)
        interval = measured.estimate.interval() if measured else None
        score = variant.measured(at.key.protocol, at.key.metric)
        conditions.append(
            {
                "condition": str(condition),
                "arm": condition.arm,
                "levels": list(condition.levels),
                "score": score.mean if score else None,
                "interval": _ends(interval),
                "seeds": list(variant.seeds),
            }
        )
    place, key = at.place, at.key
    head = {"dataset": place.dataset, "profile": place.profile, "split": place.split}
    return {**head, "protocol": key.protocol, "metric": key.metric, "unit": key.unit, "conditions": conditions}


def _ends(interval: Interval | None) -> list[float] | None:
    """Return the ends of an interval, for JSON, which has no infinity; None where there are none."""
    return [interval.low, interval.high] if interval and math.isfinite(interval.low + interval.high) else None


def _verdict_object(found: Verdict) -> dict[str, Any]:
    return {
        "hypothesis": found.hypothesis.name,
        "statement": found.hypothesis.statement,
        "decision": found.decision,
        "reason": found.reason,
        "findings": [
            {
                "claim": str(each.claim),
                "place": str(each.place),
                "outcome": each.outcome,
                "value": each.value,
                "interval": _ends(each.interval),
                "seeds": each.seeds,
                "reason": each.reason,
            }
            for each in found.findings
        ],
    }
