"""The results: a picture of every method with its interval, and the matrix of methods × datasets behind it."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from dkp_bench.analysis.caveats import network_in_words
from dkp_bench.analysis.comparable import YOURS, Setup, Variant
from dkp_bench.analysis.published import seeds_command
from dkp_bench.analysis.scores import best_variants, headline_score
from dkp_bench.presets import PROFILES
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Details, Figure, Section, Table, Text
from dkp_bench.report.cells import remarks, score_cell
from dkp_bench.report.data import Evidence
from dkp_bench.report.figures.results import ResultPanel, ResultRow, results_figure
from dkp_bench.report.yours import ranked
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
CAPTION = (
    "every method at its main settings, the best on top: mean over seeds with its 95 % interval over test images and "
    "seeds. ● sees the picture alone, ■ sees depth at test, hollow: learns nothing. Each panel has its own scale."
)


def section(evidence: Evidence) -> Section | None:
    """A picture and a matrix for each profile, the largest first, or nothing where nothing was run."""
    profiles = [profile for profile in reversed(PROFILES) if _of(evidence, profile)]
    if not profiles:
        return None
    blocks: list[Block] = []
    for profile in profiles:
        setups = _of(evidence, profile)
        main, apart = (
            [s for s in setups if not _stands_apart(s, setups)],
            [s for s in setups if _stands_apart(s, setups)],
        )
        name = "results.svg" if profile == profiles[0] else f"results-{profile}.svg"
        blocks += _figure(evidence, name, main)
        blocks.append(_table(evidence, profile, main))
        if apart:
            table = _table(evidence, profile, apart, " with another K or perceptual network")
            blocks.append(Details(table.caption, blocks=(table,)))
    networks = dict.fromkeys(network_in_words(setup.identity.perceptual) for setup in evidence.setups)
    notes = [Text(words, note=True) for words in networks if words]
    legend = Text(" ".join([LEGEND, evidence.origins.in_words]).strip())
    return Section("results", "Results", (*blocks, legend, *notes))


def _of(evidence: Evidence, profile: str) -> list[Setup]:
    return [setup for setup in evidence.setups if setup.profile == profile]


def _stands_apart(setup: Setup, setups: Sequence[Setup]) -> bool:
    """Whether more methods were run otherwise on the same images: columns for few would push theirs out of sight."""
    same = [other for other in setups if (other.dataset, other.identity.image_size) == _images(setup)]
    return len({variant.method for variant in setup.mains}) < max(len(other.mains) for other in same)


def _images(setup: Setup) -> tuple[str, int]:
    return setup.dataset, setup.identity.image_size


def _shown(setup: Setup) -> list[Variant]:
    """What has a row: each method's main variant and each of the reader's own, the best first."""
    return ranked([variant for variant in setup.variants if variant.main or variant.own], headline_score(setup))


def _figure(evidence: Evidence, name: str, setups: Sequence[Setup]) -> list[Figure]:
    """The picture; nothing where nothing was scored."""
    panels = []
    for setup in setups:
        shown = headline_score(setup)
        rows = []
        for variant in _shown(setup):
            value, measurement = (
                variant.measured(shown.protocol, shown.metric),
                evidence.intervals.measurement(setup, variant, shown),
            )
            if value is not None:
                interval = measurement.estimate.interval() if measurement else None
                control, subject = not variant.learns, evidence.published.report.subject
                stands_out = variant.method == subject
                rows.append(ResultRow(variant.label, value.mean, interval, control, variant.sees_depth, stands_out))
        if rows:
            better = {"↓": "\nlower is better", "↑": "\nhigher is better"}.get(shown.better, "")
            axis = ", ".join(part for part in (shown.name, shown.unit) if part) + better
            panels.append(ResultPanel(_title(setup, setups), axis, shown.digits, tuple(rows)))
    return [results_figure(name, panels, f"The {setups[0].profile} profile, {CAPTION}")] if panels else []


def _title(setup: Setup, others: Sequence[Setup]) -> str:
    """The dataset; where it stands there twice, with what tells the two apart."""
    alone = sum(other.dataset == setup.dataset for other in others) == 1
    return setup.dataset if alone else f"{setup.dataset}, K = {setup.identity.keypoints}"


def _table(evidence: Evidence, profile: str, setups: Sequence[Setup], what: str = "") -> Table:
    columns = (Column("method", numeric=False), *(_column(setup, setups) for setup in setups))
    labels = _ordered(setups, evidence.published.report.order)
    cells = [_cells(evidence, setup, setups, labels) for setup in setups]
    heads = (Cell(label, detail=_head_remarks(label, setups)) for label in labels)
    rows = tuple((head, *line) for head, line in zip(heads, zip(*cells, strict=True), strict=True))
    mains = ((setup, variant) for setup in setups for variant in setup.mains)
    lacks = dict.fromkeys(evidence.intervals.lack(setup, variant) for setup, variant in mains)
    notes = (*_equal(setups), *(f"No interval: {lack}." for lack in lacks if lack))
    caption = f"Every method on every dataset, {profile} profile{what}"
    return Table(caption, columns, rows, notes, name=f"matrix {profile}{what}", prominent=not what)


def _ordered(setups: Sequence[Setup], order: Sequence[str]) -> tuple[str, ...]:
    """The labels of all rows: by the mean of their ranks, then in the report's order."""
    ranks: dict[str, list[int]] = {}
    methods: dict[str, str] = {}
    for setup in setups:
        shown = headline_score(setup)
        for rank, variant in enumerate(_shown(setup)):
            methods[variant.label] = variant.method
            scored = variant.measured(shown.protocol, shown.metric) is not None
            ranks.setdefault(variant.label, []).extend([rank] if scored else [])
    known = {name: place for place, name in enumerate([*order, *sorted({*methods.values()}.difference(order))])}

    def rank_of(label: str) -> tuple[float, int, str]:
        return fmean(ranks[label]) if ranks[label] else float("inf"), known[methods[label]], label

    return tuple(sorted(ranks, key=rank_of))


