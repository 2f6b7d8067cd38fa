"""The data of a report: the reader's runs, the stored ones and the published numbers, and which is which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from dkp_bench.analysis.claims import ClaimRow, claim_rows
from dkp_bench.analysis.comparable import Group, group_runs
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Published
from dkp_bench.runs.run import Run, load_runs
from dkp_bench.studies.design import Design, design_of
from dkp_bench.studies.finder import RunFinder
from dkp_bench.studies.measured import StudyResults, results_of
from dkp_bench.studies.study import read_study, study_files


def merged_runs(own: Path, stored: Path) -> list[Run]:
    """Load the runs of two results roots; a run that both have is there twice, to be compared with itself.

    Where one root lies in the other, or is the same, its runs count once.

    Raises:
        DkpError: as :func:`dkp_bench.runs.run.load_runs` does.
    """
    mine, others = load_runs(own), load_runs(stored)
    known = {run.path.resolve() for run in others}
    return [*(run for run in mine if run.path.resolve() not in known), *others]


@dataclass(frozen=True)
class Sources:
    """The folders of stored runs and of the reader's own.

    Attributes:
        stored: folders of the stored runs.
        own: folders of all other runs.
    """

    stored: frozenset[Path] = frozenset()
    own: frozenset[Path] = frozenset()

    @classmethod
    def of_runs(cls, runs: Sequence[Run], root: Path | None) -> "Sources":
        """Sort runs by whether they lie in ``root``, the results root of stored ones (None if there is none)."""
        paths = {run.path for run in runs}
        stored = {path for path in paths if root and path.absolute().is_relative_to(root.absolute())}
        return cls(frozenset(stored), frozenset(paths - stored))

    def of(self, runs: Sequence[Run]) -> str:
        """Return ``stored``, ``yours`` or ``2 stored, 1 yours``; empty if all runs of the report are of one kind."""
        if not self.stored or not self.own:
            return ""
        stored = sum(run.path in self.stored for run in runs)
        counts = {"stored": stored, "yours": len(runs) - stored}
        present = {name: count for name, count in counts.items() if count}
        return ", ".join(name if len(present) == 1 else f"{count} {name}" for name, count in present.items())

    @property
    def in_words(self) -> str:
        """The number of stored runs, in a sentence; empty if there are none."""
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
        sources: which runs are stored and which are the reader's own.
        files_of_studies: the files of the studies, by name.
    """

    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    claims: tuple[ClaimRow, ...]
    published: Published
    intervals: Intervals
    sources: Sources
    files_of_studies: Mapping[str, Path]

    @cached_property
    def designs(self) -> dict[str, Design]:
        """The studies by name, with their arms and levels.

        Raises:
            DkpError: if the file of one is no study.
        """
        return {name: _design(path, path.stat().st_mtime_ns) for name, path in self.files_of_studies.items()}

    @cached_property
    def studies(self) -> dict[str, StudyResults]:
        """What is measured of each study, by name."""
        finder = RunFinder(self.runs, self.sources.stored)
        return {name: results_of(design, finder, self.intervals) for name, design in self.designs.items()}

    @property
    def stored(self) -> list[Run]:
        """The stored runs among all of them."""
        return [run for run in self.runs if run.path in self.sources.stored]


@cache
def _design(path: Path, changed: int) -> Design:
    """Return the design of a study's file, last ``changed`` then: a process that builds many reports reads it once."""
    return design_of(read_study(path), str(path))


def gather(
    runs: Sequence[Run],
    published: Published,
    stored: Path | None = None,
    files_of_studies: Mapping[str, Path] | None = None,
) -> ReportData:
    """Gather what a report is made from.

    Args:
        runs: finished runs; the same ones in another order give equal data.
        published: the numbers of the literature.
        stored: the results root of those of the runs that are stored; annotations are looked up there too.
        files_of_studies: the files of the studies, by name; if None, those here and those that come with the benchmark.
    """
    sources = Sources.of_runs(runs, stored)
    own = sources.own if sources.stored else frozenset()
    # Runs scored on val chose settings: they stand in the tables of the trials, and in none that reports a result.
    reported = [run for run in runs if run.record.identity.split == "test"]
    groups = group_runs(reported, published.report.order, published.datasets, own)
    intervals = Intervals([stored] if stored else [])
    claims = claim_rows(groups, published, intervals)
    studied = study_files() if files_of_studies is None else files_of_studies
    return ReportData(tuple(runs), groups, claims, published, intervals, sources, studied)
