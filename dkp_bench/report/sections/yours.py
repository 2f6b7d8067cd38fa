"""The reader's own runs beside the stored ones: the first thing to look for after a reproduction."""

from dkp_bench.analysis.agreement import (
    AGREEMENT_WORDS,
    AgreementRow,
    AgreementVerdict,
    agreement_in_short,
    agreement_rows,
)
from dkp_bench.report.blocks import Cell, CellKind, Column, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.text import seeds

COLUMNS = (
    Column("method", numeric=False),
    Column("yours"),
    Column("stored"),
    Column("agree?", numeric=False),
)
KINDS: dict[AgreementVerdict, CellKind] = {
    "equal": "reproduced",
    "within": "reproduced",
    "outside": "not-reproduced",
    "unknown": "empty",
}
LEGEND = (
    "A number agrees if it is the stored one of the same seed to rounding (the same processor and packages give it), "
    "or lies where other seeds would: in the 95 % prediction interval of the stored seeds. Of numbers that differ by "
    "chance in training alone, one in twenty falls outside. Your runs are never averaged with stored ones; below, they "
    "have rows of their own."
)


def section(data: ReportData) -> Section | None:
    """Build a table for each dataset that the reader has runs on; None if no stored run can be compared with them."""
    rows = agreement_rows(data.groups, data.stored)
    if not rows:
        return None
    groups = dict.fromkeys(row.group.anchor for row in rows)
    tables = [_table([row for row in rows if row.group.anchor == anchor]) for anchor in groups]
    return Section("yours", "Your runs beside the stored ones", (Text(agreement_in_short(rows)), *tables, Text(LEGEND)))


def _table(rows: list[AgreementRow]) -> Table:
    group, key = rows[0].group, rows[0].key
    caption = f"{group.dataset}, {group.profile} profile: {key.in_words}"
    lines = tuple(_row(row) for row in rows)
    name = f"yours {group.dataset} {group.profile}"
    return Table(caption, COLUMNS, lines, name=name, prominent=True, stacked=True)


def _row(row: AgreementRow) -> tuple[Cell, ...]:
    verdict, counts = row.found.verdict, (len(row.found.own), len(row.found.stored))
    stored = Cell(row.stored, "measured" if counts[1] else "empty", seeds(counts[1]) if counts[1] else "")
    return (
        Cell(row.variant.unmarked),
        Cell(row.own, "measured", seeds(counts[0])),
        stored,
        Cell(AGREEMENT_WORDS[verdict], KINDS[verdict], row.reason, strong=verdict != "unknown"),
    )
