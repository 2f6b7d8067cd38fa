"""The results: the matrix of methods × datasets, and a picture of what the first screen does not show."""

from collections.abc import Sequence

from dkp_bench.analysis.caveats import network_in_words
from dkp_bench.analysis.comparable import YOURS, Group
from dkp_bench.analysis.published import seeds_command
from dkp_bench.analysis.ranking import best_variants, equal_methods, listed_variants, ranked_labels, stands_apart
from dkp_bench.analysis.scores import headline_score
from dkp_bench.presets import PROFILES
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.cells import remarks, score_cell
from dkp_bench.report.data import ReportData
from dkp_bench.report.opening import results_picture, shown_first
from dkp_bench.runs.schema import UNKNOWN
from dkp_bench.text import seeds

LEGEND = (
    "The headline score of each dataset, a mean over seeds at a method's main settings, with its 95 % interval over "
    "test images (whole sequences where images are alike) and seeds; methods from the best to the worst, by their mean "
    "rank. Bold is the best of those that see the picture alone. Methods of tier 1 can't be told apart from the best "
    "of all, and so on down the tiers: corrected for all pairs of a column (Holm), as “dkp-bench compare” has it. The "
    "interval of a single seed covers the images alone. Columns have units of their own: compare down a column, never "
    "along a row."
)


def section(data: ReportData) -> Section | None:
    """Build a matrix for each profile, the largest first; None if nothing was run.

    The first screen has a picture of each dataset's largest profile; over the matrix of another stands one of its own.
    """
    profiles = [profile for profile in reversed(PROFILES) if _of(data, profile)]
    if not profiles:
        return None
    blocks: list[Block] = []
    first = {id(group) for group in shown_first(data)}
    for profile in profiles:
        groups = _of(data, profile)
        main, apart = (
            [s for s in groups if not stands_apart(s, groups)],
            [s for s in groups if stands_apart(s, groups)],
        )
        blocks += results_picture(data, f"results-{profile}.svg", [group for group in main if id(group) not in first])
        blocks.append(_table(data, profile, main))
        if apart:
            table = _table(data, profile, apart, " with another K or perceptual network")
            blocks.append(Details(table.caption, blocks=(table,)))
    networks = dict.fromkeys(network_in_words(group.identity.perceptual) for group in data.groups)
    notes = [Text(words, note=True) for words in networks if words]
    legend = Text(" ".join([LEGEND, data.sources.in_words]).strip())
    return Section("results", "Results", (*blocks, legend, *notes))


def _of(data: ReportData, profile: str) -> list[Group]:
    return [group for group in data.groups if group.profile == profile]


def _table(data: ReportData, profile: str, groups: Sequence[Group], what: str = "") -> Table:
    columns = (Column("method", numeric=False), *(_column(group, groups) for group in groups))
    labels = ranked_labels(groups, data.published.report.order)
    cells = [_cells(data, group, groups, labels) for group in groups]
    heads = (Cell(label, detail=_head_remarks(label, groups)) for label in labels)
    rows = tuple((head, *line) for head, line in zip(heads, zip(*cells, strict=True), strict=True))
    mains = ((group, variant) for group in groups for variant in group.mains)
    reasons = dict.fromkeys(data.intervals.why_no_interval(group, variant) for group, variant in mains)
    notes = (*_equal(groups), *(f"No interval: {reason}." for reason in reasons if reason))
    caption = f"Every method on every dataset, {profile} profile{what}"
    return Table(caption, columns, rows, notes, name=f"matrix {profile}{what}", prominent=not what)


def _head_remarks(label: str, groups: Sequence[Group]) -> str:
    """Return the line beneath a name: whose runs they are, and what distinguishes the method in every column."""
    own = any(v.own and v.label == v.unmarked for group in groups for v in listed_variants(group) if v.label == label)
    said = _remarks(label, groups)
    return ", ".join(part for part in (YOURS if own else "", said.pop() if len(said) == 1 else "") if part)


def _remarks(label: str, groups: Sequence[Group]) -> set[str]:
    return {remarks(variant, group) for group in groups for variant in listed_variants(group) if variant.label == label}


def _column(group: Group, others: Sequence[Group]) -> Column:
    """Return the head of a column: the dataset and, if two columns share it, what distinguishes them."""
    key, identity = headline_score(group), group.identity
    which = [f"{identity.image_size} px", f"K = {identity.keypoints}", identity.perceptual]
    twice = sum(other.dataset == group.dataset for other in others) > 1
    parts = [key.name, key.unit, *(which if twice else [])]
    return Column(group.dataset, ", ".join(part for part in parts if part), key.better)


def _cells(data: ReportData, group: Group, groups: Sequence[Group], labels: Sequence[str]) -> list[Cell]:
    """Return the cells of a group's column; what distinguishes a method in this column only stands in its cell."""
    key, rows = headline_score(group), {variant.label: variant for variant in listed_variants(group)}
    tiers = data.intervals.tiers(group, group.mains, key) if len(group.mains) > 1 else {}
    best = best_variants(group.mains, key)
    cells = []
    for label in labels:
        variant = rows.get(label)
        if variant is None:
            cells.append(_not_run(data, group, label))
            continue
        beneath = [seeds(len(variant.runs)), *([f"tier {tiers[label]}"] if label in tiers else [])]
        said = remarks(variant, group)
        beneath += [said] if said and len(_remarks(label, groups)) > 1 else []
        cells.append(score_cell(data.intervals, group, variant, key, beneath, strong=variant in best))
    return cells


def _not_run(data: ReportData, group: Group, label: str) -> Cell:
    """Return ``not run`` with the command, without one for predictions made elsewhere; empty for a variant."""
    runs = [run for other in data.groups for v in other.variants if v.method == label for run in v.runs]
    if not runs:
        return EMPTY
    here = any(run.record.provenance.code_hash != UNKNOWN for run in runs)
    return Cell("not run", "not-run", code=seeds_command(label, group.dataset, group.profile) if here else "")


def _equal(groups: Sequence[Group]) -> tuple[str, ...]:
    """Say which methods have equal scores, so that one finding is not taken for two."""
    return tuple(
        f"{' and '.join(methods)} have equal scores, seed by seed, on {', '.join(dict.fromkeys(datasets))}."
        for methods, datasets in equal_methods(groups).items()
    )
