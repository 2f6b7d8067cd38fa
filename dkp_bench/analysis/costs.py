"""Cost of runs: core hours on a CPU, accelerator hours on a GPU."""

from collections.abc import Iterable
from dataclasses import dataclass

from dkp_bench.runs.provenance import hardware_name
from dkp_bench.runs.run import Run
from dkp_bench.runs.schema import NO_GPU, Record

HOUR = 3600.0


@dataclass(frozen=True)
class Cost:
    """Wall-clock time of training and prediction, multiplied by the cores or accelerators in use.

    Attributes:
        core_hours: hours of CPU cores, one for each thread of each process; only of runs without an accelerator.
        gpu_hours: hours of accelerators, one for each process.
    """

    core_hours: float = 0.0
    gpu_hours: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.core_hours + other.core_hours, self.gpu_hours + other.gpu_hours)

    def __truediv__(self, count: int) -> "Cost":
        return Cost(self.core_hours / count, self.gpu_hours / count)


def cost(record: Record) -> Cost:
    """Return the cost of one run."""
    timings, machine = record.timings, record.provenance
    hours = (timings.fit_seconds + timings.predict_seconds) / HOUR * machine.processes
    return Cost(core_hours=hours * machine.threads) if machine.accelerator == NO_GPU else Cost(gpu_hours=hours)


def total_cost(runs: Iterable[Run]) -> Cost:
    """Return the cost of all runs together."""
    return sum((cost(run.record) for run in runs), Cost())


def hardware(record: Record) -> str:
    """Write the hardware of a run: its accelerators, or its processor, with the number of processes and threads."""
    machine = record.provenance
    threads = f"{machine.threads} {'thread' if machine.threads == 1 else 'threads'}"
    name = hardware_name(machine.accelerator, machine.processor or machine.platform)
    if machine.accelerator != NO_GPU:
        count = f"{machine.processes} × " if machine.processes > 1 else ""
        return f"{count}{name}, {threads}"
    processes = f"{machine.processes} processes of " if machine.processes > 1 else ""
    return f"{name}, {processes}{threads}"
