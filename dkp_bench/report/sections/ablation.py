"""What the teacher contributes: the subject without it, the teacher alone, and the whole."""

from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Section, Table
from dkp_bench.report.deltas import command_for
from dkp_bench.report.dots import DotPanel, dot_plot
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import Measured, signed
from dkp_bench.report.published import Display
from dkp_bench.report.scores import ON_FIGURE, Shown, headline_score
from dkp_bench.report.setups import Setup, Variant

ORDER = 30


def section(evidence: Evidence) -> Section | None:
    """A table and a figure, or nothing where no part of the ablation was run."""
    display = evidence.published.report
    setups = [s for s in evidence.setups if any(s.variants_of(method) for method in display.ablation)]
    if not setups:
        return None
    blocks: list[Block] = [_table(evidence, setups)]
    panels = tuple(panel for setup in setups for panel in _panels(setup, display))
    caption = f"A dot is a seed, the bar their mean; the dashed line is the mean of {display.baseline}."
    alt = f"Error and share of keypoints on the figure for {', '.join(display.ablation)} on each dataset."
    blocks.append(dot_plot("ablation.svg", panels, caption, alt))
    return Section("ablation", "Ablation: with and without the teacher", tuple(blocks))


def _table(evidence: Evidence, setups: list[Setup]) -> Table:
    display = evidence.published.report
    reference = display.ablation[0]
    headline = headline_score(setups[0], display)
    example = next(v for method in display.ablation for v in setups[0].variants_of(method))
    columns = (
        Column("dataset", numeric=False),
        Column("method", numeric=False),
        Column("error", example.unit(headline.protocol, headline.metric), "↓"),
        Column(f"against {reference}"),
        Column("on figure", example.unit(ON_FIGURE.protocol, ON_FIGURE.metric), "↑"),
    )
    rows = []
    for setup in setups:
        base = next(iter(setup.variants_of(reference)), None)
        for method in display.ablation:
            label = Cell(f"{setup.dataset} ({setup.profile})")
            variants = setup.variants_of(method)
            rows += [(label, *_cells(variant, base, headline_score(setup, display))) for variant in variants]
            if not variants:
                missing = Cell("not run", "not-run", code=command_for(setup.dataset, evidence.published))
                rows.append((label, Cell(method), missing, EMPTY, EMPTY))
    return Table("No teacher, teacher only, and the full method", columns, tuple(rows))


def _cells(variant: Variant, base: Variant | None, shown: Shown) -> tuple[Cell, ...]:
    name = Cell(variant.label, detail="sees depth at test" if variant.sees_depth else "")
    error = variant.measured(shown.protocol, shown.metric)
    on_figure = variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric)
    return (name, _measured(error, 2), _against(variant, base, shown), _measured(on_figure, 1))


def _against(variant: Variant, base: Variant | None, shown: Shown) -> Cell:
    """The relative change of the mean over the seeds that both have."""
    if base is None or variant is base:
        return EMPTY
    common = sorted(set(variant.seeds) & set(base.seeds))
    after, before = (v.measured(shown.protocol, shown.metric, common) for v in (variant, base))
    if not after or not before or before.mean == 0:
        return EMPTY
    return Cell(f"{signed(100 * (after.mean - before.mean) / before.mean, 1)} %", "measured")


def _measured(value: Measured | None, digits: int) -> Cell:
    return Cell(value.text(digits), "measured") if value else EMPTY


def _panels(setup: Setup, display: Display) -> list[DotPanel]:
    headline = headline_score(setup, display)
    variants = [v for method in display.ablation for v in setup.variants_of(method)]
    baseline = next(iter(setup.variants_of(display.baseline)), None)
    panels = []
    for shown in (headline, ON_FIGURE):
        rows = [(v.label, m.values) for v in variants if (m := v.measured(shown.protocol, shown.metric))]
        line = baseline.measured(shown.protocol, shown.metric) if baseline else None
        unit = variants[0].unit(shown.protocol, shown.metric)
        if rows:
            title = f"{setup.dataset} ({setup.profile})"
            axis = f"{shown.title} ({unit})" if unit else shown.title
            panels.append(DotPanel(title, axis, tuple(rows), line.mean if line else None))
    return panels
