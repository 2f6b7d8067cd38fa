"""The register of ambiguities, with what another answer to each question was measured to change."""

from dkp_bench.analysis.claims import Change
from dkp_bench.analysis.published import seeds_command
from dkp_bench.analysis.scores import headline_score
from dkp_bench.analysis.studies import Question, effect, read_register
from dkp_bench.report.blocks import EMPTY, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import change_span
from dkp_bench.report.data import ReportData
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


def section(data: ReportData) -> Section:
    """Build a table of the settings and, folded away, one of all questions with the reasons for the answers."""
    questions, subject = read_register(), data.published.report.subject
    rows = tuple(row for question in questions for row in _rows(data, question))
    lines = tuple(_question(question, subject) for question in questions)
    blocks = (
        Text(INTRODUCTION.format(subject=subject)),
        Table("What other answers change", EFFECTS, rows, _spreads(data), name="effects", sortable=False),
        Details("The questions, and why each is answered so", blocks=(Table("Questions left open", QUESTIONS, lines),)),
    )
    return Section("register", "Register of ambiguities", blocks)


def _rows(data: ReportData, question: Question) -> list[tuple[Cell, ...]]:
    """Return a row for each value of a setting and each group it was measured in."""
    subject = data.published.report.subject
    setting = Cell(question.override(subject), detail=_plain(question.question))
    rows: list[tuple[Cell, ...]] = []
    for value, meaning in question.values.items():
        head = (setting, Cell(value), Cell(_plain(meaning)) if meaning else EMPTY)
        if value == question.default:
            rows.append((*head, Cell("default"), EMPTY))
            continue
        found = [effect(group, question, value, subject, data.intervals) for group in data.groups]
        changes = [change for change in found if change]
        rows += [(*head, *_measured(change)) for change in changes]
        rows += [] if changes else [(*head, _not_run(data, question, value), EMPTY)]
    return rows


def _measured(change: Change) -> tuple[Cell, Cell]:
    percent = "not defined (from zero)" if change.percent is None else f"{signed(change.percent, 1)} %"
    group, score = change.group, change.score
    where = f"{group.profile} profile, {score.name} {score.better}, {seeds(len(change.seeds))}"
    cell = Cell(percent, "measured", change_span(change.estimate), value=change.percent)
    return cell, Cell(group.dataset, detail=where)


def _spreads(data: ReportData) -> tuple[str, ...]:
    """Return how far apart the seeds of the main settings are, in every group that has other settings too."""
    notes = []
    for group in data.groups:
        main, *others = group.variants_of(data.published.report.subject) or (None,)
        key = headline_score(group)
        value = main.measured(key.protocol, key.metric) if main and others else None
        if value and value.sd and value.mean:
            spread = f"{number(100 * value.sd / abs(value.mean), 1)} %"
            which = f"{group.dataset}, {group.profile} profile"
            notes.append(f"{which}: at the main settings the seeds differ by {spread} (their standard deviation).")
    return tuple(notes)


def _not_run(data: ReportData, question: Question, value: str) -> Cell:
    """Return ``not run`` with the command that measures it, if possible on a dataset that needs no download."""
    published, subject = data.published, data.published.report.subject
    dataset = next(iter([*(entry.dataset for entry in published.stand_in), *published.datasets]), "DATASET")
    return Cell("not run", "not-run", code=seeds_command(subject, dataset, "tiny", {question.override(subject): value}))


def _question(question: Question, subject: str) -> tuple[Cell, ...]:
    answer = question.answer or f"{question.default} ({question.override(subject)})"
    return Cell(_plain(question.question)), Cell(_plain(answer)), Cell(_plain(question.why))


def _plain(text: str) -> str:
    """Return text without Markdown's marks for code and emphasis."""
    return text.replace("`", "").replace("*", "")
