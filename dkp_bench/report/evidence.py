"""What the sections of a report are made from."""

from dataclasses import dataclass

from dkp_bench.records.store import Run
from dkp_bench.report.deltas import DeltaRow
from dkp_bench.report.published import Published
from dkp_bench.report.setups import Setup


@dataclass(frozen=True)
class Evidence:
    """Everything measured and everything published.

    Attributes:
        runs: every finished run.
        setups: the runs, sorted into those that may be compared.
        deltas: the subject against the baseline, published and measured.
        published: the numbers of the literature and how methods are lined up.
    """

    runs: tuple[Run, ...]
    setups: tuple[Setup, ...]
    deltas: tuple[DeltaRow, ...]
    published: Published
