"""The published absolute numbers, each with its source."""

from collections.abc import Sequence

from dkp_bench.report.blocks import Cell, Column, Section, Table, Text
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import as_published
from dkp_bench.report.published import PublishedNumber
from dkp_bench.report.scores import metric_name

ORDER = 60


def section(evidence: Evidence) -> Section | None:
    """A table for each dataset, or nothing where nothing is known."""
    numbers = evidence.published.published
    datasets = list(dict.fromkeys(number.dataset for number in numbers))
    if not datasets:
        return None
    text = Text(
        "Read in the sources named and nowhere computed. Projects score in different ways, so two numbers in a column "
        "may measure different things."
    )
    tables = [_table(dataset, [entry for entry in numbers if entry.dataset == dataset]) for dataset in datasets]
    return Section("literature", "Published numbers", (text, *tables))


def _table(dataset: str, entries: Sequence[PublishedNumber]) -> Table:
    first = entries[0]
    name, better = metric_name(first.metric), "↑" if first.higher_is_better else "↓"
    columns = (
        Column("method", numeric=False),
        Column(name, first.unit, "↑" if first.higher_is_better else "↓"),
        Column("protocol", numeric=False),
        Column("source", numeric=False),
    )
    rows = tuple(
        (
            Cell(entry.method),
            Cell(as_published(entry.value), "published"),
            Cell(entry.protocol or "not stated"),
            Cell(entry.source, url=entry.url),
        )
        for entry in entries
    )
    return Table(f"{dataset}: published {name} {better}", columns, rows)