def _head_remarks(label: str, setups: Sequence[Setup]) -> str:
    """What stands beneath a name: whose runs they are, and what sets the method apart wherever it was run."""
    own = any(v.own and v.label == v.unmarked for setup in setups for v in _shown(setup) if v.label == label)
    said = _remarks(label, setups)
    return ", ".join(part for part in (YOURS if own else "", said.pop() if len(said) == 1 else "") if part)


def _remarks(label: str, setups: Sequence[Setup]) -> set[str]:
    return {remarks(variant, setup) for setup in setups for variant in _shown(setup) if variant.label == label}


def _equal(setups: Sequence[Setup]) -> tuple[str, ...]:
    """Which methods have the same score, seed by seed, so that nobody takes one finding for two."""
    places: dict[tuple[str, ...], list[str]] = {}
    for setup in setups:
        shown, alike = headline_score(setup), defaultdict[object, list[str]](list)
        for variant in setup.mains:
            if value := variant.measured(shown.protocol, shown.metric):
                alike[variant.seeds, value].append(variant.method)
        for methods in alike.values():
            if len(methods) > 1:
                places.setdefault(tuple(methods), []).append(setup.dataset)
    return tuple(
        f"{' and '.join(methods)} have equal scores, seed by seed, on {', '.join(dict.fromkeys(datasets))}."
        for methods, datasets in places.items()
    )


def _column(setup: Setup, others: Sequence[Setup]) -> Column:
    """Headed by the dataset; where that stands there twice, by what tells the two apart as well."""
    shown, identity = headline_score(setup), setup.identity
    which = [f"{identity.image_size} px", f"K = {identity.keypoints}", identity.perceptual]
    twice = sum(other.dataset == setup.dataset for other in others) > 1
    parts = [shown.name, shown.unit, *(which if twice else [])]
    return Column(setup.dataset, ", ".join(part for part in parts if part), shown.better)


def _cells(evidence: Evidence, setup: Setup, setups: Sequence[Setup], labels: Sequence[str]) -> list[Cell]:
    """The column of a setup; what sets a method apart in this column alone stands in its cell."""
    shown, rows = headline_score(setup), {variant.label: variant for variant in _shown(setup)}
    tiers = evidence.intervals.tiers(setup, setup.mains, shown) if len(setup.mains) > 1 else {}
    best = best_variants(setup.mains, shown)
    cells = []
    for label in labels:
        variant = rows.get(label)
        if variant is None:
            cells.append(_not_run(evidence, setup, label))
            continue
        beneath = [seeds(len(variant.runs)), *([f"tier {tiers[label]}"] if label in tiers else [])]
        said = remarks(variant, setup)
        beneath += [said] if said and len(_remarks(label, setups)) > 1 else []
        cells.append(score_cell(evidence.intervals, setup, variant, shown, beneath, strong=variant in best))
    return cells


def _not_run(evidence: Evidence, setup: Setup, label: str) -> Cell:
    """What was not run, with the command that runs it; of a variant, or of predictions made elsewhere, nothing."""
    runs = [run for other in evidence.setups for v in other.variants if v.method == label for run in v.runs]
    if not runs:
        return EMPTY
    here = any(run.record.provenance.code_hash != UNKNOWN for run in runs)
    return Cell("not run", "not-run", code=seeds_command(label, setup.dataset, setup.profile) if here else "")
