"""What may stand side by side, and how variants of a method are told apart."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dkp_bench.analysis.comparable import blocking_fields, group_runs, settings_in_words
from dkp_bench.presets import dumped_settings_hash
from dkp_bench.runs.run import Run

MakeRun = Callable[..., Run]
V011, MOVED = {"version": "0.1.1"}, {"version": "0.2.0", "scores_version": 2}


def test_methods_follow_the_order_and_others_the_alphabet(run: MakeRun) -> None:
    runs = [run(name) for name in ("zeta", "alpha", "taught", "base")]
    (group,) = group_runs(runs, ("base", "taught"))
    assert [variant.method for variant in group.variants] == ["base", "taught", "alpha", "zeta"]


def test_datasets_follow_the_order(run: MakeRun) -> None:
    runs = [run(dataset=name) for name in ("b", "c", "a")]
    assert [group.dataset for group in group_runs(runs, (), ("c",))] == ["c", "a", "b"]


def test_each_shared_choice_separates(run: MakeRun) -> None:
    changes = {"dataset_hash": "other", "image_size": 128, "profile": "small", "keypoints": 8, "scores_version": 2}
    for field, value in (changes | {"perceptual": "vgg16-imagenet-1234"}).items():
        pair = [run(), run("taught", **{field: value})]
        assert len(group_runs(pair, ())) == 2, field
        assert blocking_fields(pair[0].record.identity, pair[1].record.identity) == [field]


def test_the_version_splits_no_table_and_the_scores_version_does(run: MakeRun) -> None:
    older, newer, moved = (run("base", seed=seed, **changes) for seed, changes in enumerate(({}, V011, MOVED)))
    assert blocking_fields(older.record.identity, newer.record.identity) == []
    assert blocking_fields(older.record.identity, moved.record.identity) == ["scores_version"]
    together, apart = group_runs([older, newer, moved], ())
    assert [variant.seeds for group in (together, apart) for variant in group.variants] == [(0, 1), (2,)]


def test_smoke_runs_are_kept_apart(run: MakeRun) -> None:
    assert len(group_runs([run(), run(version="0.1.0+smoke", seed=1)], ())) == 2


def test_setups_that_differ_have_different_anchors(run: MakeRun) -> None:
    runs = [run(), run(dataset_hash="other"), run(keypoints=8), run(scores_version=2), run(perceptual="vgg16-random")]
    assert len({group.anchor for group in group_runs(runs, ())}) == len(runs)


def test_a_control_stands_beside_every_method(run: MakeRun) -> None:
    runs = [run("mean_pose", perceptual="none", keypoints=1), run("base"), run("base", perceptual="vgg16-random")]
    groups = group_runs(runs, ("mean_pose", "base"))
    assert [[variant.method for variant in group.variants] for group in groups] == [["mean_pose", "base"]] * 2
    assert {group.identity.perceptual for group in groups} == {"pyramid-random", "vgg16-random"}
    assert blocking_fields(runs[0].record.identity, runs[1].record.identity) == []


def test_controls_alone_make_one_setup(run: MakeRun) -> None:
    runs = [run("mean_pose", perceptual="none", keypoints=1), run("untrained_depth", perceptual="none")]
    (group,) = group_runs(runs, ())
    assert group.identity.keypoints == 4


@pytest.mark.parametrize("method", ["my_idea", "my_idea:MyIdea", "mean_pose:MeanPose"])
def test_a_method_that_learns_without_a_network_is_held_to_its_number_of_keypoints(run: MakeRun, method: str) -> None:
    same, other = run(method, perceptual="none"), run(method, perceptual="none", keypoints=60)
    beside = run("base")
    assert blocking_fields(same.record.identity, beside.record.identity) == []
    assert blocking_fields(beside.record.identity, other.record.identity) == ["keypoints"]
    assert blocking_fields(same.record.identity, other.record.identity) == ["keypoints"]
    control = run("untrained", perceptual="none", keypoints=1)
    groups = {group.identity.keypoints: group for group in group_runs([same, other, beside, control], ())}
    assert {variant.method for variant in groups[4].variants} == {method, "base", "untrained"}
    assert {variant.method for variant in groups[60].variants} == {method, "untrained"}


def test_seeds_are_one_variant_in_order(run: MakeRun) -> None:
    (group,) = group_runs([run(seed=2, error=3.0), run(seed=0, error=1.0)], ())
    (variant,) = group.variants
    assert variant.seeds == (0, 2)
    measured = variant.measured("autolink-fixed+intercept", "mean_l2")
    assert measured is not None
    assert measured.values == (1.0, 3.0)


def test_other_settings_are_a_row_of_their_own_with_what_differs(run: MakeRun) -> None:
    runs = [run(seed=0), run(seed=1), run(seed=0, preset_hash="bbbb0000", settings={"gamma": 1.0})]
    (group,) = group_runs(runs, ())
    assert [(variant.label, variant.main) for variant in group.variants] == [
        ("base", True),
        ("base (gamma=1.0)", False),
    ]


def test_a_setting_that_a_record_is_older_than_is_named_only_where_it_says_something_else(run: MakeRun) -> None:
    old = run(seed=0, settings={"gamma": 0.1})
    same, other = ({"gamma": 0.1, "guide_corruption": corruption} for corruption in ("", "invert"))
    assert (
        settings_in_words(run(seed=1, settings=same), old) == settings_in_words(old, run(seed=1, settings=same)) == ""
    )
    other_run = run(seed=1, settings=other)
    assert settings_in_words(other_run, old) == "guide_corruption=invert"
    assert settings_in_words(old, other_run) == "guide_corruption="


def test_the_variant_run_first_is_the_main_one_in_a_tie(run: MakeRun) -> None:
    late = run(preset_hash="aaaa0000", settings={"gamma": 0.1}, started="2026-01-03T00:00:00+00:00")
    early = run(preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2026-01-01T00:00:00+00:00")
    (group,) = group_runs([late, early], ())
    assert [variant.label for variant in group.variants] == ["base", "base (gamma=0.1)"]


def test_settings_that_differ_only_in_a_required_method_are_named_by_hash(run: MakeRun) -> None:
    runs = [run(seed=0), run(seed=1), run(seed=0, preset_hash="bbbb0000")]
    (group,) = group_runs(runs, ())
    assert group.variants[1].label == "base (settings bbbb0000)"


def test_settings_of_a_required_method_are_named_where_the_record_does(run: MakeRun) -> None:
    runs = [run(seed=0), run(seed=1), run(seed=0, preset_hash="bbbb0000", overrides={"teacher.scale": "minmax"})]
    (group,) = group_runs(runs, ())
    assert group.variants[1].label == "base (teacher.scale=minmax)"


def test_a_score_that_one_seed_lacks_is_not_averaged_over_the_others(run: MakeRun) -> None:
    lacking = run(seed=1)
    lacking = Run(lacking.path, lacking.record.model_copy(update={"scores": []}))
    (group,) = group_runs([run(seed=0), lacking], ())
    assert group.variants[0].measured("autolink-fixed+intercept", "mean_l2") is None


def test_other_depth_maps_are_a_variant_and_are_named(run: MakeRun) -> None:
    exact = [run(seed=0, depth="exact"), run(seed=1, depth="exact")]
    changed = {"preset_hash": "bbbb0000", "settings": {"gamma": 1.0}}
    runs = [*exact, run(depth="levit-12345678"), run(depth="levit-12345678", **changed), run("plain")]
    (group,) = group_runs(runs, ())
    assert [(variant.label, variant.depth) for variant in group.variants] == [
        ("base", "exact"),
        ("base (depth=levit-12345678)", "levit-12345678"),
        ("base (gamma=1.0, depth=levit-12345678)", "levit-12345678"),
        ("plain", "none"),
    ]
    assert blocking_fields(runs[0].record.identity, runs[-1].record.identity) == []


def test_a_required_method_and_the_depth_may_both_differ(run: MakeRun) -> None:
    (group,) = group_runs([run(seed=0), run(seed=1), run(depth="exact", preset_hash="bbbb0000")], ())
    assert group.variants[1].label == "base (settings bbbb0000, depth=exact)"


def test_the_headline_score_is_the_first_of_the_first_scored_run(run: MakeRun) -> None:
    scored = run("taught")
    turned = Run(scored.path, scored.record.model_copy(update={"scores": scored.record.scores[::-1]}))
    unscored = Run(scored.path, scored.record.model_copy(update={"scores": []}))
    assert group_runs([scored], ())[0].headline == scored.record.scores[0]
    assert group_runs([turned], ())[0].headline == scored.record.scores[-1]
    assert group_runs([unscored], ())[0].headline is None
    assert group_runs([run("base", scores=[]), scored], ())[0].headline == scored.record.scores[0]


def test_a_teacher_with_other_settings_is_named(run: Callable[..., Run]) -> None:
    plain, other = {"teacher": {"scale": "minmax"}}, {"teacher": {"scale": "standard"}}
    later = {"preset_hash": "cccc0000", "started": "2026-02-01T00:00:00+00:00"}
    runs = [run("taught", required_settings=plain), run("taught", required_settings=other, **later)]
    (group,) = group_runs(runs, ())
    assert [variant.label for variant in group.variants] == ["taught", "taught (teacher.scale=standard)"]
    (group,) = group_runs([run("taught"), run("taught", required_settings=other, **later)], ())
    assert group.variants[1].settings_label == "settings cccc0000"


def test_the_teacher_of_a_run_of_0_1_0_is_known_by_the_hash(run: Callable[..., Run]) -> None:
    def hashed(settings: dict[str, object]) -> str:
        return dumped_settings_hash({"distill_dkp": {"gamma": 0.1}, "teacher_only": settings})

    plain, other = {"scale": "minmax"}, {"scale": "standard"}
    runs = [
        run("teacher_only", settings=plain),
        run("teacher_only", settings=other, preset_hash="cccc0000", started="2026-02-01T00:00:00+00:00"),
        run("distill_dkp", preset_hash=hashed(plain)),
        run("distill_dkp", preset_hash=hashed(other), started="2026-02-01T00:00:00+00:00"),
    ]
    (group,) = group_runs(runs, ())
    labels = [variant.label for variant in group.variants_of("distill_dkp")]
    assert labels == ["distill_dkp", "distill_dkp (teacher_only.scale=standard)"]
    (alone,) = group_runs(runs[2:], ())
    assert [variant.settings_label for variant in alone.variants][1] == f"settings {hashed(other)}"
    given = run("distill_dkp", preset_hash=hashed(other), overrides={"teacher_only.scale": "standard"})
    (alone,) = group_runs([runs[2], runs[2], given], ())
    assert alone.variants[1].settings_label == "teacher_only.scale=standard"


def test_ones_own_runs_are_kept_apart(run: Callable[..., Run]) -> None:
    stored, mine, changed = run(seed=0), run(seed=1), run(seed=2, preset_hash="bbbb0000", settings={"gamma": 1.0})
    mine, changed = Run(Path("mine"), mine.record), Run(Path("changed"), changed.record)
    (group,) = group_runs([changed, mine, stored], (), own={mine.path, changed.path})
    found = [(variant.label, variant.own, variant.main, variant.unmarked) for variant in group.variants]
    assert found == [
        ("base", False, True, "base"),
        ("base (yours)", True, False, "base"),
        ("base (gamma=1.0)", True, False, "base (gamma=1.0)"),
    ]
    (alone,) = group_runs([mine], (), own={mine.path})
    assert alone.variants[0].main
