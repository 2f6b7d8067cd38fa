"""The report as one data structure, from which every format is rendered."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from dkp_bench.analysis.published import Published
from dkp_bench.report import sections
from dkp_bench.report.blocks import Figure, Section
from dkp_bench.report.data import ReportData, gather
from dkp_bench.report.headline import headline
from dkp_bench.report.opening import opening
from dkp_bench.runs.run import Run


@dataclass(frozen=True)
class Report:
    """A report, ready to be rendered.

    Attributes:
        headline: the findings in sentences, the most important first.
        opening: the pictures under them.
        newest: time at which the newest run ended (UTC, ISO 8601); empty without runs.
        data: the runs and published numbers that it was made from.
        sections: in reading order.
    """

    headline: tuple[str, ...]
    opening: Section
    newest: str
    data: ReportData
    sections: tuple[Section, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure, those of the first screen first."""
        return tuple(figure for section in (self.opening, *self.sections) for figure in section.figures)


def build_report(
    runs: Sequence[Run],
    published: Published,
    stored: Path | None = None,
    files_of_studies: Mapping[str, Path] | None = None,
) -> Report:
    """Build the report of ``runs``; the same runs give an equal report, pictures included.

    Args:
        runs: finished runs.
        published: the numbers of the literature.
        stored: the results root in which some of the runs are stored, see :func:`gather`.
        files_of_studies: the files of the studies, by name; if None, those here and those that come with the benchmark.

    Raises:
        DkpError: if a file of a run is damaged.
    """
    return report_of(gather(runs, published, stored, files_of_studies))


def report_of(data: ReportData) -> Report:
    """Build the report of gathered runs and published numbers.

    A section is a module that :data:`dkp_bench.report.sections.SECTIONS` names, with a function ``section(data)`` that
    returns None where it has nothing to show, or with ``sections(data)`` if it makes several.

    Raises:
        DkpError: if a file of a run is damaged.
    """
    modules = [importlib.import_module(f"{sections.__name__}.{name}") for name in sections.SECTIONS]
    made = [section for module in modules for section in _made(module, data)]
    newest = max((run.record.provenance.finished for run in data.runs), default="")
    return Report(headline(data), opening(data), newest, data, tuple(made))


def _made(module: ModuleType, data: ReportData) -> list[Section]:
    made = module.sections(data) if hasattr(module, "sections") else [module.section(data)]
    return [section for section in made if section]
