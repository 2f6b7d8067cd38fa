"""The paper's changes and the stand-ins, each published, measured or not run."""

from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.cautions import not_as_published
from dkp_bench.report.deltas import Change, DeltaRow, Refused
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import as_published, number, seeds, signed
from dkp_bench.report.published import PublishedDelta, verified_notes
from dkp_bench.report.scores import ON_FIGURE, arrow

ORDER = 10
COLUMNS = (
    Column("dataset", numeric=False),
    Column("published"),
    Column("measured"),
    Column("on figure", better="↑"),
)


def section(evidence: Evidence) -> Section:
    """The table of the paper's changes and that of the stand-ins."""
    display = evidence.published.report
    paper = [row for row in evidence.deltas if row.published]
    stand_ins = [row for row in evidence.deltas if not row.published]
    pair = f"{display.subject} against {display.baseline}"
    blocks = (
        Table(f"The paper's changes: {pair}", COLUMNS, tuple(_row(row) for row in paper), _notes(paper)),
        Text(
            "The stand-ins are other data, made so that anybody can run the comparison. They have no published number; "
            "a change measured there tests the paper's argument, not its figures."
        ),
        Table(f"Stand-ins: {pair}", COLUMNS, tuple(_row(row) for row in stand_ins)),
    )
    return Section("claim", "The claim", blocks)


def _notes(paper: list[DeltaRow]) -> tuple[str, ...]:
    """How the published changes were read, each dataset once, and what a smaller profile is worth."""
    deltas = {row.dataset: row.published for row in paper if row.published}
    notes = verified_notes((dataset, delta.verified) for dataset, delta in deltas.items())
    caution = not_as_published(run for row in paper if isinstance(row.outcome, Change) for run in row.outcome.runs)
    return (*notes, caution) if caution else notes


def _row(row: DeltaRow) -> tuple[Cell, ...]:
    return (_dataset(row), _published(row.published), _measured(row), _on_figure(row))


def _dataset(row: DeltaRow) -> Cell:
    """The dataset; beneath, the score and, where something was run, how."""
    published, outcome = row.published, row.outcome
    parts = [f"{published.metric_name} {arrow(published.higher_is_better)}"] if published else []
    if isinstance(outcome, Refused):
        parts.append(f"{outcome.profile} profile")
    if isinstance(outcome, Change):
        parts = parts or [f"{outcome.score.name} {outcome.score.better}"]
        parts += [f"{outcome.setup.profile} profile", seeds(len(outcome.seeds)), outcome.setup.identity.perceptual]
        parts += [] if outcome.subject.main else [outcome.subject.label]
    return Cell(row.dataset, detail=", ".join(parts))


def _published(delta: PublishedDelta | None) -> Cell:
    if delta is None:
        return EMPTY
    value = f"{as_published(delta.value, change=True)} {delta.unit}"
    return Cell(value, "published", f"{delta.stated_for}: {delta.source}", url=delta.url)


def _measured(row: DeltaRow) -> Cell:
    if row.outcome is None:
        return Cell("not run", "not-run", code=row.command)
    if isinstance(row.outcome, Refused):
        return Cell(f"not comparable: {', '.join(row.outcome.fields)}", "not-run", code=row.command)
    change = row.outcome
    after, before = (score.text(change.score.digits) for score in (change.subject_score, change.baseline_score))
    values = f"{after} against {before}\N{NO-BREAK SPACE}{change.score.unit}".rstrip()
    percent = "not defined (from zero)" if change.percent is None else f"{signed(change.percent, 1)} %"
    points = "" if change.points is None else f"{signed(change.points, 1)} points: "
    return Cell(percent, "measured", f"{points}{values}", strong=True)


def _on_figure(row: DeltaRow) -> Cell:
    """The share of keypoints on the figure, the subject's above the baseline's."""
    if not isinstance(row.outcome, Change):
        return EMPTY
    change = row.outcome
    subject, baseline = (
        variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric, change.seeds)
        for variant in (change.subject, change.baseline)
    )
    if subject is None or baseline is None:
        return EMPTY
    return Cell(f"{number(subject.mean, 1)} %", "measured", f"against {number(baseline.mean, 1)} %")
