"""The results matrix: methods × datasets, each cell the headline score with its interval."""

from collections.abc import Sequence

from dkp_bench.comparison.setups import Setup
from dkp_bench.numbers import seeds
from dkp_bench.presets import PROFILES
from dkp_bench.report.blocks import Cell, Column, Section, Table, Text
from dkp_bench.report.commands import train_command
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.intervals import score_cell
from dkp_bench.report.perceptual import in_words
from dkp_bench.report.scores import best_variant, headline_score

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
    notes = tuple(f"No interval: {lack}." for lack in lacks if lack)
    caption = f"Every method on every dataset, {profile} profile"
    return Table(caption, columns, rows, notes, name=f"matrix {profile}", prominent=True)


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
    tiers, best = evidence.intervals.tiers(setup, competing, shown), best_variant(setup.mains, shown)
    cells = []
    for method in methods:
        variant = mains.get(method)
        if variant is None:
            cells.append(Cell("not run", "not-run", code=train_command(method, setup.dataset, setup.profile)))
            continue
        tier = [f"tier {tiers[variant.label]}"] if variant.label in tiers else []
        remarks = [seeds(len(variant.runs)), *tier, *(["sees depth"] if variant.sees_depth else [])]
        cells.append(score_cell(evidence.intervals, setup, variant, shown, remarks, strong=variant is best))
    return cells
