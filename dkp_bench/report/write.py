"""The report of a folder of runs, written in every format."""

from pathlib import Path

from dkp_bench.analysis.published import read_published
from dkp_bench.files import write_bytes, write_text
from dkp_bench.report.build import Report, build_report
from dkp_bench.report.data import merged_runs
from dkp_bench.report.formats.latex import MARK, latex_tables, to_latex
from dkp_bench.report.formats.render import to_html, to_markdown
from dkp_bench.runs.run import load_runs


def write_report(runs: Path, published: Path, out: Path, stored: Path | None = None) -> Path:
    """Write the report; the same inputs give the same bytes.

    ``report.html`` needs nothing beside it; ``report.md`` shows the pictures in ``figures/``, and ``report.tex`` takes
    in the tables in ``tables/``, each of which can be used on its own too. ``figures/results.png``, the results of
    every method with intervals, and ``figures/samples.png``, the first sample images, need no page around them: a
    README can show them.

    Args:
        runs: folder of runs, see :func:`dkp_bench.runs.run.load_runs`.
        published: the file of published numbers.
        out: folder to write to; files of an earlier report in it are replaced, and its other tables are removed.
        stored: folder of stored runs to show beside them; the two are compared and never averaged.

    Returns:
        Path of the HTML file.

    Raises:
        DkpError: if a record, a sample file or the published numbers cannot be read.
    """
    found = merged_runs(runs, stored) if stored else load_runs(runs)
    return write_files(build_report(found, read_published(published), stored), out)


def write_files(report: Report, out: Path) -> Path:
    """Write a report that is already built, and return the path of the HTML file."""
    for figure in report.figures:
        write_bytes(out / "figures" / figure.name, figure.content)
        if figure.png:
            write_bytes(out / "figures" / figure.png_name, figure.png)
    _write_tables(latex_tables(report), out / "tables")
    write_text(out / "report.md", to_markdown(report))
    write_text(out / "report.tex", to_latex(report))
    write_text(out / "report.html", to_html(report))
    return out / "report.html"


def _write_tables(tables: dict[str, str], folder: Path) -> None:
    """Write each table, and remove those of an earlier report: a paper must not include one that is out of date."""
    for name, text in tables.items():
        write_text(folder / f"{name}.tex", text)
    # The folder may hold tables of the user's own: only files that start with our mark are removed.
    for path in sorted(folder.glob("*.tex")):
        if path.stem not in tables and path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
            path.unlink()
