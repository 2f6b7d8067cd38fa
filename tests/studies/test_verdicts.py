"""What runs say of hypotheses, and which runs are found for a condition."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from shifted import make_annotations
from toy_study import CORNER, LEARNER, store_arm, toy_results, toy_text

from dkp_bench.analysis.comparable import group_runs
from dkp_bench.errors import DkpError
from dkp_bench.runs.layout import RECORD
from dkp_bench.runs.run import load_runs
from dkp_bench.statistics import Interval
from dkp_bench.studies.contrasts import Contrast, contrast_of
from dkp_bench.studies.verdicts import Outcome, Verdict, decide, verdicts

pytestmark = pytest.mark.usefixtures("small_datasets", "own_methods")
MARGIN = 0.02


@pytest.mark.parametrize(
    ("low", "high", "smaller", "not_larger", "alike"),
    [
        (-0.30, -0.10, "holds", "holds", "refuted"),
        (-0.03, -0.01, "undecided", "holds", "undecided"),
        (-0.015, -0.005, "refuted", "holds", "holds"),
        (-0.10, 0.01, "undecided", "holds", "undecided"),
        (-0.01, 0.01, "refuted", "holds", "holds"),
        (-0.01, 0.10, "refuted", "undecided", "undecided"),
        (-0.10, 0.10, "undecided", "undecided", "undecided"),
        (0.03, 0.10, "refuted", "refuted", "refuted"),
        (float("-inf"), float("inf"), "undecided", "undecided", "undecided"),
    ],
)
def test_the_rule(low: float, high: float, smaller: Outcome, not_larger: Outcome, alike: Outcome) -> None:
    interval = Interval(low, high)
    assert [decide(relation, interval, MARGIN) for relation in ("<", "<=", "~")] == [smaller, not_larger, alike]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The corner gets better further out, the learner with it; three seeds, and one of the last level."""
    for x, error in ((-1.0, 4.0), (-0.5, 3.0), (0.5, 2.0)):
        store_arm(tmp_path, CORNER, error, x=x)
        store_arm(tmp_path, LEARNER, 0.9 * error, x=x)
    store_arm(tmp_path, CORNER, 1.0, seeds=1, x=1.0)
    store_arm(tmp_path, "mean_pose", 2.01)
    return tmp_path


def first(folder: Path, *claims: str, **more: str) -> Verdict:
    (found,) = verdicts(toy_results(folder, toy_text(*claims, **more)))
    return found


def test_a_hypothesis_is_supported_when_every_claim_holds(runs: Path) -> None:
    found = first(runs, "corner@-0.5 < corner@-1", "corner@0.5 ~ mean", "learner@-1/corner@-1 ~ learner@0.5/corner@0.5")
    assert (found.decision, found.reason) == ("supported", "3 of 3 comparisons hold")
    assert [each.value for each in found.findings] == [
        pytest.approx(-25, abs=0.01),
        pytest.approx(-0.5, abs=0.1),
        pytest.approx(0, abs=0.01),
    ]
    assert {each.seeds for each in found.findings} == {3}


def test_seeds_are_paired(runs: Path) -> None:
    """Seeds and images move both arms alike, so their ratio is known exactly, and a quarter is a quarter."""
    (finding,) = first(runs, "corner@-0.5 < corner@-1").findings
    assert finding.interval is not None
    assert finding.interval.low == pytest.approx(-25, abs=0.01)
    assert finding.interval.high == pytest.approx(-25, abs=0.01)


def test_one_claim_that_is_refuted_refutes_it(runs: Path) -> None:
    found = first(runs, "corner@-0.5 < corner@-1", "corner@-1 < corner@-0.5")
    assert (found.decision, found.reason) == ("refuted", "1 of 2 comparisons refute it")


def test_one_seed_decides_nothing(runs: Path) -> None:
    found = first(runs, "corner@1 < corner@-1")
    assert (found.decision, found.reason) == ("undecided", "one seed says nothing of chance in training")
    assert found.findings[0].value == pytest.approx(-75, abs=0.01)


def test_what_lacks_is_named(runs: Path) -> None:
    assert first(runs, "learner@1 < mean").decision == "not run"
    found = first(runs, "learner@* < mean")
    assert [str(each.claim) for each in found.findings][2:] == ["learner@0.5 < mean", "learner@1 < mean"]
    assert found.decision == "refuted"  # at the first level it is worse, whatever the last one gives
    assert first(runs, "learner@0.5 < mean", "learner@1 < mean").reason == "not run: learner@1"


def test_every_dataset_must_agree_or_as_many_as_are_asked_for(runs: Path) -> None:
    both = '"squares", "flat-squares"'
    assert first(runs, "corner@-0.5 < corner@-1", datasets=both).decision == "undecided"
    assert first(runs, "corner@-0.5 < corner@-1", datasets=both, of_hypothesis="where = 1").decision == "supported"
    assert first(runs, "corner@-1 < corner@-0.5", datasets=both).decision == "refuted"
    assert first(runs, "corner@-1 < corner@-0.5", datasets=both, of_hypothesis="where = 1").decision == "undecided"


