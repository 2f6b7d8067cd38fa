"""The paper's changes and the stand-ins, each published, measured or not run, and the verdicts."""

from collections.abc import Sequence

from dkp_bench.analysis.caveats import changed_settings, not_as_published
from dkp_bench.analysis.claims import RULE, Change, ClaimOutcome, ClaimRow, Refused, verdict
from dkp_bench.analysis.comparable import YOURS
from dkp_bench.analysis.published import PublishedDelta, verified_notes
from dkp_bench.analysis.scores import ON_FIGURE, arrow
from dkp_bench.report.blocks import EMPTY, Block, Cell, CellKind, Column, Details, Section, Table, Text
from dkp_bench.report.cells import change_span
from dkp_bench.report.data import ReportData
from dkp_bench.text import as_published, number, seeds, signed

DATASET = Column("dataset", numeric=False)
MEASURED = Column("measured", "95 % interval")
ON_FIGURE_COLUMN = Column("on figure", better="↑")
STAND_INS = (
    "The stand-ins are other data, made so that anybody can run the comparison. They stand in and test no published "
    "number: a change measured there tests the paper's argument, not its figures."
)
KINDS: dict[ClaimOutcome, CellKind] = {
    "reproduced": "reproduced",
    "direction-only": "direction-only",
    "not-reproduced": "not-reproduced",
    "not-run": "not-run",
    "none": "label",
}


def section(data: ReportData) -> Section:
    """Build the table of the paper's changes, folded away if none of them was run, and that of the stand-ins."""
    display = data.published.report
    key = [row for row in data.claims if not isinstance(row.outcome, Change) or _is_shown(row.outcome)]
    paper = [row for row in key if row.published]
    stand_ins = [row for row in key if not row.published]
    others = [row for row in data.claims if row not in key]
    pair = f"{display.subject} against {display.baseline}"
    columns = (DATASET, Column("published"), MEASURED, Column("verdict", numeric=False), ON_FIGURE_COLUMN)
    measured = any(row.outcome for row in paper)
    lines = tuple(map(_paper_row, paper))
    table = Table(f"The paper's changes: {pair}", columns, lines, _notes(paper), prominent=measured)
    blocks: list[Block] = [table, Text(RULE)]
    if not measured:
        folded = Details(
            "The paper's changes, the commands that measure them, and the rule", blocks=(table, Text(RULE))
        )
        blocks = [Text(_nothing_run(paper)), folded]
    blocks += [Text(text) for text in (data.published.reading, STAND_INS) if text]
    blocks.append(_unpublished(f"Stand-ins: {pair}", stand_ins))
    if others:
        table = _unpublished(f"With other settings: {pair}", others)
        blocks.append(Details("The same with other settings", blocks=(table,)))
    return Section("claim", "The claim", tuple(blocks))


def _is_shown(change: Change) -> bool:
    return change.subject.main or change.own


def _nothing_run(paper: Sequence[ClaimRow]) -> str:
    """Return the published changes in a sentence, each once."""
    deltas = {delta.stated_for: delta for row in paper if (delta := row.published)}
    changes = [
        f"{as_published(delta.value, change=True)} {delta.unit} {delta.metric_name} on {name}"
        for name, delta in deltas.items()
    ]
    return f"None of the paper's datasets was run. Published: {', '.join(changes)}."


def _unpublished(caption: str, rows: Sequence[ClaimRow]) -> Table:
    lines = tuple((_dataset(row), _measured(row), _on_figure(row)) for row in rows)
    return Table(caption, (DATASET, MEASURED, ON_FIGURE_COLUMN), lines)


def _notes(paper: Sequence[ClaimRow]) -> tuple[str, ...]:
    """Return notes on how the published changes were read, each dataset once, and on what a smaller profile shows."""
    deltas = {row.dataset: row.published for row in paper if row.published}
    notes = verified_notes((dataset, delta.verified) for dataset, delta in deltas.items())
    caution = not_as_published(run for row in paper if isinstance(row.outcome, Change) for run in row.outcome.runs)
    return (*notes, caution) if caution else notes


def _paper_row(row: ClaimRow) -> tuple[Cell, ...]:
    """Return a row with its verdict; for a change that was not run, the command that runs it."""
    if row.outcome is None:
        return (_dataset(row), _published(row.published), EMPTY, _measured(row), EMPTY)
    found = verdict(row)
    ruled = Cell(found.words, KINDS[found.outcome], found.reason, strong=found.outcome != "none")
    return (_dataset(row), _published(row.published), _measured(row), ruled, _on_figure(row))


def _dataset(row: ClaimRow) -> Cell:
    """Return the dataset and, beneath, the score and how the runs were made, if there are any."""
    published, outcome = row.published, row.outcome
    parts = [f"{published.metric_name} {arrow(published.higher_is_better)}"] if published else []
    if isinstance(outcome, Refused):
        parts.append(f"{outcome.profile} profile")
    if isinstance(outcome, Change):
        parts = parts or [f"{outcome.score.name} {outcome.score.better}"]
        parts += [f"{outcome.group.profile} profile", seeds(len(outcome.seeds)), outcome.group.identity.perceptual]
        parts += [] if outcome.subject.main else [outcome.subject.label]
        parts += [YOURS] if outcome.own and outcome.subject.label == outcome.subject.unmarked else []
        parts += dict.fromkeys([*changed_settings(outcome.subject), *changed_settings(outcome.baseline)])
    return Cell(row.dataset, detail=", ".join(parts))


def _published(delta: PublishedDelta | None) -> Cell:
    if delta is None:
        return EMPTY
    value = f"{as_published(delta.value, change=True)} {delta.unit}"
    return Cell(value, "published", f"{delta.stated_for}: {delta.source}", url=delta.url, value=float(delta.value))


def _measured(row: ClaimRow) -> Cell:
    if row.outcome is None:
        return Cell("not run", "not-run", code=row.command)
    if isinstance(row.outcome, Refused):
        return Cell(f"not comparable: {', '.join(row.outcome.fields)}", "not-run", code=row.command)
    change = row.outcome
    after, before = (score.text(change.score.digits) for score in (change.subject_score, change.baseline_score))
    values = f"{after} against {before}\N{NO-BREAK SPACE}{change.score.unit}".rstrip()
    percent = "not defined (from zero)" if change.percent is None else f"{signed(change.percent, 1)} %"
    points = "" if change.points is None else f"{signed(change.points, 1)} points: "
    detail = f"{change_span(change.estimate)}; {points}{values}"
    return Cell(percent, "measured", detail, strong=True, value=change.percent)


def _on_figure(row: ClaimRow) -> Cell:
    """Return the share of keypoints on the figure, the subject's above the baseline's."""
    if not isinstance(row.outcome, Change):
        return EMPTY
    change = row.outcome
    subject, baseline = (
        variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric, change.seeds)
        for variant in (change.subject, change.baseline)
    )
    if subject is None or baseline is None:
        return EMPTY
    against = f"against {number(baseline.mean, 1)} %"
    return Cell(f"{number(subject.mean, 1)} %", "measured", against, value=subject.mean)
