"""Every method on one dataset and profile, a table for each setup."""

from collections.abc import Callable, Sequence

from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.numbers import Measured, duration, number
from dkp_bench.report.perceptual import in_words
from dkp_bench.report.published import Display
from dkp_bench.report.scores import FIGURE_AREA, ON_FIGURE, Shown, headline_score, metric_name, other_scores
from dkp_bench.report.setups import NO_TRAINING, Setup, Variant

ORDER = 20


def section(evidence: Evidence) -> Section | None:
    """A table for each setup, or nothing where nothing was run."""
    if not evidence.setups:
        return None
    display = evidence.published.report
    networks = dict.fromkeys(in_words(setup.identity.perceptual) for setup in evidence.setups)
    tables = [_table(setup, display) for setup in evidence.setups]
    notes = [Text(words, note=True) for words in networks if words]
    return Section("results", "Results", (*notes, _legend(display), *tables))


def _legend(display: Display) -> Text:
    return Text(
        f"Mean ± standard deviation over seeds (n − 1 in the denominator; no ± for one seed). The error is the "
        f"{metric_name(display.headline_metric)} under the protocol that the table names; the columns beside it score "
        f"the same predictions under other protocols. “On figure” is the share of keypoints that lie on the figure. "
        f"Arrows point to where better lies. Bold is the best mean error among the methods that see the picture alone: "
        f"one that sees depth at test does not compete with them."
    )


def _table(setup: Setup, display: Display) -> Table:
    scores = _shown(setup, display)
    columns = (
        Column("method", numeric=False),
        *(_column(setup, shown) for shown in scores),
        Column("seeds"),
        Column("training time"),
        Column("images/s", better="↑"),
    )
    best = _best(setup, scores[0])
    rows = tuple(_row(variant, setup, scores, best) for variant in setup.variants)
    caption = (
        f"{setup.dataset}, {setup.profile} profile: {setup.identity.image_size} px, K = {setup.identity.keypoints}, "
        f"perceptual network {setup.identity.perceptual}; error under {setup.protocol}"
    )
    return Table(caption, columns, rows, _notes(setup))


def _shown(setup: Setup, display: Display) -> tuple[Shown, ...]:
    pck = Shown(setup.protocol, "pck", "PCK", 1)
    return headline_score(setup, display), *other_scores(setup, display), pck, ON_FIGURE


def _column(setup: Setup, shown: Shown) -> Column:
    found = (run.score(shown.protocol, shown.metric) for variant in setup.variants for run in variant.runs)
    score = next((score for score in found if score is not None), None)
    return Column(shown.title, score.unit, "↑" if score.higher_is_better else "↓") if score else Column(shown.title)


def _row(variant: Variant, setup: Setup, scores: Sequence[Shown], best: Variant | None) -> tuple[Cell, ...]:
    values = [variant.measured(shown.protocol, shown.metric) for shown in scores]
    cells = [_measured(value, shown.digits) for value, shown in zip(values, scores, strict=True)]
    if variant is best:
        cells[0] = Cell(cells[0].text, cells[0].kind, strong=True)
    keypoints = variant.runs[0].record.identity.keypoints
    remarks = ["sees depth at test"] if variant.sees_depth else []
    remarks += [f"K = {keypoints}"] if keypoints != setup.identity.keypoints else []
    return (Cell(variant.label, detail=", ".join(remarks)), *cells, Cell(str(len(variant.runs))), *_effort(variant))


def _measured(value: Measured | None, digits: int) -> Cell:
    return Cell(value.text(digits), "measured") if value else EMPTY


def _effort(variant: Variant) -> tuple[Cell, Cell]:
    timings = [run.record.timings for run in variant.runs]
    if not any(timing.steps for timing in timings):
        return EMPTY, EMPTY
    seconds = Measured(tuple(timing.fit_seconds for timing in timings)).mean
    speed = Measured(tuple(timing.images_per_second for timing in timings)).mean
    return Cell(duration(seconds), "measured"), Cell(number(speed, 0), "measured")


def _best(setup: Setup, shown: Shown) -> Variant | None:
    """The method with the best mean among those that see the picture alone, where there are two to choose from."""
    scored = [
        (value.mean, variant)
        for variant in setup.variants
        if not variant.sees_depth and (value := variant.measured(shown.protocol, shown.metric))
    ]
    score = scored[0][1].runs[0].score(shown.protocol, shown.metric) if len(scored) > 1 else None
    if score is None:
        return None
    choose: Callable[..., tuple[float, Variant]] = max if score.higher_is_better else min
    return choose(scored, key=lambda item: item[0])[1]


def _notes(setup: Setup) -> tuple[str, ...]:
    notes = []
    area = next((a for v in setup.variants if (a := v.measured(FIGURE_AREA.protocol, FIGURE_AREA.metric))), None)
    if area:
        notes.append(
            f"The figure covers {number(area.mean, 1)} % of the image: keypoints strewn at random would score that."
        )
    if any(not variant.main for variant in setup.variants):
        notes.append("Settings in brackets are those in which a row differs from the row of the plain name.")
    if setup.identity.perceptual == NO_TRAINING:
        notes.append("Nothing here was trained.")
    return tuple(notes)
