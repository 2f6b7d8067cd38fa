"""The pictures of a study: error by level, arms with tiers, pairs of levels, and a student against its teacher."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from dkp_bench.analysis.comparable import Variant
from dkp_bench.depth.corruption import THEN
from dkp_bench.methods import find_method
from dkp_bench.report.blocks import Figure
from dkp_bench.report.figures.chart import Reading, Reference
from dkp_bench.report.figures.curve import Curve, CurvePanel, curve_figure
from dkp_bench.report.figures.heat_map import HeatMap, heat_maps
from dkp_bench.report.figures.results import ResultPanel, ResultRow, results_figure
from dkp_bench.report.figures.scatter import ScatterDot, ScatterPanel, scatter_figure
from dkp_bench.runs.spec import Value
from dkp_bench.studies.contrasts import change_against
from dkp_bench.studies.design import Condition, Design
from dkp_bench.studies.language import level_name
from dkp_bench.studies.measured import PlaceResults, StudyResults, distance_to_teacher
from dkp_bench.studies.study import Axis
from dkp_bench.text import joined

FEWEST_TEACHERS = 3
"""Teachers of different errors without which a plot of students against them shows nothing."""
OTHERS = "others"
_LEVEL = re.compile(r"[-_]?[0-9.]+$")


def study_figures(name: str, results: StudyResults) -> list[Figure]:
    """Return the pictures that what is measured of a study allows, the most telling first.

    Args:
        name: of the study, for the names of files.
        results: what is measured of it.
    """
    axes, name = results.design.study.axis, file_name(name)
    draw = _curves if len(axes) == 1 and axes[0].scale != "category" else {0: _dots, 1: _dots, 2: _maps}.get(len(axes))
    return [*(draw(name, results) if draw else []), *_students(name, results)]


def file_name(name: str) -> str:
    """Return the name of a study for files and anchors: lower-case letters, digits and single hyphens.

    >>> file_name("My Study_2")
    'my-study-2'
    """
    return "-".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in name.lower()).split())


def reading_of(at: PlaceResults, variant: Variant | None) -> Reading | None:
    """Return the score of a condition with its interval; None where it was not run or not scored."""
    value = variant.measured(at.key.protocol, at.key.metric) if variant else None
    if variant is None or value is None:
        return None
    measured = at.intervals.measurement(at.group(variant), variant, at.key)
    return Reading(value.mean, measured.estimate.interval() if measured else None, len(value.values))


def level_value(axis: Axis, level: Value | None, at: PlaceResults) -> float:
    """Return the number of a level at its axis: times a setting of the runs at the place, where the axis says so."""
    runs = (run for variant in at.variants.values() for run in variant.runs if axis.times in run.record.settings)
    factor = next((float(run.record.settings[axis.times]) for run in runs), 1.0)
    return float(level or 0) * factor


def _dots(name: str, results: StudyResults) -> list[Figure]:
    """Draw arms, or categories that no line should join, the best on top; teachers stand in the plot of students."""
    design, panels = results.design, []
    shown = [arm.name for arm in design.study.arm if arm.method not in _teachers(design)]
    varied, names = [arm for arm in shown if len(design.of_arm(arm)) > 1], _short_names(design)
    for at in results.places:
        found = [(c, v, reading) for c, v in at.variants.items() if c.arm in shown and (reading := reading_of(at, v))]
        found.sort(key=lambda each: each[2].value, reverse=bool(at.key.higher_is_better))
        rows = tuple(
            ResultRow(
                names[condition] if [condition.arm] == varied else design.title(condition),
                reading,
                not variant.learns,
                variant.sees_depth,
                reference=condition.arm == design.study.against,
                tier=at.tiers.get(condition),
            )
            for condition, variant, reading in found
        )
        if rows:
            panels.append(ResultPanel(_title(at, results), _axis_of(at), at.key.digits, rows))
    told = "the best on top, with 95 % intervals; those of tier 1 can't be told apart from the best."
    return [results_figure(f"study-{name}.svg", panels, f"{_profiles(results)}, {told}")] if panels else []


def _teachers(design: Design) -> set[str]:
    """Return the methods that others of the study require, where the levels concern them too."""
    several = [arm.method for arm in design.study.arm if len(design.of_arm(arm.name)) > 1]
    return {name for method in several for name in find_method(method).requires}


def _curves(name: str, results: StudyResults) -> list[Figure]:
    """Draw the error by level, a line an arm; arms that the axis does not concern stand behind."""
    design, (axis,) = results.design, results.design.study.axis
    panels = []
    for at in results.places:
        curves: list[Curve] = []
        references: list[Reference] = []
        for arm in design.study.arm:
            conditions = design.of_arm(arm.name)
            found = [(c, reading) for c in conditions if (reading := reading_of(at, at.variants.get(c)))]
            if len(conditions) == 1:
                references += [Reference(arm.title, reading) for _, reading in found]
            elif found:
                readings = tuple((level_value(axis, c.levels[0], at), reading) for c, reading in found)
                curves.append(Curve(arm.title, readings, stands_out=not curves))
        if curves:
            head = _title(at, results), axis.label or axis.name, _axis_of(at), at.key.digits
            panels.append(CurvePanel(*head, tuple(curves), axis.scale, references=tuple(references)))
    told = f"the error by {axis.label or axis.name}, with 95 % intervals over test images and seeds."
    caption = f"{_profiles(results)}: {told}"
    return [curve_figure(f"study-{name}.svg", panels, caption), *_distances(name, results)] if panels else []


def _distances(name: str, results: StudyResults) -> list[Figure]:
    """Draw how far keypoints are from those of the teacher, by level: how much of a teacher the student becomes."""
    design, (axis,) = results.design, results.design.study.axis
    panels = []
    for at in results.places:
        curves = []
        for arm in design.study.arm:
            away = [(c, found) for c in design.of_arm(arm.name) if (found := distance_to_teacher(c, at))]
            if len(away) > 1:
                readings = [(level_value(axis, c.levels[0], at), Reading(d.mean, None, len(d.values))) for c, d in away]
                curves.append(Curve(arm.title, tuple(readings)))
        if curves:
            head = _title(at, results), axis.label or axis.name, "away from the teacher (% of edge)", 2
            panels.append(CurvePanel(*head, tuple(curves), axis.scale))
    caption = "How far the student's keypoints are from those of its teacher, a mean over images and keypoints."
    return [curve_figure(f"study-{name}-distance.svg", panels, caption)] if panels else []


def _maps(name: str, results: StudyResults) -> list[Figure]:
    """Draw the change against the reference for each pair of levels, a map for each arm that has several."""
    design, (rows, columns) = results.design, results.design.study.axis
    maps = []
    for at in results.places:
        for arm in design.study.arm:
            pairs = [[Condition(arm.name, (row, column)) for column in design.levels[1]] for row in design.levels[0]]
            cells = tuple(tuple(_change(design, condition, at) for condition in line) for line in pairs)
            if any(cell for line in cells for cell in line):
                maps.append(
                    HeatMap(
                        f"{arm.title}, {_title(at, results)}",
                        rows.label or rows.name,
                        columns.label or columns.name,
                        tuple(map(level_name, design.levels[0])),
                        tuple(map(level_name, design.levels[1])),
                        cells,
                        0.0,
                        f"change of the {at.key.name}, %",
                        "no change",
                        change=True,
                    )
                )
    caption = f"The change against {design.study.against} for each pair of levels."
    return [heat_maps(f"study-{name}.svg", maps, caption)] if maps else []


def _change(design: Design, condition: Condition, at: PlaceResults) -> Reading | None:
    found = change_against(design, condition, at)
    return Reading(found.value, found.interval, found.seeds) if found else None


def _students(name: str, results: StudyResults) -> list[Figure]:
    """Draw the error of each student against that of its teacher, if there are several teachers."""
    design, panels = results.design, []
    names = _short_names(design)
    for at in results.places:
        families = _families({condition: names[condition] for condition in at.required})
        dots = []
        for condition, teacher in at.required.items():
            x, y = reading_of(at, teacher), reading_of(at, at.variants[condition])
            if x and y:
                dots.append(ScatterDot(names[condition], x, y, families[condition]))
        if len({dot.x.value for dot in dots}) >= FEWEST_TEACHERS:
            panels.append(
                ScatterPanel(
                    _title(at, results),
                    f"error of the teacher ({at.key.unit})",
                    f"error of the student ({at.key.unit})",
                    at.key.digits,
                    tuple(dots),
                    tuple(_references(design, at)),
                )
            )
    caption = "The error of each student against that of the teacher it was trained with."
    return [scatter_figure(f"study-{name}-teachers.svg", panels, caption)] if panels else []


def _references(design: Design, at: PlaceResults) -> Sequence[Reference]:
    """Return what changes are told against, where it is one number."""
    conditions = design.of_arm(design.study.against)
    readings = [reading_of(at, at.variants.get(condition)) for condition in conditions if len(conditions) == 1]
    return [Reference(design.study.against_title, reading) for reading in readings if reading]


def _short_names(design: Design) -> dict[Condition, str]:
    """Return the names of levels without what stands before the first ``+`` in all of them that have one."""
    names = {condition: ", ".join(condition.names) or design.title(condition) for condition in design.conditions}
    before = {name.partition(THEN)[0] for name in names.values() if THEN in name}
    if len(before) != 1:
        return names
    return {condition: name.partition(THEN)[2] or name for condition, name in names.items()}


def _families(names: Mapping[Condition, str]) -> dict[Condition, str]:
    """Return the name of each level without the number at its end; those that are alone so are of the ``others``."""
    found = {condition: _LEVEL.sub("", name) for condition, name in names.items()}
    several = Counter(found.values())
    return {condition: family if several[family] > 1 else OTHERS for condition, family in found.items()}


def _title(at: PlaceResults, results: StudyResults) -> str:
    """Return the title of a panel: the dataset, with the profile where the study has several."""
    alike = len({(place.profile, place.split) for place in results.design.planned}) == 1
    return at.place.dataset if alike else str(at.place)


def _profiles(results: StudyResults) -> str:
    """Return the profiles of a study, as the beginning of a sentence."""
    names = dict.fromkeys(place.profile for place in results.design.planned)
    return f"The {joined(names)} {'profile' if len(names) == 1 else 'profiles'}"


def _axis_of(at: PlaceResults) -> str:
    return f"{at.key.name} ({at.key.unit})" if at.key.unit else at.key.name
