"""The register of ambiguities: one text in three places, and what was measured."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from dkp_bench.analysis.comparable import Group, group_runs
from dkp_bench.analysis.published import Published
from dkp_bench.analysis.required_settings import required_settings
from dkp_bench.methods import find_method
from dkp_bench.presets import dumped_settings_hash
from dkp_bench.report import build_report
from dkp_bench.report.blocks import Cell, Table
from dkp_bench.runs.run import Run
from dkp_bench.studies.study import AnsweredQuestion, Axis, read_study

MakeRun = Callable[..., Run]
SUBJECT = "distill_dkp"
REGISTER = read_study(Path(__file__).parents[2] / "results" / "studies" / "register.toml")
STUDENT, TEACHER = {"gamma": 0.1, "embedding": "logits"}, {"depth_scaling": "minmax"}


def as_in_the_readme(asked: Axis | AnsweredQuestion) -> str:
    if isinstance(asked, AnsweredQuestion):
        cells = [asked.question, f"`{asked.setting}`" if asked.setting else "none", asked.answer, asked.why]
    else:
        meanings = (f"`{value}`: {meaning}" if meaning else f"`{value}`" for value, meaning in asked.levels.items())
        cells = [asked.question, f"`{asked.varies}`", "; ".join(meanings), asked.why]
    return f"| {' | '.join(cells)} |"


def test_the_readme_says_the_same(repository: Path) -> None:
    text = (repository / "reference" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"## Register of ambiguities.*?\|---\|---\|---\|---\|\n(.*?)\n\n", text, re.DOTALL)
    assert table
    assert table[1].splitlines() == [as_in_the_readme(asked) for asked in (*REGISTER.axis, *REGISTER.settled)]


@pytest.mark.parametrize("axis", REGISTER.axis, ids=lambda axis: axis.name)
def test_values_and_defaults_are_those_of_the_code(axis: Axis) -> None:
    method, _, setting = axis.varies.rpartition(".")
    field = find_method(method or SUBJECT).settings_type.model_fields[setting]
    assert get_args(field.annotation) == tuple(axis.levels)
    assert field.default == next(iter(axis.levels))


def test_every_choice_in_words_is_in_the_register() -> None:
    base = find_method("autolink").settings_type.model_fields
    open_choices = {
        name if method == SUBJECT else f"{method}.{name}"
        for method in (SUBJECT, "teacher_only")
        for name, field in find_method(method).settings_type.model_fields.items()
        if name not in base and all(isinstance(value, str) for value in get_args(field.annotation) or [None])
    }
    # What the teacher sees is no open question: depth, says the paper. A study asks what else would do.
    assert open_choices - {"teacher_only.sees"} == {axis.varies for axis in REGISTER.axis}


def student(run: MakeRun, error: float, seed: int = 0, **changes: Any) -> Run:
    """A run of the student, as 0.1.0 recorded it; ``teacher`` and whatever else is changed are settings."""
    teacher = TEACHER | changes.pop("teacher", {})
    settings = STUDENT | changes
    known = dumped_settings_hash({SUBJECT: settings, "teacher_only": teacher})
    return run(SUBJECT, error, seed=seed, settings=settings, preset_hash=known, dataset="mannequin")


def with_required_settings(made: Run) -> Run:
    """A run of the student with a record that keeps the settings of its teacher."""
    own, hashed = made.record.settings, made.record.identity.preset_hash
    choices = ({"depth_scaling": scaling} for scaling in ("minmax", "standardise"))
    (of_teacher,) = (s for s in choices if dumped_settings_hash({SUBJECT: own, "teacher_only": s}) == hashed)
    return Run(made.path, made.record.model_copy(update={"required_settings": {"teacher_only": of_teacher}}))


def teacher(run: MakeRun, seed: int = 0) -> Run:
    own = dumped_settings_hash({"teacher_only": TEACHER})
    return run("teacher_only", 3.0, seed=seed, settings=TEACHER, preset_hash=own, dataset="mannequin")


def setup_of(runs: list[Run]) -> Group:
    (group,) = group_runs(runs, ())
    return group


@pytest.fixture
def runs(run: MakeRun) -> list[Run]:
    """The student at its main settings with two seeds, and with one answer changed, or two."""
    return [
        *(student(run, 8.0 + seed, seed) for seed in (0, 1)),
        teacher(run),
        student(run, 6.0, embedding="probabilities"),
        student(run, 4.0, teacher={"depth_scaling": "standardise"}),
        student(run, 1.0, embedding="probabilities", teacher={"depth_scaling": "standardise"}),
        student(run, 2.0, gamma=1.0),
    ]


CHANGES = pytest.mark.parametrize(
    ("setting", "value", "percent"),
    [("embedding", "probabilities", "−25.0 %"), ("teacher_only.depth_scaling", "standardise", "−50.0 %")],
)


@CHANGES
def test_what_the_record_keeps_of_the_teacher_needs_no_run_of_it(
    runs: list[Run], literature: Published, setting: str, value: str, percent: str
) -> None:
    alone = [with_required_settings(one) for one in runs if one.record.identity.method == SUBJECT]
    assert change(alone, literature, setting, value).text == percent
    labels = [variant.label for variant in setup_of(alone).variants]
    assert "distill_dkp (teacher_only.depth_scaling=standardise)" in labels


def test_what_no_hash_confirms_is_not_known(runs: list[Run], run: MakeRun) -> None:
    main, of_teacher = runs[0], teacher(run)
    assert required_settings(main, [of_teacher]) == {"teacher_only": TEACHER}
    assert required_settings(main, []) is None
    other = of_teacher.record.model_copy(update={"settings": {"depth_scaling": "other"}})
    assert required_settings(main, [Run(of_teacher.path, other)]) is None


@CHANGES
def test_one_answer_is_changed_and_nothing_else(
    runs: list[Run], literature: Published, setting: str, value: str, percent: str
) -> None:
    assert change(runs, literature, setting, value).text == percent


def test_what_was_not_run_has_no_effect(runs: list[Run], run: MakeRun, literature: Published) -> None:
    without_teacher = [one for one in runs if one.record.identity.method == SUBJECT]
    for made, setting, value in (
        (runs, "cosine_over", "pixel"),
        (without_teacher, "embedding", "probabilities"),
        ([run("base")], "embedding", "probabilities"),
    ):
        assert change(made, literature, setting, value).text == "not run"


def change(runs: list[Run], literature: Published, setting: str, value: str) -> Cell:
    (row,) = (row for row in effects(runs, literature).rows if (row[0].text, row[1].text) == (setting, value))
    return row[3]


def effects(runs: list[Run], literature: Published) -> Table:
    (section,) = (section for section in build_report(runs, literature).sections if section.anchor == "register")
    return section.tables[0]


def test_the_section(runs: list[Run], literature: Published) -> None:
    rows = {(row[0].text, row[1].text): row for row in effects(runs, literature).rows}
    assert rows["embedding", "logits"][3].text == "default"
    found = rows["teacher_only.depth_scaling", "standardise"]
    assert (found[3].text, found[3].kind, found[4].text) == ("−50.0 %", "measured", "mannequin")
    missing = rows["cosine_over", "pixel"][3]
    command = "dkp-bench train distill_dkp mannequin --profile tiny --seeds 0,1,2 --set cosine_over=pixel"
    assert (missing.text, missing.code) == ("not run", command)


def test_the_spread_of_seeds_stands_beneath(runs: list[Run], literature: Published) -> None:
    (note,) = effects(runs, literature).notes
    assert note == (
        "mannequin, tiny profile: at the main settings the seeds differ by 8.3 % (their standard deviation)."
    )
    assert effects(runs[1:], literature).notes == ()


def test_every_question_is_told_with_its_reason(literature: Published) -> None:
    (section,) = (section for section in build_report([], literature).sections if section.anchor == "register")
    assert [len(table.rows) for table in section.tables] == [sum(len(axis.levels) for axis in REGISTER.axis), 10]
    assert not any("`" in cell.text for table in section.tables for row in table.rows for cell in row)
