"""Speed and cost of every run."""

from dkp_bench.comparison.measured import Measured
from dkp_bench.comparison.setups import Setup, Variant
from dkp_bench.numbers import duration, number, seeds
from dkp_bench.report.blocks import EMPTY, Cell, Column, Section, Table, Text
from dkp_bench.report.costs import Cost, hardware, total_cost
from dkp_bench.report.evidence import Evidence

ORDER = 58
COLUMNS = (
    Column("dataset", numeric=False),
    Column("method", numeric=False),
    Column("training time"),
    Column("steps"),
    Column("images/s", better="↑"),
    Column("time to predict"),
    Column("cost of a run", "and in all"),
)
HARDWARE = Column("hardware", numeric=False)
LEGEND = (
    "Means over seeds. Images per second are those of the training; to predict takes the fit and the test split "
    "together. Cost is wall-clock time, training and prediction, times the threads it was given on a CPU "
    "(core-hours) or the GPUs (GPU-hours); a teacher is a run of its own and counted there. Times of runs that shared "
    "a machine with others are longer than they need be."
)


def section(evidence: Evidence) -> Section | None:
    """A row for each method on each dataset, or nothing where nothing was run."""
    if not evidence.runs:
        return None
    machines = dict.fromkeys(hardware(run.record) for run in evidence.runs)
    rows = [_row(setup, variant) for setup in evidence.setups for variant in setup.variants]
    columns: tuple[Column, ...] = COLUMNS
    notes = tuple(f"All on {machine}." for machine in machines)
    if len(machines) > 1:
        used = [_hardware(variant) for setup in evidence.setups for variant in setup.variants]
        rows, columns, notes = [(*row, cell) for row, cell in zip(rows, used, strict=True)], (*COLUMNS, HARDWARE), ()
    caption = f"Speed and cost: {_count(len(evidence.runs))}, {_in_words(total_cost(evidence.runs))} in all"
    table = Table(caption, columns, tuple(rows), notes, name="cost")
    return Section("cost", "Speed and cost", (Text(LEGEND), table))


def _row(setup: Setup, variant: Variant) -> tuple[Cell, ...]:
    return (
        Cell(setup.dataset, detail=f"{setup.profile} profile"),
        Cell(variant.label),
        *_training(variant),
        _seconds([run.record.timings.predict_seconds for run in variant.runs]),
        _cost(variant),
    )


def _hardware(variant: Variant) -> Cell:
    return Cell("; ".join(dict.fromkeys(hardware(run.record) for run in variant.runs)))


def _training(variant: Variant) -> tuple[Cell, Cell, Cell]:
    timings = [run.record.timings for run in variant.runs]
    if not any(timing.steps for timing in timings):
        return EMPTY, EMPTY, EMPTY
    steps = Measured(tuple(float(timing.steps) for timing in timings)).mean
    speed = Measured(tuple(timing.images_per_second for timing in timings)).mean
    return (
        _seconds([timing.fit_seconds for timing in timings]),
        Cell(f"{steps:,.0f}", "measured", value=steps),
        Cell(number(speed, 0), "measured", value=speed),
    )


def _seconds(seconds: list[float]) -> Cell:
    mean = Measured(tuple(seconds)).mean
    return Cell(duration(mean), "measured", value=mean)


def _cost(variant: Variant) -> Cell:
    """Of a run and, beneath, of the runs of all seeds."""
    total, count = total_cost(variant.runs), len(variant.runs)
    each = total / count
    in_all = f"{_in_words(total)}, {seeds(count)}" if count > 1 else ""
    return Cell(_in_words(each), "measured", in_all, value=each.core_hours + each.gpu_hours)


def _in_words(cost: Cost) -> str:
    """``2.4 core-minutes`` or, from an hour on, ``1.80 core-hours``; both kinds where runs of both are added up."""
    kinds = {"core": cost.core_hours, "GPU": cost.gpu_hours}
    parts = [
        f"{number(hours, 2)} {kind}-hours" if hours >= 1 else f"{number(60 * hours, 1)} {kind}-minutes"
        for kind, hours in kinds.items()
        if hours
    ]
    return ", ".join(parts) or "nothing"


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"
