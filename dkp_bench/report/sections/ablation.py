"""The ablation of the teacher: the subject without it, the teacher by itself, and the whole method."""

from dkp_bench.analysis.claims import change_between
from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.published import Display, command_for
from dkp_bench.analysis.scores import ON_FIGURE, headline_score
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Section, Table
from dkp_bench.report.cells import change_span, score_column, seeds_cell
from dkp_bench.report.data import ReportData
from dkp_bench.report.figures.results import DotPanel, dot_plot
from dkp_bench.text import signed


def section(data: ReportData) -> Section | None:
    """Build a table and a figure; None if no part of the ablation was run."""
    display = data.published.report
    groups = [s for s in data.groups if any(s.variants_of(method) for method in display.ablation)]
    if not groups:
        return None
    blocks: list[Block] = [_table(data, groups)]
    panels = tuple(panel for group in groups for panel in _panels(group, display))
    caption = f"A dot is a seed, the bar their mean; the dashed line is the mean of {display.baseline}."
    alt = f"Headline score and share of keypoints on the figure for {', '.join(display.ablation)} on each dataset."
    blocks.append(dot_plot("ablation.svg", panels, caption, alt))
    return Section("ablation", "Ablation: with and without the teacher", tuple(blocks))


def _table(data: ReportData, groups: list[Group]) -> Table:
    display = data.published.report
    reference = display.ablation[0]
    columns = (
        Column("dataset", numeric=False),
        Column("method", numeric=False),
        Column("score"),
        Column(f"against {reference}", "95 % interval"),
        score_column(ON_FIGURE),
    )
    rows = []
    for group in groups:
        base = next(iter(group.variants_of(reference)), None)
        for method in display.ablation:
            label = Cell(f"{group.dataset} ({group.profile})", detail=headline_score(group).in_words)
            variants = group.variants_of(method)[:1]
            rows += [(label, *_cells(data, group, variant, base)) for variant in variants]
            if not variants:
                missing = Cell("not run", "not-run", code=command_for(group.dataset, data.published))
                rows.append((label, Cell(method), missing, EMPTY, EMPTY))
    return Table("No teacher, teacher only, and the full method", columns, tuple(rows))


def _cells(data: ReportData, group: Group, variant: Variant, base: Variant | None) -> tuple[Cell, ...]:
    name = Cell(variant.label, detail="sees depth at test" if variant.sees_depth else "")
    score = seeds_cell(variant, headline_score(group))
    return (name, score, _against(data, group, variant, base), seeds_cell(variant, ON_FIGURE))


def _against(data: ReportData, group: Group, variant: Variant, base: Variant | None) -> Cell:
    """Return the relative change of the mean over the seeds that both have."""
    if base is None or variant is base:
        return EMPTY
    change = change_between(group, base, variant, headline_score(group), data.intervals)
    if change is None or change.percent is None:
        return EMPTY
    return Cell(f"{signed(change.percent, 1)} %", "measured", change_span(change.estimate), value=change.percent)


def _panels(group: Group, display: Display) -> list[DotPanel]:
    variants = [v for method in display.ablation for v in group.variants_of(method)[:1]]
    baseline = next(iter(group.variants_of(display.baseline)), None)
    panels = []
    for key in (headline_score(group), ON_FIGURE):
        rows = [(v.label, m.values) for v in variants if (m := v.measured(key.protocol, key.metric))]
        line = baseline.measured(key.protocol, key.metric) if baseline else None
        if rows:
            title = f"{group.dataset} ({group.profile})"
            axis = f"{key.name} ({key.unit})" if key.unit else key.name
            panels.append(DotPanel(title, axis, tuple(rows), line.mean if line else None))
    return panels
