"""The section of studies: an overview of hypotheses, the refuted first, and each study with tables and pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from toy_study import CORNER, LEARNER, store_arm, toy_text

from dkp_bench.analysis.published import Published
from dkp_bench.report import build_report, gather
from dkp_bench.report.blocks import Section, Table, Text
from dkp_bench.report.data import ReportData
from dkp_bench.report.headline import headline
from dkp_bench.report.sections.studies import sections
from dkp_bench.runs.run import load_runs
from dkp_bench.runs.spec import RunSpec
from dkp_bench.studies.design import settings_of

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")
Build = Callable[[str], ReportData]
STUDIES = Path("results") / "studies"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    STUDIES.mkdir(parents=True)


@pytest.fixture
def build(published: Published) -> Build:
    """What a report is made from: the runs in the current folder, and a study of some text."""

    def made(text: str) -> ReportData:
        (STUDIES / "toy.toml").write_text(text, encoding="utf-8")
        return gather(load_runs(Path("runs")), published)

    return made


def store_all() -> None:
    for x, error in ((-1.0, 4.0), (-0.5, 3.0), (0.5, 2.0), (1.0, 2.5)):
        store_arm(Path("runs"), CORNER, error, x=x)
        store_arm(Path("runs"), LEARNER, error / 2, seeds=1, x=x)
    store_arm(Path("runs"), "mean_pose", 3.0)


def section(data: ReportData, anchor: str) -> Section:
    (found,) = (each for each in sections(data) if each.anchor == anchor)
    return found


def test_an_overview_has_the_refuted_first(build: Build) -> None:
    store_all()
    more = toy_text("mean < corner@1").replace('"first"', '"second"').removeprefix(toy_text())
    report = build(toy_text("corner@0.5 < corner@-1") + more)
    (table,) = section(report, "studies").tables
    assert [(row[1].detail, row[2].text, row[2].symbol) for row in table.rows] == [
        ("second", "refuted", "✗"),
        ("first", "supported", "✓"),
    ]
    assert table.rows[0][3].text == "19 of 27 runs"
    assert table.rows[0][3].code == "dkp-bench study toy"
    assert headline(report)[0] == "Refuted: It does (study toy)."
    assert headline(report)[1].startswith("mean against corner at 1: +")


def test_a_study_has_its_verdicts_its_curve_and_a_row_for_each_condition(build: Build) -> None:
    store_all()
    report = build(toy_text("corner@* < mean", more='against = "mean"'))
    found = section(report, "study-toy")
    (curve,) = found.figures
    assert curve.name == "study-toy.svg"
    assert "corner -1: 4.02 (3.68 to 4.35), -0.5: 3.01" in curve.description
    verdicts, table = found.tables
    assert "✓ corner@0.5 < mean on squares: −33.3 % (−33.3 to −33.3), 3 seeds" in verdicts.rows[0][2].text
    rows = {row[0].text: row for row in table.rows}
    assert next(iter(rows)) == "corner, place -1"
    assert [cell.text for cell in rows["corner, place 0.5"][1:3]] == ["2.01", "−33.3 %"]
    assert rows["a corner that learns, place 0.5"][2].detail.endswith("over images alone")
    assert rows["mean"][2].text == "–"
    told = " ".join(block.text for block in found.blocks if isinstance(block, Text))
    assert "8 runs missing, on squares; to add them: dkp-bench study toy" in told


def test_two_axes_make_a_map_and_none_makes_dots(build: Build) -> None:
    for y in (0.0, 1.0):
        for x, error in ((-1.0, 3.0), (0.5, 2.0)):
            settings = {"x": x, "y": y}
            store_arm(Path("runs"), CORNER, error + y, seeds=2, settings=settings)
    store_arm(Path("runs"), "mean_pose", 3.0, seeds=2)
    two = toy_text(more='against = "mean"').replace("[[arm]]", '[[axis]]\nname = "height"\nvaries = "y"\n\n[[arm]]', 1)
    (figure,) = section(build(two.replace("1.0] }", "1.0], y = [1.0, 0.0] }")), "study-toy").figures
    assert "-1 × 0 " in figure.description
    (figure,) = section(build(NO_AXIS), "study-toy").figures
    assert "left 3.0" in figure.alt


NO_AXIS = """
title = "t"
question = "q"
why = "w"
chooses = "val"
against = "left"
arm = [
    { name = "left", method = "own_method:Corner", set = { y = 0.0 } },
    { name = "right", method = "own_method:Corner", set = { x = 0.5, y = 0.0 } },
]
[[cells]]
profile = "tiny"
datasets = ["squares"]
methods = ["own_method:Corner"]
seeds = [0, 1]
set = { y = 0.0 }
sweep = { x = [-1.0, 0.5] }
"""


def test_what_is_chosen_on_val_counts_its_trials(build: Build) -> None:
    for x, error in ((-1.0, 3.0), (0.5, 2.0)):
        store_arm(Path("runs"), CORNER, error, seeds=2, settings={"x": x, "y": 0.0}, split="val")
    found = section(build(NO_AXIS + 'split = "val"\n'), "study-toy")
    told = [block.text for block in found.blocks if isinstance(block, Text)]
    assert "Chosen on val, squares: 2 settings tried in 4 trainings; the best is right (2.00 % of edge)." in told


def test_a_study_of_which_nothing_is_measured_is_in_the_overview_alone(build: Build, published: Published) -> None:
    report = build(toy_text("corner@0.5 < mean"))
    assert [each.anchor for each in sections(report)] == ["studies"]
    assert "studies" in [each.anchor for each in build_report((), published).sections]
    table = section(report, "studies").blocks[1]
    assert isinstance(table, Table)
    assert (table.rows[0][2].text, table.rows[0][2].kind) == ("not run", "not-run")


def test_a_student_stands_beside_its_teacher(build: Build) -> None:
    """The student has seen two pulls, one teacher in common; its keypoints are as far from the teacher's as chosen."""
    known = settings_of(RunSpec("squares", "distill_dkp"))
    teacher = dict(known["teacher_only"])
    more = {"keypoints": 4, "depth": "exact"}
    for gamma, error in ((0.1, 4.0), (1.0, 3.0)):
        own = {**known["distill_dkp"], "gamma": gamma}
        required = {"teacher_only": teacher}
        store_arm(Path("runs"), "distill_dkp", error, seeds=2, settings=own, required_settings=required, **more)
    store_arm(Path("runs"), "teacher_only", 1.0, seeds=2, settings=teacher, inputs="depth", **more)
    text = """
        title = "t"
        question = "q"
        why = "w"
        arm = [{ name = "student", method = "distill_dkp" }]
        axis = [{ name = "pull", varies = "gamma", scale = "log" }]
        [[cells]]
        profile = "tiny"
        datasets = ["squares"]
        methods = ["distill_dkp"]
        seeds = [0, 1]
        sweep = { gamma = [0.1, 1.0] }
    """
    found = section(build(text), "study-toy")
    (table,) = found.tables
    heads = [column.title for column in table.columns]
    teachers, away = heads.index("error of its teacher"), heads.index("away from it")
    assert [(row[teachers].text, row[away].text) for row in table.rows] == [
        ("1.00", "3.01 ± 0.01"),
        ("1.00", "2.00 ± 0.01"),
    ]
    assert [figure.name for figure in found.figures] == ["study-toy.svg", "study-toy-distance.svg"]


