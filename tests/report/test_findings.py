"""What the first screen says of studies."""

from pathlib import Path

import pytest
from toy_study import CORNER, LEARNER, store_arm, toy_results, toy_text

from dkp_bench.report.findings import answers, refuted_hypotheses

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The corner gets better further out; three seeds."""
    for x, error in ((-1.0, 4.0), (-0.5, 3.0), (0.5, 2.0), (1.0, 1.5)):
        store_arm(tmp_path, CORNER, error, x=x)
    return tmp_path


def told(folder: Path, *claims: str, names: tuple[str, ...] = ("toy",)) -> tuple[list[str], list[str]]:
    studies = {"toy": toy_results(folder, toy_text(*claims))}
    return refuted_hypotheses(studies), answers(studies, names)


def test_a_refuted_hypothesis_is_told_with_its_numbers_whatever_the_study(runs: Path) -> None:
    assert told(runs, "corner@-1 < corner@-0.5", names=()) == (
        [
            "Refuted: It does (study toy).",
            "corner at -1 against corner at -0.5: +33.3 % [+33.3 to +33.3 %] on squares; tiny profile, 3 seeds.",
        ],
        [],
    )


def test_the_others_are_told_of_the_studies_asked_for(runs: Path) -> None:
    assert told(runs, "corner@-0.5 < corner@-1", names=()) == ([], [])
    assert told(runs, "corner@-0.5 < corner@-1") == (
        [],
        [
            "Supported: It does (corner at -0.5 against corner at -1: −25.0 % [−25.0 to −25.0 %] on squares; tiny "
            "profile, 3 seeds; study toy)."
        ],
    )


def test_what_is_undecided_says_why_and_what_was_not_run_gives_the_command(runs: Path) -> None:
    assert told(runs, "corner@-0.5 < corner@-1", "learner@1 < corner@1")[1] == [
        "Undecided: It does (not run: learner@1; study toy)."
    ]
    not_run = "Not run: Does it matter how far out the corner is? “dkp-bench study toy” runs it."
    assert told(runs, "learner@1 < corner@1")[1] == [not_run]


def test_what_one_study_leaves_open_is_a_sentence_for_each_reason(runs: Path) -> None:
    second = toy_text("learner@1 < corner@1").removeprefix(toy_text()).replace('"first"', '"second"')
    studies = {"toy": toy_results(runs, toy_text("corner@-0.5 < corner@-1", "learner@1 < corner@1") + second)}
    assert answers(studies, ["toy"]) == ["Undecided: It does (study toy). Not run: It does (study toy)."]


def test_of_many_comparisons_the_first_are_told(runs: Path) -> None:
    for x in (-1.0, -0.5, 0.5, 1.0):
        store_arm(runs, LEARNER, 1.0, x=x)
    (supported,) = told(runs, "learner@* < corner@*")[1]
    assert "a corner that learns at 0.5 against corner at 0.5" in supported
    assert "learns at 1 against" not in supported
    assert "; and 1 more; " in supported


def test_a_correlation_is_told_as_one(runs: Path) -> None:
    for x, error in ((-1.0, 4.4), (-0.5, 3.1), (0.5, 2.2), (1.0, 1.4)):
        store_arm(runs, LEARNER, error, x=x)
    (supported,) = told(runs, "learner follows corner")[1]
    assert "a corner that learns follows corner: correlation 0.99 [0.99 to 0.99]" in supported
