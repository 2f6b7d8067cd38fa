"""What the sections of a report are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.comparison.setups import Setup, group_runs
from dkp_bench.records.store import Run
from dkp_bench.report.deltas import DeltaRow, delta_rows
from dkp_bench.report.intervals import Intervals
from dkp_bench.report.origins import Origins
from dkp_bench.report.published import Published


@dataclass(frozen=True)
class Evidence:
    """Everything measured and everything published.

    Attributes:
        runs: every finished run.
        setups: the runs, sorted into those that may be compared.
        deltas: the subject against the baseline, published and measured.
        published: the numbers of the literature and how methods are lined up.
        intervals: scores with their intervals.
        origins: tells stored runs from the reader's own.
    """

    runs: tuple[Run, ...]
    setups: tuple[Setup, ...]
    deltas: tuple[DeltaRow, ...]
    published: Published
    intervals: Intervals
    origins: Origins


def gather(runs: Sequence[Run], published: Published, stored: Path | None = None) -> Evidence:
    """Sort runs and published numbers into what a report is made from.

    Args:
        runs: finished runs; the same ones in another order give equal evidence.
        published: the numbers of the literature.
        stored: the results root in which some of the runs are kept for good; annotations are looked for there too.
    """
    origins = Origins.of_runs(runs, stored)
    own = origins.own if origins.stored else frozenset()
    setups = group_runs(runs, published.report.order, published.datasets, own)
    intervals = Intervals([stored] if stored else [])
    return Evidence(tuple(runs), setups, delta_rows(setups, published, intervals), published, intervals, origins)