def test_categories_are_dots_that_no_line_joins(build: Build) -> None:
    store_all()
    found = section(build(toy_text(more='against = "mean"').replace('scale = "linear"', "")), "study-toy")
    (figure,) = found.figures
    assert "corner, 0.5 2.0" in figure.alt
    assert "mean 3.0" in figure.alt


def test_students_of_several_teachers_are_drawn_against_them(build: Build) -> None:
    known = settings_of(RunSpec("squares", "distill_dkp"))
    own, teacher = dict(known["distill_dkp"]), dict(known["teacher_only"])
    for error, depth in ((2.0, "exact"), (3.0, "exact+gaussian-0.1"), (4.0, "exact+gaussian-0.2")):
        more = {"keypoints": 4, "depth": depth}
        required = {"teacher_only": teacher}
        store_arm(Path("runs"), "distill_dkp", error, settings=own, required_settings=required, **more)
        store_arm(Path("runs"), "teacher_only", error / 2, settings=teacher, inputs="depth", **more)
    text = """
        title = "t"
        question = "q"
        why = "w"
        axis = [{ name = "maps", varies = "depth" }]
        arm = [{ name = "student", method = "distill_dkp" }, { name = "teacher", method = "teacher_only" }]
        [[cells]]
        profile = "tiny"
        datasets = ["squares"]
        methods = ["teacher_only", "distill_dkp"]
        depth = ["exact", "exact+gaussian-0.1", "exact+gaussian-0.2"]
    """
    dots, teachers = section(build(text), "study-toy").figures
    assert "exact 2.01" in dots.alt
    assert "teacher" not in dots.alt  # which stands in the other picture
    assert "gaussian-0.1 1.51" in teachers.description
    assert b"others" in teachers.content
