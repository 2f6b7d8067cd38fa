"""Runs of one's own beside stored ones, and which is which."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dkp_bench.analysis.claims import ClaimRow, claim_rows
from dkp_bench.analysis.comparable import Group, group_runs
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Published
from dkp_bench.runs.run import Run, load_runs


def merged_runs(own: Path, stored: Path) -> list[Run]:
    """The runs of two results roots; a run that both have is there twice, to be held against itself.

    Where one root lies in the other, or is the same, its runs count once.

    Raises:
        DkpError: as :func:`dkp_bench.runs.run.load_runs` does.
    """
    mine, others = load_runs(own), load_runs(stored)
    known = {run.path.resolve() for run in others}
    return [*(run for run in mine if run.path.resolve() not in known), *others]


@dataclass(frozen=True)
class Sources:
    """Tells stored runs from one's own.

    Attributes:
        stored: the folders of the stored runs.
        own: those of the others.
    """

    stored: frozenset[Path] = frozenset()
    own: frozenset[Path] = frozenset()

    @classmethod
    def of_runs(cls, runs: Sequence[Run], root: Path | None) -> "Sources":
        """Sort runs by whether they lie in the results root of the stored ones; None where there is no such root."""
        paths = {run.path for run in runs}
        stored = {path for path in paths if root and path.absolute().is_relative_to(root.absolute())}
        return cls(frozenset(stored), frozenset(paths - stored))

    def of(self, runs: Sequence[Run]) -> str:
        """``stored``, ``yours`` or ``2 stored, 1 yours``; empty where all runs of the report are of one kind."""
        if not self.stored or not self.own:
            return ""
        stored = sum(run.path in self.stored for run in runs)
        counts = {"stored": stored, "yours": len(runs) - stored}
        present = {name: count for name, count in counts.items() if count}
        return ", ".join(name if len(present) == 1 else f"{count} {name}" for name, count in present.items())

    @property
    def in_words(self) -> str:
        """How many of the runs are stored ones; empty where none is."""
        if not self.stored:
            return ""
        stored = (
            "1 run is a stored baseline" if len(self.stored) == 1 else f"{len(self.stored)} runs are stored baselines"
        )
        return f"{stored} and {len(self.own)} yours." if self.own else f"{stored}; none is yours yet."


@dataclass(frozen=True)
class ReportData:
    """Everything measured and everything published.

    Attributes:
        runs: every finished run.
        groups: the runs, sorted into those that may be compared.
        claims: the subject against the baseline, published and measured.
        published: the numbers of the literature and how methods are lined up.
        intervals: scores with their intervals.
        sources: tells stored runs from the reader's own.
    """

    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    claims: tuple[ClaimRow, ...]
    published: Published
    intervals: Intervals
    sources: Sources

    @property
    def stored(self) -> list[Run]:
        """The stored runs among all of them."""
        return [run for run in self.runs if run.path in self.sources.stored]


def gather(runs: Sequence[Run], published: Published, stored: Path | None = None) -> ReportData:
    """Sort runs and published numbers into what a report is made from.

    Args:
        runs: finished runs; the same ones in another order give equal evidence.
        published: the numbers of the literature.
        stored: the results root in which some of the runs are kept for good; annotations are looked for there too.
    """
    sources = Sources.of_runs(runs, stored)
    own = sources.own if sources.stored else frozenset()
    groups = group_runs(runs, published.report.order, published.datasets, own)
    intervals = Intervals([stored] if stored else [])
    return ReportData(tuple(runs), groups, claim_rows(groups, published, intervals), published, intervals, sources)
