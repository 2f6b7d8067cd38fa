"""What stands beside what: the runs of a folder, the stored methods, and the refusals."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from shifted import make_annotations, store

from dkp_bench.analysis.comparable import FREE_FIELDS, Variant
from dkp_bench.analysis.find_baselines import ALLOWABLE, OF_IMAGES, find_baselines
from dkp_bench.analysis.find_runs import Choice, choose
from dkp_bench.errors import DkpError
from dkp_bench.runs.schema import Identity
from dkp_bench.shipped import WITHOUT_BASELINES

ERRORS = np.linspace(1.0, 3.2, 12)
OTHERWISE: dict[str, object] = {
    "dataset": "round-squares",
    "dataset_hash": "fedcba9876543210",
    "image_size": 128,
    "depth": "exact",
    "method": "another",
    "preset_hash": "bbbb0000",
    "profile": "small",
    "keypoints": 5,
    "seed": 7,
    "perceptual": "vgg16-imagenet",
    "version": "0.2.0",
    "scores_version": 2,
    "split": "val",
}
"""Another value of each part of the signature."""


@pytest.fixture
def candidate(tmp_path: Path) -> Variant:
    store(tmp_path / "runs", "mine", ERRORS)
    store(tmp_path / "runs", "mine", ERRORS, seed=1)
    return choose(tmp_path / "runs" / "squares" / "tiny" / "mine").variant


def stored(root: Path, name: str, /, **changes: object) -> Path:
    """A run whose record says so, whatever its predictions are; it lies with the runs on squares."""
    folder = store(root, name, ERRORS)
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    record["identity"] |= changes
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def names(found: list[Choice]) -> list[str]:
    return [choice.variant.label for choice in found]


def test_a_path_means_all_seeds_of_its_settings_or_one(tmp_path: Path, candidate: Variant) -> None:
    other = store(tmp_path / "runs", "mine", ERRORS, preset_hash="bbbb0000", settings={"gamma": 1.0})
    assert (candidate.method, candidate.seeds) == ("mine", (0, 1))
    run = candidate.runs[1].path
    chosen = choose(run)
    assert (chosen.variant.seeds, chosen.variant.label) == ((0, 1), "mine")
    assert chosen.note == f"{run} stands for mine with 2 seeds (0, 1); that seed alone goes by {run / 'record.json'}"
    alone = choose(run / "record.json")
    assert (alone.variant.seeds, alone.note) == ((1,), "")
    assert choose(other).variant.label == "mine (gamma=1.0)"
    assert choose(other).note == ""


def test_a_folder_is_the_same_however_it_is_named(
    tmp_path: Path, candidate: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(candidate.runs[0].path)
    for path in (".", "../" + candidate.runs[0].path.name, "record.json"):
        assert len(choose(Path(path)).variant.runs) == (1 if path == "record.json" else 2)


def test_of_a_methods_variants_the_main_one_is_meant_and_said(tmp_path: Path, candidate: Variant) -> None:
    changes = {"preset_hash": "bbbb0000", "settings": {"gamma": 1.0}}
    later = [store(tmp_path / "runs", "mine", ERRORS, seed=seed, started="2027", **changes) for seed in (0, 1)]
    folder = candidate.runs[0].path.parent
    chosen = choose(folder)
    assert chosen.variant == candidate
    assert chosen.note.splitlines() == [
        f"{folder} holds 2 variants of mine; taken is mine with 2 seeds (0, 1)",
        "the others go by a folder of theirs:",
        f"  mine (gamma=1.0): {later[0]}",
    ]


def test_another_number_of_keypoints_is_a_variant_too(tmp_path: Path, candidate: Variant) -> None:
    store(tmp_path / "runs", "mine", ERRORS, keypoints=6, preset_hash="cccc0000", settings={"keypoints": 6})
    assert choose(candidate.runs[0].path.parent).variant == candidate


def test_a_control_is_one_variant_beside_any_network(tmp_path: Path) -> None:
    for seed in (0, 1):
        folder = store(tmp_path, "mean_pose", ERRORS, seed=seed, perceptual="none")
    assert choose(folder).variant.seeds == choose(folder.parent).variant.seeds == (0, 1)


def test_a_run_that_is_there_twice_is_refused(tmp_path: Path, candidate: Variant) -> None:
    run = candidate.runs[0].path
    shutil.copytree(run, run.with_name("seed0-00000000"))
    with pytest.raises(DkpError, match="the same run is there twice"):
        choose(run)
    shutil.copytree(run, run.with_name(f"{run.name}.replaced-1"))
    shutil.rmtree(run.with_name("seed0-00000000"))
    assert choose(run).variant.seeds == (0, 1)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DkpError, match="holds no finished run"):
            choose(folder)


@pytest.mark.parametrize("change", [{"profile": "small"}, {"method": "own"}])
def test_a_folder_with_several_methods_names_their_folders(
    tmp_path: Path, candidate: Variant, change: dict[str, object]
) -> None:
    method = str(change.pop("method", "mine"))
    folder = store(tmp_path / "runs", method, ERRORS, **change)
    with pytest.raises(DkpError, match="differ in more than the seed") as caught:
        choose(tmp_path / "runs")
    listed = [line.rpartition(": ")[2] for line in caught.value.hint.splitlines()[1:]]
    assert set(listed) == {str(folder.parent), str(candidate.runs[0].path.parent)}


def test_folders_and_stored_names_are_taken_together(tmp_path: Path, candidate: Variant) -> None:
    stored(tmp_path, "base")
    changes = {"preset_hash": "bbbb0000", "settings": {"gamma": 1.0}}
    runs = [store(tmp_path / "runs", "mine", ERRORS, seed=seed, **changes) for seed in (0, 1)]
    found = find_baselines(tmp_path, candidate, ("base", str(runs[1])), ())
    assert names(found) == ["base", "mine (gamma=1.0)"]
    assert [len(choice.variant.runs) for choice in found] == [1, 2]
    assert "stands for mine (gamma=1.0) with 2 seeds" in found[1].note
    assert names(find_baselines(tmp_path / "nowhere", candidate, (str(runs[1]),), ())) == ["mine (gamma=1.0)"]
    with pytest.raises(DkpError, match="is of the runs to compare"):
        find_baselines(tmp_path, candidate, (str(candidate.runs[0].path),), ())


def test_a_folder_that_cannot_stand_beside_is_refused_as_a_stored_method_is(tmp_path: Path, candidate: Variant) -> None:
    folder = stored(tmp_path / "elsewhere", "base", keypoints=6)
    with pytest.raises(DkpError, match="they differ in keypoints: 6 there, 4 here") as caught:
        find_baselines(tmp_path, candidate, (str(folder),), ())
    assert f"base in {folder} cannot stand beside" in caught.value.problem


def test_the_settings_with_the_most_seeds_are_meant(tmp_path: Path, candidate: Variant) -> None:
    store(tmp_path / "runs", "mine", ERRORS, preset_hash="bbbb0000", settings={"gamma": 1.0})
    assert choose(tmp_path / "runs" / "squares" / "tiny" / "mine").variant == candidate


def test_all_stored_methods_or_those_asked_for(tmp_path: Path, candidate: Variant) -> None:
    for method in ("base", "taught"):
        stored(tmp_path, method)
    store(tmp_path, "base", ERRORS, make_annotations(name="other-set"))
    assert names(find_baselines(tmp_path, candidate, (), ())) == ["base", "taught"]
    assert names(find_baselines(tmp_path, candidate, ("taught", "base", "taught"), ())) == ["taught", "base"]


def test_all_are_those_of_the_profile_where_there_are_any(tmp_path: Path, candidate: Variant) -> None:
    stored(tmp_path, "base", profile="small")
    with pytest.raises(DkpError, match="they differ in profile: small there, tiny here"):
        find_baselines(tmp_path, candidate, (), ())
    stored(tmp_path, "taught")
    assert names(find_baselines(tmp_path, candidate, (), ())) == ["taught"]
    assert names(find_baselines(tmp_path, candidate, ("base",), ("profile",))) == ["base"]


def test_of_each_method_the_main_variant(tmp_path: Path, candidate: Variant) -> None:
    store(tmp_path, "base", ERRORS, preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2025-01-01")
    store(tmp_path, "base", ERRORS, seed=0)
    store(tmp_path, "base", ERRORS, seed=1)
    found = find_baselines(tmp_path, candidate, (), ())
    assert [choice.variant.seeds for choice in found] == [(0, 1)]


def test_of_each_method_what_is_comparable(tmp_path: Path, candidate: Variant) -> None:
    for seed in range(3):
        store(tmp_path, "base", ERRORS, seed=seed, keypoints=8)
    store(tmp_path, "base", ERRORS)
    found = find_baselines(tmp_path, candidate, (), ())
    assert [choice.variant.runs[0].record.identity.keypoints for choice in found] == [4]


def test_a_run_is_not_held_against_itself(tmp_path: Path) -> None:
    candidate = choose(store(tmp_path, "base", ERRORS)).variant
    with pytest.raises(DkpError, match="has no other runs on squares"):
        find_baselines(tmp_path, candidate, (), ())
    stored(tmp_path, "taught")
    assert names(find_baselines(tmp_path, candidate, (), ())) == ["taught"]
    with pytest.raises(DkpError, match=r"all runs of base in .* are those to compare"):
        find_baselines(tmp_path, candidate, ("base",), ())


def test_an_unknown_method_is_answered_with_the_nearest(tmp_path: Path, candidate: Variant) -> None:
    for method in ("autolink", "distill_dkp"):
        stored(tmp_path, method)
    with pytest.raises(DkpError, match=r"'autolnk'\. Did you mean 'autolink'") as caught:
        find_baselines(tmp_path, candidate, ("autolnk",), ())
    assert caught.value.hint == "known: autolink, distill_dkp"


def test_a_dataset_that_is_not_stored_is_answered_with_those_that_are(tmp_path: Path, candidate: Variant) -> None:
    store(tmp_path, "base", ERRORS, make_annotations(name="other-set"))
    with pytest.raises(DkpError, match="has no other runs on squares") as caught:
        find_baselines(tmp_path, candidate, (), ())
    assert caught.value.hint == "it has runs on: other-set"
    with pytest.raises(DkpError) as caught:
        find_baselines(tmp_path / "nowhere", candidate, (), ())
    assert caught.value.hint == WITHOUT_BASELINES


def test_every_part_of_the_signature_has_another_value() -> None:
    assert tuple(OTHERWISE) == tuple(Identity.model_fields)


@pytest.mark.parametrize("field", sorted(set(Identity.model_fields) - FREE_FIELDS))
def test_what_the_signatures_say_is_not_comparable_is_refused(tmp_path: Path, candidate: Variant, field: str) -> None:
    stored(tmp_path, "base", **{field: OTHERWISE[field]})
    with pytest.raises(DkpError, match=r"base in .* cannot stand beside") as caught:
        find_baselines(tmp_path, candidate, ("base",), ())
    here = getattr(candidate.runs[0].record.identity, field)
    assert caught.value.problem.endswith(f"they differ in {field}: {OTHERWISE[field]} there, {here} here")
    if field in OF_IMAGES:
        assert caught.value.hint == f"{field} cannot be allowed to differ: differences are taken image by image"
    else:
        assert caught.value.hint.endswith(f": --allow {field}")
        assert names(find_baselines(tmp_path, candidate, ("base",), (field,))) == ["base"]


@pytest.mark.parametrize("field", sorted(FREE_FIELDS))
def test_what_may_differ_is_not_refused(tmp_path: Path, candidate: Variant, field: str) -> None:
    stored(tmp_path, "base", **{field: OTHERWISE[field]})
    assert len(find_baselines(tmp_path, candidate, (), ())) == 1


def test_a_refusal_names_every_field_and_who_is_comparable(tmp_path: Path, candidate: Variant) -> None:
    stored(tmp_path, "base", scores_version=2, keypoints=5)
    stored(tmp_path, "taught")
    with pytest.raises(DkpError) as caught:
        find_baselines(tmp_path, candidate, (), ("scores_version",))
    assert caught.value.problem.endswith("they differ in keypoints: 5 there, 4 here")
    with pytest.raises(DkpError) as caught:
        find_baselines(tmp_path, candidate, (), ())
    assert caught.value.hint.splitlines() == [
        "side by side all the same, with a warning: --allow keypoints --allow scores_version",
        "those that can be compared as they are: --against taught",
    ]


def test_a_control_stands_beside_any(tmp_path: Path, candidate: Variant) -> None:
    stored(tmp_path, "mean_pose", perceptual="none", keypoints=1)
    assert names(find_baselines(tmp_path, candidate, (), ())) == ["mean_pose"]


@pytest.mark.parametrize("field", OF_IMAGES)
def test_other_images_cannot_be_allowed(tmp_path: Path, candidate: Variant, field: str) -> None:
    stored(tmp_path, "base")
    with pytest.raises(DkpError, match=f"{field} cannot be allowed to differ"):
        find_baselines(tmp_path, candidate, (), (field,))


def test_an_unknown_field_is_answered_with_the_nearest(tmp_path: Path, candidate: Variant) -> None:
    with pytest.raises(DkpError, match=r"'scores_verison'\. Did you mean 'scores_version'") as caught:
        find_baselines(tmp_path, candidate, (), ("scores_verison",))
    assert caught.value.hint == f"known: {', '.join(sorted(ALLOWABLE))}"
