"""LaTeX: golden files, hostile names, and documents that compile."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dkp_bench.analysis.published import Published
from dkp_bench.report import Report, build_report
from dkp_bench.report.blocks import Cell, Column, Details, Section, Table
from dkp_bench.report.formats.latex import ROWS_OF_A_PAGE, escape_latex, latex_tables, to_latex
from dkp_bench.report.formats.render import to_markdown
from dkp_bench.report.write import write_files
from dkp_bench.runs.run import Run

OVERFULL = 5.0
"""Points by which a line may stand out of the page."""


@pytest.fixture(scope="module")
def report(two_by_two: list[Run], published: Published) -> Report:
    return build_report(two_by_two, published)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Compiles a document and returns what pdflatex logged; skipped where there is no pdflatex."""
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("needs pdflatex, which is not on the PATH")

    def run(path: Path) -> str:
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", path.name]
        done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False, timeout=120)
        log = path.with_suffix(".log").read_text(encoding="latin-1")
        assert done.returncode == 0, log[-3000:]
        return log

    return run


def too_wide(log: str) -> list[float]:
    return [float(size) for size in re.findall(r"Overfull \\[hv]box \(([\d.]+)pt too", log) if float(size) > OVERFULL]


def test_golden(report: Report, golden: Callable[[str, str], None]) -> None:
    golden("report.tex", to_latex(report))
    golden("tables.tex", "\n".join(latex_tables(report).values()))


@pytest.mark.parametrize("name", ["report", "papers", "hostile"])
def test_the_document_compiles_within_the_page(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, compiled: Callable[[Path], str]
) -> None:
    write_files(request.getfixturevalue(name), tmp_path)
    log = compiled(tmp_path / "report.tex")
    assert "Float too large" not in log
    assert not too_wide(log)


def test_each_table_by_itself_in_a_paper(papers: Report, tmp_path: Path, compiled: Callable[[Path], str]) -> None:
    tables = latex_tables(papers)
    short = [name for name, text in tables.items() if r"\begin{longtable}" not in text]
    for name in short:
        (tmp_path / f"{name}.tex").write_text(tables[name], encoding="utf-8")
    packages = re.findall(r"the packages (.*) and (\w+)\.", tables[short[0]])[0]
    inputs = "\n".join(rf"\input{{{name}}}\clearpage" for name in short)
    document = (
        r"\documentclass[twocolumn]{article}"
        rf"\usepackage[utf8]{{inputenc}}\usepackage[T1]{{fontenc}}\usepackage{{{','.join(packages).replace(' ', '')}}}"
        rf"\begin{{document}}{inputs}\end{{document}}"
    )
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    assert not too_wide(compiled(tmp_path / "paper.tex"))


def test_every_sign_of_the_report_can_be_set(papers: Report) -> None:
    written = set(to_markdown(papers))
    assert {sign for sign in written if sign.isprintable() and escape_latex(sign) == "?"} <= {"?"}


def test_every_letter_compiles(tmp_path: Path, compiled: Callable[[Path], str]) -> None:
    signs = [chr(code) for code in range(0x21, 0x2700) if escape_latex(chr(code)) != "?"]
    lines = "\n\n".join(escape_latex(sign) for sign in signs)
    packages = r"\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{textcomp,amssymb}"
    document = rf"\documentclass{{article}}{packages}\begin{{document}}{lines}\end{{document}}"
    (tmp_path / "signs.tex").write_text(document, encoding="utf-8")
    assert "Missing character" not in compiled(tmp_path / "signs.tex")


def test_hostile_names_are_text(hostile: Report) -> None:
    tables = latex_tables(hostile)
    whole = "".join([to_latex(hostile), *tables.values()])
    assert r"\input{x}" not in whole
    assert r"\textbackslash{}input\{x\}" in whole
    for text in tables.values():
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
        (rows,) = re.findall(r"\\midrule\n(.*?)\\bottomrule", text, flags=re.DOTALL)
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in rows.splitlines()}) == 1


def test_a_long_table_is_split_over_pages(papers: Report) -> None:
    (runs,) = (text for name, text in latex_tables(papers).items() if name.startswith("provenance--runs"))
    assert r"\begin{longtable}" in runs
    assert r"\thetable, continued" in runs
    short = [text for text in latex_tables(papers).values() if r"\begin{longtable}" not in text]
    assert short
    assert max(text.count("\\\\\n") for text in short) <= ROWS_OF_A_PAGE + 1


def test_a_folded_table_is_a_file_too(report: Report) -> None:
    folded = Table("Folded: all of it", (Column("a"),), ((Cell("b"),),))
    sections = (Section("more", "More", (Details("Look twice", blocks=(folded,)),)),)
    changed = replace(report, sections=sections)
    assert list(latex_tables(changed)) == ["more--folded"]
    assert r"\input{tables/more--folded}" in to_latex(changed)


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("a_b & 50 %", r"a\_b \& 50 \%"),
        ("x -- y", "x -{}- y"),
        ("---", "-{}-{}-"),
        ("−1 ± 2", r"$-$1 $\pm$ 2"),
        ("10⁻³ Ħ", "10$^-$$^3$ ?"),
        ("漢\x00", "??"),
        ("^~\\", r"\textasciicircum{}\textasciitilde{}\textbackslash{}"),
    ],
)
def test_escape_latex(raw: str, escaped: str) -> None:
    assert escape_latex(raw) == escaped
