"""Training curves, a panel for each setup."""

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from dkp_bench.comparison.setups import Setup
from dkp_bench.records.store import Run
from dkp_bench.report.blocks import Figure, Section
from dkp_bench.report.evidence import Evidence
from dkp_bench.report.figures import svg

ORDER = 55
NAME = "curves.svg"
PANEL = (4.4, 2.9)
COLUMNS = 2
STEP, LOSS, PERCEPTUAL = "step", "loss", "perceptual"


def section(evidence: Evidence) -> Section | None:
    """The figure, or nothing where nothing was trained."""
    setups = [setup for setup in evidence.setups if _curves(setup, LOSS)]
    if not setups:
        return None
    caption = (
        "Loss while training, at each method's main settings; a thin line is a seed, the thick one their mean. The "
        "perceptual loss alone is drawn where every method of a panel recorded it, so that methods with further terms "
        "can be compared; one that sees depth restores depth maps, so its loss compares with no other."
    )
    alt = "Training curves of " + "; ".join(f"{setup.dataset} ({setup.profile})" for setup in setups) + "."
    figure = Figure(NAME, _draw(setups), alt, caption, svg.pixels(PANEL[0] * COLUMNS))
    return Section("training", "Training curves", (figure,))


def _draw(setups: Sequence[Setup]) -> bytes:
    with mpl.rc_context(svg.STYLE):
        figure, axes = svg.canvas(math.ceil(len(setups) / COLUMNS), COLUMNS, PANEL)
        for axis in axes[len(setups) :]:
            axis.set_axis_off()
        for axis, setup in zip(axes, setups, strict=False):
            _panel(axis, setup)
    return svg.to_svg(figure, NAME)


def _panel(axis: Axes, setup: Setup) -> None:
    curves = _curves(setup, PERCEPTUAL)
    series = PERCEPTUAL if curves.keys() == _curves(setup, LOSS).keys() else LOSS
    for place, (label, runs) in enumerate(_curves(setup, series).items()):
        colour = svg.COLOURS[place % len(svg.COLOURS)]
        dash = svg.DASHES[place % len(svg.DASHES)]
        steps = [np.asarray(run.record.curves[STEP]) for run in runs]
        losses = [np.asarray(run.record.curves[series]) for run in runs]
        if len(runs) > 1:
            for x, y in zip(steps, losses, strict=True):
                axis.plot(x, y, color=colour, linewidth=0.6, alpha=0.45)
        last = min(int(x[-1]) for x in steps)
        common = steps[0][steps[0] <= last]
        mean = np.mean([np.interp(common, x, y) for x, y in zip(steps, losses, strict=True)], axis=0)
        axis.plot(common, mean, color=colour, linestyle=dash, linewidth=1.7, label=svg.label(label))
    axis.set_title(svg.label(f"{setup.dataset} ({setup.profile})", 40))
    axis.set_xlabel("step")
    axis.set_ylabel("perceptual loss" if series == PERCEPTUAL else "loss")
    axis.grid(linewidth=0.4, alpha=0.4)
    axis.legend(fontsize=8.5, loc="upper right")


def _curves(setup: Setup, series: str) -> dict[str, list[Run]]:
    """The runs of each method, at its main settings, that recorded ``series``, a value for each step."""
    runs = {variant.label: [run for run in variant.runs if _has(run, series)] for variant in setup.mains}
    return {label: found for label, found in runs.items() if found}


def _has(run: Run, series: str) -> bool:
    values = run.record.curves.get(series, [])
    return bool(values) and len(values) == len(run.record.curves.get(STEP, []))