def test_one_error_follows_another_over_the_levels(runs: Path) -> None:
    assert first(runs, "learner follows corner").reason == "not run: learner@1"
    store_arm(runs, LEARNER, 0.5, x=1.0)
    found = first(runs, "learner follows corner")
    assert (found.decision, found.findings[0].seeds) == ("undecided", 1)  # the corner has one seed there
    store_arm(runs, CORNER, 0.5, x=1.0)
    found = first(runs, "learner follows corner")
    assert found.decision == "supported"
    assert found.findings[0].value == pytest.approx(1, abs=0.01)
    assert first(runs, "learner follows corner", of_hypothesis="correlation = 0.9999").decision != "supported"
    store_arm(runs, CORNER, 7.0, seeds=1, x=2.0)
    store_arm(runs, LEARNER, 0.1, seeds=1, x=2.0)
    (found,) = verdicts(toy_results(runs, toy_text("learner follows corner").replace("0.5, 1.0]", "0.5, 1.0, 2.0]")))
    assert found.decision == "supported"  # a level with one seed is left out where four have several


def test_the_margin_is_the_hypothesis_own(runs: Path) -> None:
    assert first(runs, "learner@-1 ~ corner@-1").decision == "refuted"
    assert first(runs, "learner@-1 ~ corner@-1", of_hypothesis="margin = 12").decision == "supported"


def test_a_setting_that_came_later_has_its_default(tmp_path: Path) -> None:
    store_arm(tmp_path, CORNER, 2.0, x=None, settings={"x": 0.5})
    store_arm(tmp_path, LEARNER, 2.0, x=None, settings={"x": 0.5, "y": 0.3})
    results = toy_results(tmp_path, toy_text())
    assert list(map(str, results.places[0].variants)) == ["corner@0.5"]
    assert results.measured == 3
    assert results.missing[0].seed == 0


def test_of_a_score_that_is_to_be_large_the_larger_one_is_better_and_the_change_is_the_scores(runs: Path) -> None:
    results = toy_results(runs, toy_text("corner@-1 < corner@-0.5"))
    (claim,) = results.design.study.hypothesis[0].claims
    conditions, (at,) = results.design.conditions_of(claim), results.places
    turned = replace(at, key=replace(at.key, higher_is_better=True))
    error, score = (contrast_of(claim, conditions, each) for each in (at, turned))
    assert isinstance(error, Contrast)
    assert isinstance(score, Contrast)
    assert error.value == score.value == pytest.approx(100 / 3, abs=0.01)
    assert score.interval.low <= score.value <= score.interval.high
    assert decide("<", error.deciding, MARGIN) == "refuted"
    assert decide("<", score.deciding, MARGIN) == "holds"


def test_a_hypothesis_is_judged_on_the_datasets_that_it_names(runs: Path) -> None:
    def decision(named: str) -> str:
        text = toy_text("corner@-0.5 < corner@-1", datasets='"squares", "flat-squares"', of_hypothesis=named)
        return verdicts(toy_results(runs, text))[0].decision

    assert decision("") == "undecided", "it was not run on the other one"
    assert decision('datasets = ["squares"]') == "supported"
    with pytest.raises(DkpError, match="planned in 0 places"):
        decision('datasets = ["circles"]')


def test_runs_on_other_images_are_not_compared(runs: Path) -> None:
    store_arm(runs, CORNER, 1.0, x=1.0, dataset_hash="f" * 16)
    (finding,) = first(runs, "corner@0.5 < corner@-1", "corner@1 < corner@-1").findings[1:]
    assert (finding.outcome, finding.reason) == ("undecided", "the arms were scored on different images")


def test_only_runs_without_overrides_say_what_the_presets_were(tmp_path: Path) -> None:
    store_arm(tmp_path, CORNER, 2.0, settings={"x": 0.7, "y": 0.3}, overrides={"x": 0.7})
    (at,) = toy_results(tmp_path, toy_text()).places
    assert at.variants == {}
    store_arm(tmp_path, CORNER, 2.0, settings={"x": 0.9, "y": 0.3})
    (at,) = toy_results(tmp_path, toy_text()).places
    assert not at.today


def test_runs_of_several_processors_are_said(runs: Path) -> None:
    (at,) = toy_results(runs, toy_text()).places
    assert at.notes == ()
    for run in load_runs(runs):
        if run.record.identity.seed == 2:
            record = json.loads((run.path / RECORD).read_text(encoding="utf-8"))
            record["provenance"]["processor"] = "another processor"
            (run.path / RECORD).write_text(json.dumps(record), encoding="utf-8")
    (at,) = toy_results(runs, toy_text()).places
    assert at.notes == (
        "trained on a processor (13 runs) and another processor (6 runs): each rounds in its own way, and a seed gives "
        "another training on each",
    )


def test_a_study_calls_runs_by_another_name_and_changes_no_name_elsewhere(runs: Path) -> None:
    results = toy_results(runs, toy_text())
    (at,) = results.places
    assert {str(condition): tier for condition, tier in at.tiers.items()}["corner@1"] == 1
    (group,) = [each for each in group_runs(load_runs(runs), ()) if len(each.variants) > 1][:1]
    assert set(at.intervals.tiers(group, group.mains, at.key)) == {variant.label for variant in group.mains}


def test_images_of_one_sequence_alone_decide_nothing(tmp_path: Path) -> None:
    alone = make_annotations(sequences=1)
    for x, error in ((-1.0, 4.0), (0.5, 2.0)):
        store_arm(tmp_path, CORNER, error, x=x, annotations=alone)
    found = first(tmp_path, "corner@0.5 < corner@-1")
    assert found.decision == "undecided"
    interval = found.findings[0].interval
    assert interval is not None
    assert interval.high == float("inf")
