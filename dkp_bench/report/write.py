"""Writing the report of a folder of runs."""

from pathlib import Path

from dkp_bench.files import atomic_path, write_text
from dkp_bench.records.store import load_runs
from dkp_bench.report.build import Report, build_report
from dkp_bench.report.published import read_published
from dkp_bench.report.render import to_html, to_latex, to_markdown


def write_report(runs: Path, published: Path, out: Path) -> Path:
    """Write ``report.html``, ``report.md``, ``report.tex`` and ``figures/``: the same inputs give the same bytes.

    Args:
        runs: folder of runs, see :func:`dkp_bench.records.store.load_runs`.
        published: the file of published numbers.
        out: folder to write to; files of an earlier report in it are replaced.

    Returns:
        Path of the HTML file.

    Raises:
        DkpError: if a record, a sample file or the published numbers cannot be read.
    """
    return write_files(build_report(load_runs(runs), read_published(published)), out)


def write_files(report: Report, out: Path) -> Path:
    """Write a report that is already made; returns the path of the HTML file."""
    for figure in report.figures:
        with atomic_path(out / "figures" / figure.name) as temporary:
            temporary.write_bytes(figure.content)
    write_text(out / "report.md", to_markdown(report))
    write_text(out / "report.tex", to_latex(report))
    write_text(out / "report.html", to_html(report))
    return out / "report.html"
