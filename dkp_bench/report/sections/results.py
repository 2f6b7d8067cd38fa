"""Every method with every choice of settings on one dataset and profile, a table for each setup."""

from dkp_bench.comparison.setups import NO_DEPTH, Setup
from dkp_bench.declared import learns
from dkp_bench.numbers import number
from dkp_bench.report.blocks import Cell, Column, Section, Table, Text
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.scores import FIGURE_AREA, ON_FIGURE, all_scores, best_variants, headline_score, remarks

ORDER = 30
LEGEND = (
    "Every run, also those with other settings. Mean ± standard deviation over seeds (n − 1 in the denominator; no ± "
    "for one seed). The first number is the dataset's headline score, under the protocol that the table names; the "
    "next section has the same predictions under every other one. “On figure” is the share of keypoints that lie on "
    "the figure. Arrows point to where better lies. Bold is the best mean among the methods at their main "
    "settings: one that sees depth at test does not compete with them."
)


def section(evidence: Evidence) -> Section | None:
    """A table for each setup, or nothing where nothing was run."""
    if not evidence.setups:
        return None
    tables = (_table(setup, evidence) for setup in evidence.setups)
    return Section("datasets", "Each dataset", (Text(LEGEND), *tables))


def _table(setup: Setup, evidence: Evidence) -> Table:
    headline = headline_score(setup)
    others = [ON_FIGURE] if ON_FIGURE in all_scores(setup) else []
    columns = (
        Column("method", numeric=False),
        headline.column,
        *(shown.column for shown in others),
        Column("seeds"),
    )
    best = best_variants(setup.mains, headline)
    rows = tuple(
        (
            Cell(variant.label, detail=remarks(variant, setup)),
            headline.cell(variant, strong=variant in best),
            *(shown.cell(variant) for shown in others),
            Cell(str(len(variant.runs)), detail=evidence.origins.of(variant.runs), value=len(variant.runs)),
        )
        for variant in setup.variants
    )
    scored = f"; {headline.name} under {headline.protocol}" if headline.protocol else ""
    name = f"{setup.dataset} {setup.profile}"
    return Table(f"{setup.title}{scored}", columns, rows, _notes(setup), name=name)


def _notes(setup: Setup) -> tuple[str, ...]:
    notes = []
    area = next((a for v in setup.variants if (a := v.measured(FIGURE_AREA.protocol, FIGURE_AREA.metric))), None)
    if area:
        notes.append(
            f"The figure covers {number(area.mean, 1)} % of the image: keypoints strewn at random would score that."
        )
    depths = dict.fromkeys(variant.depth for variant in setup.variants if variant.main and variant.depth != NO_DEPTH)
    notes += [f"Depth maps: {depth} ({_who_saw(depth, setup)})." for depth in depths]
    if any(not variant.main for variant in setup.variants):
        notes.append("Brackets hold that in which a row differs from the row of the plain name.")
    if any(variant.difference.startswith("settings ") for variant in setup.variants):
        notes.append("“settings” and a hash: those of the method's teacher differ; the register says how.")
    if not any(learns(variant.method) for variant in setup.variants):
        notes.append("Nothing here was trained.")
    return tuple(notes)


def _who_saw(depth: str, setup: Setup) -> str:
    """The methods whose main variant was given these depth maps; of the others, the brackets say if it differs."""
    return ", ".join(variant.method for variant in setup.variants if variant.main and variant.depth == depth)
