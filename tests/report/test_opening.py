"""The pictures of the first screen: the largest profile at which the claim was tested."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_study import CORNER, store_arm, toy_text

from dkp_bench.analysis.published import Published
from dkp_bench.files import write_text
from dkp_bench.report import build_report, gather
from dkp_bench.report.data import ReportData
from dkp_bench.report.formats.render import to_html, to_markdown
from dkp_bench.report.headline import headline
from dkp_bench.report.opening import opening
from dkp_bench.report.sections import matrix
from dkp_bench.runs.run import Run, load_runs

MakeRun = Callable[..., Run]
TINY = [("base", 8.0), ("taught", 4.0)]


def pictures(data: ReportData) -> dict[str, str]:
    """The pictures of results, by name, with what they say they show."""
    figures = [figure for section in (opening(data), matrix.section(data)) if section for figure in section.figures]
    return {figure.name: figure.alt.partition("first. ")[2] for figure in figures}


def test_a_larger_profile_takes_the_first_screen_when_the_claim_was_tested_at_it(
    run: MakeRun, published: Published
) -> None:
    tiny = [run(method, error) for method, error in TINY]
    assert pictures(gather([*tiny, run("base", 5.0, profile="small")], published)) == {
        "results.svg": "squares: taught 4.00, base 8.00.",
        "results-small.svg": "squares: base 5.00.",
    }
    both = [*tiny, run("base", 5.0, profile="small"), run("taught", 4.5, profile="small")]
    data = gather(both, published)
    assert pictures(data) == {
        "results.svg": "squares: taught 4.50, base 5.00.",
        "results-tiny.svg": "squares: taught 4.00, base 8.00.",
    }
    assert "10.0 % lower on squares (small profile, 1 seed)" in headline(data)[0]


def test_panels_of_several_profiles_are_told_apart(run: MakeRun, published: Published) -> None:
    runs = [run(method, error) for method, error in TINY]
    runs += [run(method, error, dataset="else", profile="small") for method, error in TINY]
    (figure,) = opening(gather(runs, published)).figures
    assert "else, small: taught" in figure.alt
    assert "squares, tiny: taught" in figure.alt
    assert figure.caption.startswith("The tiny and small profiles, every method")


def test_it_stands_before_the_sections_in_each_format(run: MakeRun, published: Published) -> None:
    report = build_report([run(method, error) for method, error in TINY], published)
    html, markdown = to_html(report), to_markdown(report)
    assert html.index('<figure id="found--results">') < html.index("</header>")
    assert markdown.index("(figures/results.svg)") < markdown.index("\n## ")
    assert opening(gather([], published)).blocks == ()


def test_runs_that_chose_settings_are_in_no_headline_and_no_picture(run: MakeRun, published: Published) -> None:
    tiny = [run(method, error) for method, error in TINY]
    chosen = [run(method, error / 2, profile="small", split="val") for method, error in TINY]
    told, alone = gather([*tiny, *chosen], published), gather(tiny, published)
    assert headline(told) == headline(alone)
    assert pictures(told) == pictures(alone)
    assert opening(gather(chosen, published)).blocks == ()


@pytest.mark.usefixtures("small_datasets", "own_methods")
def test_a_study_that_is_named_has_its_first_picture_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(Path("results/studies/toy.toml"), toy_text("corner@-0.5 < corner@-1"))
    for x, error in ((-1.0, 4.0), (-0.5, 3.0)):
        store_arm(Path("runs"), CORNER, error, x=x)
    names = published.report.model_copy(update={"studies": ("toy", "unknown")})
    named, unnamed = (
        gather(load_runs(Path("runs")), each) for each in (published.model_copy(update={"report": names}), published)
    )
    assert [figure.name for figure in opening(named).figures] == ["results.svg", "study-toy-first.svg"]
    assert [figure.name for figure in opening(unnamed).figures] == ["results.svg"]
    assert headline(named)[-1].startswith("Supported: It does")
    html = to_html(build_report(load_runs(Path("runs")), named.published))
    anchors = re.findall(r' id="([^"]+)"', html)
    assert len(anchors) == len(set(anchors))
