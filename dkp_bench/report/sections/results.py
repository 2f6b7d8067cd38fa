"""Every method with every choice of settings on one dataset and profile, a table for each group."""

from collections.abc import Sequence

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.ranking import best_variants, ranked
from dkp_bench.analysis.scores import FIGURE_AREA, ON_FIGURE, all_scores, headline_score
from dkp_bench.report.blocks import Block, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import remarks, score_column, seeds_cell
from dkp_bench.report.data import ReportData
from dkp_bench.runs.schema import NO_DEPTH
from dkp_bench.text import number

LEGEND = (
    "Every run, the best first; those with other settings are folded away. Mean ± standard deviation over seeds (n − 1 "
    "in the denominator; no ± for one seed). The first number is the dataset's headline score, under the protocol that "
    "the table names; the next section has the same predictions under every other one. “On figure” is the share of "
    "keypoints that lie on the figure. Arrows point to where better lies. Bold is the best mean among the methods at "
    "their main settings that see the picture alone."
)


def section(data: ReportData) -> Section | None:
    """Build a table for each group; None if nothing was run."""
    if not data.groups:
        return None
    blocks = (block for group in data.groups for block in _blocks(group, data))
    return Section("datasets", "Each dataset", (Text(LEGEND), *blocks))


def _blocks(group: Group, data: ReportData) -> list[Block]:
    """Build the table of the main settings and, folded away, that of the others."""
    chosen = [variant for variant in group.variants if variant.main or variant.own]
    others = [variant for variant in group.variants if variant not in chosen]
    blocks: list[Block] = [_table(group, chosen, data)]
    if others:
        table = _table(group, others, data, ", other settings")
        blocks.append(Details(f"{group.dataset}, {group.profile} profile: other settings", blocks=(table,)))
    return blocks


def _table(group: Group, variants: Sequence[Variant], data: ReportData, what: str = "") -> Table:
    headline = headline_score(group)
    others = [ON_FIGURE] if ON_FIGURE in all_scores(group) else []
    columns = (
        Column("method", numeric=False),
        score_column(headline),
        *(score_column(key) for key in others),
        Column("seeds"),
    )
    best = best_variants(group.mains, headline)
    rows = tuple(
        (
            Cell(variant.label, detail=remarks(variant, group)),
            seeds_cell(variant, headline, strong=variant in best),
            *(seeds_cell(variant, key) for key in others),
            Cell(str(len(variant.runs)), detail=data.sources.of(variant.runs), value=len(variant.runs)),
        )
        for variant in ranked(variants, headline)
    )
    scored = f"; {headline.name} under {headline.protocol}" if headline.protocol else ""
    name = f"{group.dataset} {group.profile}{what}"
    notes = _other_notes(variants) if what else _notes(group)
    return Table(f"{group.title}{scored}{what}", columns, rows, notes, name=name)


def _on_figure(group: Group) -> list[str]:
    """Say what the share on the figure is worth: the share of points at random, and that of one in the middle."""
    area = next((a for v in group.variants if (a := v.measured(FIGURE_AREA.protocol, FIGURE_AREA.metric))), None)
    if area is None:
        return []
    notes = [f"The figure covers {number(area.mean, 1)} % of the image: keypoints strewn at random would score that."]
    for variant in group.mains:
        value = variant.measured(ON_FIGURE.protocol, ON_FIGURE.metric)
        if value and variant.runs[0].record.identity.keypoints == 1:
            notes.append(
                f"{variant.method} has a single keypoint, and {number(value.mean, 1)} % on the figure: a keypoint in "
                "the middle of the image need not follow anything, so read the share beside the error, never alone."
            )
    return notes


def _other_notes(variants: Sequence[Variant]) -> tuple[str, ...]:
    notes = ["Brackets hold that in which a row differs from the row of the plain name."]
    if any("settings " in variant.settings_label for variant in variants):
        notes.append("“settings” and a hash: those of the method's teacher differ, which has no run here to name them.")
    return tuple(notes)


def _notes(group: Group) -> tuple[str, ...]:
    notes = _on_figure(group)
    depths = dict.fromkeys(variant.depth for variant in group.variants if variant.main and variant.depth != NO_DEPTH)
    notes += [f"Depth maps: {depth} ({_who_saw(depth, group)})." for depth in depths]
    if not any(variant.learns for variant in group.variants):
        notes.append("Nothing here was trained.")
    return tuple(notes)


def _who_saw(depth: str, group: Group) -> str:
    """Return the methods whose main variant was given these depth maps; for others, brackets in the row name theirs."""
    return ", ".join(variant.method for variant in group.variants if variant.main and variant.depth == depth)
