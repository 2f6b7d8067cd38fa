"""Speed and cost of every run."""

from collections.abc import Mapping, Sequence

from dkp_bench.analysis.comparable import Group, Variant
from dkp_bench.analysis.costs import Cost, hardware, total_cost
from dkp_bench.analysis.seed_scores import SeedScores
from dkp_bench.report.blocks import EMPTY, Block, Cell, Column, Details, Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.runs.run import Run
from dkp_bench.text import duration, number, seeds

COLUMNS = (
    Column("dataset", numeric=False),
    Column("method", numeric=False),
    Column("training time"),
    Column("steps"),
    Column("images/s", better="↑"),
    Column("time to predict"),
    Column("cost of a run", "and in all"),
)
MACHINE = Column("machine", numeric=False)
LEGEND = (
    "Means over seeds that ran on the same machine with as many threads; others have rows of their own. Images per "
    "second are those of the training; to predict takes the fit and the test split together. Cost is wall-clock time, "
    "training and prediction, times the threads it was given on a CPU (core-hours) or the GPUs (GPU-hours); a teacher "
    "is a run of its own and counted there. Times of runs that shared a machine with others are longer than they need "
    "be."
)


def section(data: ReportData) -> Section | None:
    """Build a row for each method on each dataset and machine; None if nothing was run.

    Settings other than the main ones are folded away.
    """
    if not data.runs:
        return None
    machines = {machine: place for place, machine in enumerate(dict.fromkeys(hardware(r.record) for r in data.runs))}
    every = [(group, variant) for group in data.groups for variant in group.variants]
    mains = [(group, variant) for group, variant in every if variant.main or variant.own]
    others = [pair for pair in every if pair not in mains]
    caption = f"Speed and cost: {_count(len(data.runs))}, {_in_words(total_cost(data.runs))} in all"
    blocks: list[Block] = [Text(LEGEND), _table(caption, mains, machines, name="cost")]
    if others:
        table = _table("Speed and cost with other settings", others, machines, name="cost other settings")
        blocks.append(Details(table.caption, blocks=(table,)))
    return Section("cost", "Speed and cost", tuple(blocks))


def _table(caption: str, pairs: Sequence[tuple[Group, Variant]], machines: Mapping[str, int], *, name: str) -> Table:
    """Build the table; a single machine is named in a note, several are numbered and the notes say which is which."""
    several = len(machines) > 1
    rows = []
    for group, variant in pairs:
        for machine, runs in _by_machine(variant).items():
            where = (Cell(f"#{machines[machine] + 1}", value=machines[machine]),) if several else ()
            rows.append((*_row(group, variant.label, runs), *where))
    columns = (*COLUMNS, MACHINE) if several else COLUMNS
    notes = tuple(
        f"#{place + 1}: {machine}." if several else f"All on {machine}." for machine, place in machines.items()
    )
    return Table(caption, columns, tuple(rows), notes, name=name)


def _by_machine(variant: Variant) -> dict[str, list[Run]]:
    """Group the runs of a variant by machine and threads: a mean over one and two threads would describe neither."""
    found: dict[str, list[Run]] = {}
    for run in variant.runs:
        found.setdefault(hardware(run.record), []).append(run)
    return found


def _row(group: Group, label: str, runs: Sequence[Run]) -> tuple[Cell, ...]:
    return (
        Cell(group.dataset, detail=f"{group.profile} profile"),
        Cell(label),
        *_training(runs),
        _seconds([run.record.timings.predict_seconds for run in runs]),
        _cost(runs),
    )


def _training(runs: Sequence[Run]) -> tuple[Cell, Cell, Cell]:
    timings = [run.record.timings for run in runs]
    if not any(timing.steps for timing in timings):
        return EMPTY, EMPTY, EMPTY
    steps = SeedScores(tuple(float(timing.steps) for timing in timings)).mean
    speed = SeedScores(tuple(timing.images_per_second for timing in timings)).mean
    return (
        _seconds([timing.fit_seconds for timing in timings]),
        Cell(f"{steps:,.0f}", "measured", value=steps),
        Cell(number(speed, 0), "measured", value=speed) if speed else EMPTY,
    )


def _seconds(seconds: list[float]) -> Cell:
    mean = SeedScores(tuple(seconds)).mean
    return Cell(duration(mean), "measured", value=mean)


def _cost(runs: Sequence[Run]) -> Cell:
    """Return the cost of a run and, beneath, that of the runs of all seeds."""
    total, count = total_cost(runs), len(runs)
    each = total / count
    in_all = f"{_in_words(total)}, {seeds(count)}" if count > 1 else ""
    return Cell(_in_words(each), "measured", in_all, value=each.core_hours + each.gpu_hours)


def _in_words(cost: Cost) -> str:
    """Return ``2.4 core-minutes`` or, from an hour on, ``1.80 core-hours``; CPU and GPU time are listed separately."""
    kinds = {"core": cost.core_hours, "GPU": cost.gpu_hours}
    parts = [
        f"{number(hours, 2)} {kind}-hours" if hours >= 1 else f"{number(60 * hours, 1)} {kind}-minutes"
        for kind, hours in kinds.items()
        if hours
    ]
    return ", ".join(parts) or "nothing"


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"
