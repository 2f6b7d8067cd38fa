"""The scores that the report shows, and how each is written."""

from dataclasses import dataclass

from dkp_bench.report.published import Display
from dkp_bench.report.setups import Setup


@dataclass(frozen=True)
class Shown:
    """A score as a column: where it stands in a record, its title and its decimals."""

    protocol: str
    metric: str
    title: str
    digits: int


ON_FIGURE = Shown("on-figure", "on_figure", "on figure", 1)
FIGURE_AREA = Shown("on-figure", "figure_area", "figure area", 1)

METRIC_NAMES = {
    "mean_l2": "mean L2 error",
    "pck": "PCK",
    "summed_mae": "summed MAE",
    "on_figure": "share on the figure",
}


PROTOCOL_TITLES = {
    "autolink-fixed+intercept": "swaps, intercept",
    "no-swap+intercept": "no swaps",
    "autolink-fixed": "swaps, no intercept",
}


def headline_score(setup: Setup, display: Display) -> Shown:
    """The headline number of a setup as a column."""
    return Shown(setup.protocol, display.headline_metric, "error", 2)


def other_scores(setup: Setup, display: Display) -> tuple[Shown, ...]:
    """The headline metric under the other protocols, in the order of the records."""
    scores = [score for variant in setup.variants for run in variant.runs for score in run.record.scores]
    names = dict.fromkeys(score.protocol for score in scores if score.metric == display.headline_metric)
    others = [name for name in names if name != setup.protocol]
    return tuple(Shown(name, display.headline_metric, PROTOCOL_TITLES.get(name, name), 2) for name in others)


def metric_name(metric: str) -> str:
    """What people call a metric."""
    return METRIC_NAMES.get(metric, metric.replace("_", " "))
