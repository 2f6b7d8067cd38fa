"""The change of the subject against the baseline."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from shifted import store

from dkp_bench.analysis.claims import Change, ClaimRow, Refused, claim_rows
from dkp_bench.analysis.comparable import group_runs
from dkp_bench.analysis.intervals import Intervals
from dkp_bench.analysis.published import Published
from dkp_bench.report import gather
from dkp_bench.report.headline import headline
from dkp_bench.runs.run import Run, load_runs

MakeRun = Callable[..., Run]


def rows_of(runs: Sequence[Run], published: Published) -> tuple[ClaimRow, ...]:
    return claim_rows(group_runs(runs, published.report.order), published, Intervals())


def told(runs: Sequence[Run], published: Published) -> str:
    return " ".join(headline(gather(runs, published)))


def test_by_hand(two_by_two: list[Run], published: Published) -> None:
    paper, stand_in = rows_of(two_by_two, published)
    assert paper.outcome is None
    assert paper.command == "nox -s reproduce-paper-set -- --data PATH"
    assert stand_in.published is None
    assert isinstance(stand_in.outcome, Change)
    assert stand_in.outcome.seeds == (0, 1)
    assert stand_in.outcome.percent == pytest.approx(100 * (4.1 - 8.2) / 8.2)


def test_only_common_seeds_count(run: MakeRun, published: Published) -> None:
    runs = [run("base", 8.0, seed=0), run("base", 4.0, seed=1), run("taught", 2.0, seed=1), run("taught", 9.0, seed=2)]
    outcome = rows_of(runs, published)[1].outcome
    assert isinstance(outcome, Change)
    assert outcome.seeds == (1,)
    assert outcome.percent == pytest.approx(-50.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dataset_hash", "other"),
        ("image_size", 128),
        ("keypoints", 8),
        ("perceptual", "vgg16-random"),
        ("scores_version", 2),
    ],
)
def test_a_difference_beside_the_method_is_refused(
    run: MakeRun, published: Published, field: str, value: object
) -> None:
    outcome = rows_of([run("base"), run("taught", **{field: value})], published)[1].outcome
    assert outcome == Refused("tiny", (field,))


def test_no_seed_in_common_is_refused(run: MakeRun, published: Published) -> None:
    assert rows_of([run("base", seed=0), run("taught", seed=1)], published)[1].outcome == Refused("tiny", ("seed",))


def test_scores_under_another_protocol_are_refused(run: MakeRun, published: Published) -> None:
    unscored = run("taught")
    unscored = Run(unscored.path, unscored.record.model_copy(update={"scores": []}))
    assert rows_of([run("base"), unscored], published)[1].outcome == Refused("tiny", ("scores",))


def test_different_settings_may_be_compared(run: MakeRun, published: Published) -> None:
    outcome = rows_of([run("base"), run("taught", 4.0, preset_hash="bbbb0000")], published)[1].outcome
    assert isinstance(outcome, Change)


def test_profiles_are_kept_apart(run: MakeRun, published: Published) -> None:
    runs = [run("base"), run("taught", profile="small")]
    assert [row.outcome for row in rows_of(runs, published)] == [None, None]


def test_each_variant_of_the_subject_has_a_row(run: MakeRun, published: Published) -> None:
    other = run("taught", 2.0, preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2026-02-01T00:00:00+00:00")
    outcomes = [row.outcome for row in rows_of([run("base"), run("taught", 4.0), other], published)[1:]]
    labels = [outcome.subject.label for outcome in outcomes if isinstance(outcome, Change)]
    assert labels == ["taught", "taught (gamma=1.0)"]


def test_a_dataset_that_is_not_listed_gets_a_row_once_both_were_run(run: MakeRun, published: Published) -> None:
    runs = [run("base", dataset="else"), run("taught", dataset="else")]
    assert [row.dataset for row in rows_of(runs, published)] == ["paper-set", "squares", "else"]
    assert [row.dataset for row in rows_of(runs[:1], published)] == ["paper-set", "squares"]
    assert rows_of(runs, published)[-1].command == "nox -s reproduce-else"


def test_a_change_from_zero_has_no_percentage(run: MakeRun, published: Published) -> None:
    outcome = rows_of([run("base", 0.0), run("taught", 1.0)], published)[1].outcome
    assert isinstance(outcome, Change)
    assert outcome.percent is None
    assert "not expressible" in told([run("base", 0.0), run("taught", 1.0)], published)


def test_headline(two_by_two: list[Run], run: MakeRun, published: Published) -> None:
    assert told([], published) == "Nothing measured yet."
    assert told(two_by_two, published) == (
        "taught against base: mean L2 error 50.0 % lower on squares (tiny profile, 2 seeds); "
        "none of the paper's 1 datasets compared."
    )
    worse = [run("base", 8.0), run("taught", 9.0)]
    assert "12.5 % higher on squares (tiny profile, 1 seed)" in told(worse, published)
    changed = [run("base", 8.0), run("taught", 9.0, overrides={"steps": 2})]
    assert "(tiny profile, 1 seed, --set steps=2)" in told(changed, published)
    alone = told(two_by_two[:1], published)
    assert alone == "1 run is measured, and none of them compares taught with base."
    covered = [run("base", dataset="paper-set"), run("taught", 4.0, dataset="paper-set")]
    assert told(covered, published).endswith("; 1 of the paper's 1 datasets compared, none of them as published.")


@pytest.mark.parametrize(("better", "said"), [(0.5, False), (1.0, True)])
def test_the_headline_says_of_a_change_that_it_may_be_none(
    better: float, said: bool, tmp_path: Path, published: Published
) -> None:
    errors = np.linspace(1.0, 3.2, 12)
    for seed in (0, 1, 2):
        store(tmp_path, "base", errors + seed / 10, seed=seed)
        store(tmp_path, "taught", better * (errors[::-1] + seed / 9), seed=seed)
    sentence = told(load_runs(tmp_path), published)
    assert ("(tiny profile, 3 seeds, not told from no change)" in sentence) == said
    assert "(tiny profile, 3 seeds" in sentence


def test_a_share_changes_in_points_too(paper_runs: list[Run], literature: Published) -> None:
    changes = {
        row.dataset: row.outcome
        for row in rows_of(paper_runs, literature)
        if isinstance(row.outcome, Change) and row.outcome.group.profile == "paper" and row.outcome.subject.main
    }
    pck = changes["deepfashion"]
    assert (pck.score.protocol, pck.score.metric) == ("autolink-deepfashion", "pck")
    assert pck.points == pytest.approx(pck.subject_score.mean - pck.baseline_score.mean)
    assert pck.percent == pytest.approx(100 * pck.points / pck.baseline_score.mean)
    assert [changes[name].score.metric for name in ("h36m", "h36m-nobg", "taichi")] == [
        "mean_l2",
        "mean_l2",
        "summed_mae",
    ]
    assert changes["h36m"].points is None


def test_the_largest_profile_is_told(paper_runs: list[Run], literature: Published) -> None:
    sentence = told(paper_runs, literature)
    assert "tiny" not in sentence
    assert "summed MAE 40.0 % lower on taichi (paper profile, 2 seeds); PCK 17.4 % (12.1 points) higher" in sentence
    assert sentence.endswith("3 of the paper's 3 datasets compared.")
    tiny = [run for run in paper_runs if run.record.identity.profile == "tiny"]
    assert "on taichi (tiny profile, 1 seed)" in told(tiny, literature)


def test_each_dataset_is_compared_under_its_own_headline_protocol(run: MakeRun, published: Published) -> None:
    pair = [run("base", 8.0), run("taught", 4.0)]
    without_first = [Run(one.path, one.record.model_copy(update={"scores": one.record.scores[3:]})) for one in pair]
    outcome = rows_of(without_first, published)[1].outcome
    assert isinstance(outcome, Change)
    assert outcome.baseline_score.mean == 9.0
    assert outcome.percent == pytest.approx(100 * (5 - 9) / 9)
