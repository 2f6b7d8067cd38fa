"""The register of ambiguities, with what another answer to each question was measured to change."""

from dataclasses import replace

from dkp_bench.analysis.claims import Change, change_between
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import seeds_command
from dkp_bench.analysis.scores import headline_score
from dkp_bench.report.blocks import EMPTY, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import change_span
from dkp_bench.report.data import ReportData
from dkp_bench.runs.spec import Value
from dkp_bench.studies.design import Condition, Design, Place
from dkp_bench.studies.finder import RunFinder
from dkp_bench.studies.language import level_name
from dkp_bench.studies.measured import PlaceResults, measured_at
from dkp_bench.studies.study import Axis
from dkp_bench.text import number, seeds, signed

INTRODUCTION = (
    "What could be read of the paper leaves these questions open. Each answer that can be set is a setting, and every"
    " setting is in the signature. Measured is the relative change of {subject}'s headline score from its main "
    "settings to the same with that one answer changed, over the same seeds, with its 95 % interval. A change whose "
    "interval holds 0 can't be told from none. With one seed it says nothing of chance in training: hold the change "
    "against how far the seeds differ, beneath the table."
)
EFFECTS = (
    Column("setting", numeric=False),
    Column("value", numeric=False),
    Column("meaning", numeric=False, prose=True),
    Column("change of the score", "95 % interval"),
    Column("measured on", numeric=False),
)
QUESTIONS = (
    Column("question", numeric=False, prose=True),
    Column("answered by", numeric=False, prose=True),
    Column("why", numeric=False, prose=True),
)


def section(data: ReportData) -> Section | None:
    """Build a table of the settings and, folded away, one of all questions with the reasons for the answers.

    They are those of the studies that say of themselves that a publication leaves their axes open; None without any.
    """
    designs = [design for design in data.designs.values() if design.study.left_open]
    if not designs:
        return None
    rows, lines, notes = [], [], []
    for design in designs:
        places = _places(data, design)
        rows += [row for place in range(len(design.study.axis)) for row in _rows(design, place, places)]
        lines += [_question(axis.question, _default(design, axis), axis.why) for axis in design.study.axis]
        lines += [_question(each.question, each.answer, each.why) for each in design.study.settled]
        notes += _spreads(design, places)
    questions = Table("Questions left open", QUESTIONS, tuple(lines))
    blocks = (
        Text(INTRODUCTION.format(subject=data.published.report.subject)),
        Table("What other answers change", EFFECTS, tuple(rows), tuple(notes), name="effects", sortable=False),
        Details("The questions, and why each is answered so", blocks=(questions,)),
    )
    return Section("register", "Register of ambiguities", blocks)


def _places(data: ReportData, design: Design) -> list[tuple[Group, PlaceResults]]:
    """Return what is measured in every group, wherever the study itself plans to measure."""
    found = []
    for group in data.groups:
        place = Place(group.dataset, group.profile, group.identity.split)
        finder = RunFinder(group.runs, data.sources.stored)
        found.append((group, measured_at(place, design, finder, data.intervals)))
    return found


def _main(design: Design) -> Condition:
    """Return the condition with the default, which stands first, at each axis."""
    return Condition(design.study.arm[0].name, tuple(levels[0] for levels in design.levels))


def _rows(design: Design, at: int, places: list[tuple[Group, PlaceResults]]) -> list[tuple[Cell, ...]]:
    """Return a row for each level of an axis and each group it was measured in."""
    axis, main = design.study.axis[at], _main(design)
    setting = Cell(axis.varies, detail=_plain(axis.question))
    rows: list[tuple[Cell, ...]] = []
    for level in design.levels[at]:
        meaning = axis.levels.get(level_name(level), "")
        head = (setting, Cell(level_name(level)), Cell(_plain(meaning)) if meaning else EMPTY)
        if level == main.levels[at]:
            rows.append((*head, Cell("default"), EMPTY))
            continue
        other = replace(main, levels=(*main.levels[:at], level, *main.levels[at + 1 :]))
        changes = [found for group, place in places if (found := _change(group, place, main, other))]
        rows += [(*head, *_measured(change)) for change in changes]
        rows += [] if changes else [(*head, _not_run(design, axis, level), EMPTY)]
    return rows


def _change(group: Group, place: PlaceResults, main: Condition, other: Condition) -> Change | None:
    if main not in place.variants or other not in place.variants:
        return None
    before, after = place.variants[main], place.variants[other]
    return change_between(group, before, after, headline_score(group), place.intervals)


def _measured(change: Change) -> tuple[Cell, Cell]:
    percent = "not defined (from zero)" if change.percent is None else f"{signed(change.percent, 1)} %"
    group, score = change.group, change.score
    where = f"{group.profile} profile, {score.name} {score.better}, {seeds(len(change.seeds))}"
    cell = Cell(percent, "measured", change_span(change.estimate), value=change.percent)
    return cell, Cell(group.dataset, detail=where)


def _spreads(design: Design, places: list[tuple[Group, PlaceResults]]) -> list[str]:
    """Return how far apart the seeds of the main settings are, in every group that has other settings too."""
    notes = []
    for group, place in places:
        main: Variant | None = place.variants.get(_main(design))
        key = headline_score(group)
        value = main.measured(key.protocol, key.metric) if main and len(place.variants) > 1 else None
        if value and value.sd and value.mean:
            spread = f"{number(100 * value.sd / abs(value.mean), 1)} %"
            which = f"{group.dataset}, {group.profile} profile"
            notes.append(f"{which}: at the main settings the seeds differ by {spread} (their standard deviation).")
    return notes


def _not_run(design: Design, axis: Axis, level: Value) -> Cell:
    """Return ``not run`` with the command that measures it where the study would."""
    place, method = next(iter(design.planned)), design.study.arm[0].method
    code = seeds_command(method, place.dataset, place.profile, {axis.varies: level})
    return Cell("not run", "not-run", code=code)


def _default(design: Design, axis: Axis) -> str:
    return f"{level_name(design.levels[design.study.axis.index(axis)][0])} ({axis.varies})"


def _question(question: str, answer: str, why: str) -> tuple[Cell, ...]:
    return Cell(_plain(question)), Cell(_plain(answer)), Cell(_plain(why))


def _plain(text: str) -> str:
    """Return text without Markdown's marks for code and emphasis."""
    return text.replace("`", "").replace("*", "")
