"""The results matrix: methods × datasets, each cell the headline score with its interval."""

from collections import defaultdict
from collections.abc import Sequence

from dkp_bench.comparison.setups import Setup
from dkp_bench.numbers import seeds
from dkp_bench.presets import PROFILES
from dkp_bench.report.blocks import Cell, Column, Section, Table, Text
from dkp_bench.report.commands import train_command
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.intervals import score_cell
from dkp_bench.report.perceptual import in_words
from dkp_bench.report.scores import best_variants, headline_score, remarks

ORDER = 10
LEGEND = (
    "The headline score of each dataset, a mean over seeds at a method's main settings, with its 95 % interval over "
    "test images (whole sequences where images are alike) and seeds. Bold is the best. Methods of tier 1 can't be "
    "told apart from it, and so on down the tiers: corrected for all pairs of a column (Holm), as “dkp-bench compare”"
    " has it. A method that sees depth at test competes with nobody and has no tier. The interval of a single seed "
    "covers the images alone. Columns have units of their own: compare down a column, never along a row."
)


def section(evidence: Evidence) -> Section | None:
    """A matrix for each profile, the largest first, or nothing where nothing was run."""
    profiles = [profile for profile in reversed(PROFILES) if _of(evidence, profile)]
    if not profiles:
        return None
    networks = dict.fromkeys(in_words(setup.identity.perceptual) for setup in evidence.setups)
    notes = [Text(words, note=True) for words in networks if words]
    tables = [_table(evidence, profile, _of(evidence, profile)) for profile in profiles]
    legend = Text(" ".join([LEGEND, evidence.origins.in_words]).strip())
    return Section("results", "Results", (*tables, legend, *notes))


def _of(evidence: Evidence, profile: str) -> list[Setup]:
    return [setup for setup in evidence.setups if setup.profile == profile]


def _table(evidence: Evidence, profile: str, setups: Sequence[Setup]) -> Table:
    methods = _methods(setups, evidence.published.report.order)
    columns = (Column("method", numeric=False), *(_column(setup, setups) for setup in setups))
    cells = [_cells(evidence, setup, methods) for setup in setups]
    rows = tuple((Cell(method), *line) for method, line in zip(methods, zip(*cells, strict=True), strict=True))
    mains = ((setup, variant) for setup in setups for variant in setup.mains)
    lacks = dict.fromkeys(evidence.intervals.lack(setup, variant) for setup, variant in mains)
    notes = (*_equal(setups), *(f"No interval: {lack}." for lack in lacks if lack))
    caption = f"Every method on every dataset, {profile} profile"
    return Table(caption, columns, rows, notes, name=f"matrix {profile}", prominent=True)


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


def _methods(setups: Sequence[Setup], order: Sequence[str]) -> list[str]:
    found = {variant.method for setup in setups for variant in setup.variants}
    return [*(name for name in order if name in found), *sorted(found.difference(order))]


def _column(setup: Setup, others: Sequence[Setup]) -> Column:
    """Headed by the dataset; where that stands there twice, by what tells the two apart as well."""
    shown, identity = headline_score(setup), setup.identity
    which = [f"{identity.image_size} px", f"K = {identity.keypoints}", identity.perceptual]
    twice = sum(other.dataset == setup.dataset for other in others) > 1
    parts = [shown.name, shown.unit, *(which if twice else [])]
    return Column(setup.dataset, ", ".join(part for part in parts if part), shown.better)


def _cells(evidence: Evidence, setup: Setup, methods: Sequence[str]) -> list[Cell]:
    """The column of a setup."""
    shown, mains = headline_score(setup), {variant.method: variant for variant in setup.mains}
    competing = [variant for variant in setup.mains if not variant.sees_depth]
    tiers = evidence.intervals.tiers(setup, competing, shown) if len(competing) > 1 else {}
    best = best_variants(setup.mains, shown)
    cells = []
    for method in methods:
        variant = mains.get(method)
        if variant is None:
            cells.append(Cell("not run", "not-run", code=train_command(method, setup.dataset, setup.profile)))
            continue
        tier = [f"tier {tiers[variant.label]}"] if variant.label in tiers else []
        beneath = [seeds(len(variant.runs)), *tier, *([said] if (said := remarks(variant, setup)) else [])]
        cells.append(score_cell(evidence.intervals, setup, variant, shown, beneath, strong=variant in best))
    return cells
