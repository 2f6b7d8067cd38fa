"""The published absolute numbers, each with its source."""

from collections.abc import Sequence

from dkp_bench.analysis.published import PublishedNumber, verified_notes
from dkp_bench.analysis.scores import arrow, metric_name
from dkp_bench.report.blocks import Cell, Column, Details, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.text import as_published

COLUMNS = (
    Column("method", numeric=False),
    Column("published"),
    Column("measure", numeric=False),
    Column("protocol", numeric=False),
    Column("source", numeric=False),
)


def section(data: ReportData) -> Section | None:
    """Build a table for each dataset, folded away; None if no number is known."""
    numbers = data.published.published
    datasets = list(dict.fromkeys(number.stated_for for number in numbers))
    if not datasets:
        return None
    text = Text(
        "Read in the sources named and nowhere computed. Projects score in different ways, so two numbers in a column "
        "may measure different things. The protocol is the one that the method's own code applies, where that is known."
    )
    tables = [_table(dataset, [entry for entry in numbers if entry.stated_for == dataset]) for dataset in datasets]
    folded = (Details(table.caption, blocks=(table,)) for table in tables)
    return Section("literature", "Published numbers", (text, *folded))


def _table(dataset: str, entries: Sequence[PublishedNumber]) -> Table:
    rows = tuple(
        (
            Cell(entry.method),
            Cell(as_published(entry.value), "published", value=float(entry.value)),
            Cell(metric_name(entry.metric), detail=f"{entry.unit} {arrow(entry.higher_is_better)}"),
            Cell(entry.protocol or "not stated"),
            Cell(entry.source, url=entry.url),
        )
        for entry in entries
    )
    return Table(dataset, COLUMNS, rows, verified_notes((entry.method, entry.verified) for entry in entries))
