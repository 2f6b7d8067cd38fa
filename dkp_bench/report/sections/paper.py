"""The paper's tables, laid out as in the paper, published and measured side by side."""

from typing import Literal

from dkp_bench.analysis.caveats import PUBLISHED_PROFILE, not_as_published
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import PaperColumn, PaperRow, PaperTable, Published, seeds_command
from dkp_bench.analysis.scores import MetricKey, arrow, headline_metric, metric_name
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import remarks, score_cell
from dkp_bench.report.data import ReportData
from dkp_bench.text import as_published, seeds

LEGEND = (
    "Laid out as far as the paper could be read; what could not stands under each table. A published number stands as "
    "its source has it and is never computed from another: where the source gives a change alone, the change stands "
    "there. “Not read” means that nobody could read it, not that the paper lacks it. Measured are runs as published "
    "alone, under the dataset's headline protocol, with their 95 % intervals; the section on the claim has the others."
)
NOT_READ = Cell("not read", "empty")


def section(data: ReportData) -> Section | None:
    """Build a table for each of the paper's, folded away if nothing in it was measured; None if none is laid out."""
    tables = tuple(_table(data, layout) for layout in data.published.table)
    if not tables:
        return None
    blocks: tuple[Block, ...] = (Text(LEGEND), *tables)
    if not any(cell.kind == "measured" for table in tables for row in table.rows for cell in row):
        names = "; ".join(table.caption for table in tables)
        nothing = f"Nothing was run as published, so the paper's tables hold published numbers alone: {names}."
        blocks = (Text(nothing), Details("The paper's tables, with what is published", blocks=(Text(LEGEND), *tables)))
    return Section("paper", "The paper's tables", blocks)


def _table(data: ReportData, layout: PaperTable) -> Table:
    columns = [Column("method", numeric=False)]
    for column in layout.column:
        unit, better = _measure(column, data.published)
        columns.append(Column(column.stated_for, f"published: {unit}", better))
        columns += [Column(dataset, "measured") for dataset in column.datasets]
    rows = tuple((_name(row), *_cells(data, layout, row)) for row in layout.row)
    command = seeds_command("METHOD", "DATASET", PUBLISHED_PROFILE, {"KEY": "VALUE"})
    missing = f"What was not run: {command} --data PATH, with the method and settings that stand under a row's name."
    notes = (f"{layout.source}: {layout.verified}.", missing)
    return Table(layout.caption, tuple(columns), rows, notes, name=layout.name, sortable=False)


def _name(row: PaperRow) -> Cell:
    """Return the paper's name of a row and, beneath, what it is here."""
    settings = (f"{key}={value}" for key, value in row.settings.items())
    return Cell(row.name, detail=" ".join([row.method, *(f"--set {each}" for each in settings)]).strip())


def _measure(column: PaperColumn, published: Published) -> tuple[str, Literal["", "↓", "↑"]]:
    """Return the paper's name of a column's metric, with the direction that is better."""
    found = next((d for d in published.delta if (d.stated_for, d.metric) == (column.stated_for, column.metric)), None)
    return (found.metric_name, arrow(found.higher_is_better)) if found else (metric_name(column.metric), "")


def _cells(data: ReportData, layout: PaperTable, row: PaperRow) -> list[Cell]:
    cells: list[Cell] = []
    for column in layout.column:
        cells.append(_published(data.published, column, row))
        cells += [_measured(data, row, dataset, column.metric) for dataset in column.datasets]
    return cells


def _published(published: Published, column: PaperColumn, row: PaperRow) -> Cell:
    """Return the published number of a method, or else its change; or that neither was read."""
    for found in published.published:
        if (found.stated_for, found.method) == (column.stated_for, row.name):
            what = "" if found.metric == column.metric else f"{metric_name(found.metric)}, "
            return Cell(as_published(found.value), "published", f"{what}{found.unit}", url=found.url)
    whole = bool(row.method) and not row.settings
    for delta in published.delta:
        if whole and (delta.stated_for, delta.method) == (column.stated_for, row.method):
            value = f"{as_published(delta.value, change=True)} {delta.unit}"
            return Cell(value, "published", "a change; the number was not read", url=delta.url)
    return NOT_READ


def _measured(data: ReportData, row: PaperRow, dataset: str, metric: str) -> Cell:
    """Return the score of the runs made as published on a dataset."""
    if not row.method:
        return EMPTY
    groups = [s for s in data.groups if (s.dataset, s.profile) == (dataset, PUBLISHED_PROFILE)]
    scores = [(group, headline_metric(group, metric)) for group in groups]
    found = [cell for group, key in scores if (cell := _number(data, group, key, row))]
    return found[0] if found else Cell("not run", "not-run")


def _number(data: ReportData, group: Group, key: MetricKey, row: PaperRow) -> Cell | None:
    variant = next((v for v in group.variants_of(row.method) if _is_meant(v, row)), None)
    if variant is None or variant.measured(key.protocol, key.metric) is None:
        return None
    said = remarks(variant, group)
    return score_cell(data.intervals, group, variant, key, [seeds(len(variant.runs)), *([said] if said else [])])


def _is_meant(variant: Variant, row: PaperRow) -> bool:
    """Return whether a variant was run as published, apart from the settings that the row is about."""
    has = all(run.record.settings.get(key) == value for run in variant.runs for key, value in row.settings.items())
    return has and not not_as_published(variant.runs, row.settings)
