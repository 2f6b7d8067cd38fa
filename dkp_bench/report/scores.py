"""The scores that the report shows, and how each is written."""

from dataclasses import dataclass

from dkp_bench.report.published import Display


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


def headline_score(display: Display) -> Shown:
    """The headline number as a column."""
    return Shown(display.headline_protocol, display.headline_metric, "error", 2)


def metric_name(metric: str) -> str:
    """What people call a metric."""
    return METRIC_NAMES.get(metric, metric.replace("_", " "))
