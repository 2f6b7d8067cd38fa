"""The paper's three changes and the stand-ins, each published, measured or not run."""

from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.deltas import Change, DeltaRow, Refused
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import as_published, number, seeds, signed
from dkp_bench.report.published import Display, PublishedDelta
from dkp_bench.report.scores import ON_FIGURE, metric_name

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
    notes = [f"{row.published.dataset}: {row.published.verified}." for row in paper if row.published]
    blocks = (
        Table(f"The paper's changes: {pair}", COLUMNS, tuple(_row(row, display) for row in paper), _merged(notes)),
        Text(
            "The stand-ins are other data, made so that anybody can run the comparison. They have no published number; "
            "a change measured there tests the paper's argument, not its figures."
        ),
        Table(f"Stand-ins: {pair}", COLUMNS, tuple(_row(row, display) for row in stand_ins)),
    )
    return Section("claim", "The claim", blocks)


def _row(row: DeltaRow, display: Display) -> tuple[Cell, ...]:
    return (_dataset(row, display), _published(row.published), _measured(row), _on_figure(row))


def _dataset(row: DeltaRow, display: Display) -> Cell:
    """The dataset; beneath, the score and, where something was run, how."""
    published, outcome = row.published, row.outcome
    name = published.metric_name if published else metric_name(display.headline_metric)
    parts = [f"{name} {'↑' if published and published.higher_is_better else '↓'}"]
    if isinstance(outcome, Refused):
        parts.append(f"{outcome.profile} profile")
    if isinstance(outcome, Change):
        parts += [f"{outcome.setup.profile} profile", seeds(len(outcome.seeds))]
        parts += [] if outcome.subject.main else [outcome.subject.label]
    return Cell(row.dataset, detail=", ".join(parts))


def _published(delta: PublishedDelta | None) -> Cell:
    if delta is None:
        return EMPTY
    value = f"{as_published(delta.value, change=True)} {delta.unit}"
    return Cell(value, "published", delta.source, url=delta.url)


def _measured(row: DeltaRow) -> Cell:
    if row.outcome is None:
        return Cell("not run", "not-run", code=row.command)
    if isinstance(row.outcome, Refused):
        return Cell(f"not comparable: {', '.join(row.outcome.fields)}", "not-run", code=row.command)
    change = row.outcome
    values = f"{change.subject_score.text(2)} against {change.baseline_score.text(2)} {change.unit}".rstrip()
    percent = "not defined (from zero)" if change.percent is None else f"{signed(change.percent, 1)} %"
    return Cell(percent, "measured", values, strong=True)


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


def _merged(notes: list[str]) -> tuple[str, ...]:
    """Notes that say the same of several datasets, said once."""
    datasets: dict[str, list[str]] = {}
    for note in notes:
        dataset, _, text = note.partition(": ")
        datasets.setdefault(text, []).append(dataset)
    return tuple(f"{', '.join(names)}: {text}" for text, names in datasets.items())
