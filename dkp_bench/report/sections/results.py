"""Every method on one dataset and profile, a table for each setup."""

from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import Measured, duration, number
from dkp_bench.report.perceptual import in_words
from dkp_bench.report.scores import FIGURE_AREA, ON_FIGURE, all_scores, best_variant, headline_score
from dkp_bench.report.setups import NO_DEPTH, NO_TRAINING, Setup, Variant

ORDER = 20
LEGEND = (
    "Mean ± standard deviation over seeds (n − 1 in the denominator; no ± for one seed). The first number is the "
    "dataset's headline score, under the protocol that the table names; the next section has the same predictions "
    "under every other one. “On figure” is the share of keypoints that lie on the figure. Arrows point to where better "
    "lies. Bold is the best mean among the methods that see the picture alone: one that sees depth at test does not "
    "compete with them."
)


def section(evidence: Evidence) -> Section | None:
    """A table for each setup, or nothing where nothing was run."""
    if not evidence.setups:
        return None
    networks = dict.fromkeys(in_words(setup.identity.perceptual) for setup in evidence.setups)
    notes = [Text(words, note=True) for words in networks if words]
    return Section("results", "Results", (*notes, Text(LEGEND), *(_table(setup) for setup in evidence.setups)))


def _table(setup: Setup) -> Table:
    headline = headline_score(setup)
    others = [ON_FIGURE] if ON_FIGURE in all_scores(setup) else []
    columns = (
        Column("method", numeric=False),
        headline.column,
        *(shown.column for shown in others),
        Column("seeds"),
        Column("training time"),
        Column("images/s", better="↑"),
    )
    best = best_variant(setup, headline)
    rows = tuple(
        (
            Cell(variant.label, detail=_remarks(variant, setup)),
            headline.cell(variant, strong=variant is best),
            *(shown.cell(variant) for shown in others),
            Cell(str(len(variant.runs))),
            *_effort(variant),
        )
        for variant in setup.variants
    )
    scored = f"; {headline.name} under {headline.protocol}" if headline.protocol else ""
    return Table(f"{setup.title}{scored}", columns, rows, _notes(setup))


def _remarks(variant: Variant, setup: Setup) -> str:
    keypoints = variant.runs[0].record.identity.keypoints
    remarks = ["sees depth at test"] if variant.sees_depth else []
    remarks += [f"K = {keypoints}"] if keypoints != setup.identity.keypoints else []
    return ", ".join(remarks)


def _effort(variant: Variant) -> tuple[Cell, Cell]:
    timings = [run.record.timings for run in variant.runs]
    if not any(timing.steps for timing in timings):
        return EMPTY, EMPTY
    seconds = Measured(tuple(timing.fit_seconds for timing in timings)).mean
    speed = Measured(tuple(timing.images_per_second for timing in timings)).mean
    return Cell(duration(seconds), "measured"), Cell(number(speed, 0), "measured")


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
    if setup.identity.perceptual == NO_TRAINING:
        notes.append("Nothing here was trained.")
    return tuple(notes)


def _who_saw(depth: str, setup: Setup) -> str:
    """The methods whose main variant was given these depth maps; of the others, the brackets say if it differs."""
    return ", ".join(variant.method for variant in setup.variants if variant.main and variant.depth == depth)
