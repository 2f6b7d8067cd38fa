"""What stands beside what: the runs of a folder, the stored methods, and the refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from shifted import make_annotations, store

from dkp_bench.comparison.opponents import ALLOWABLE, OF_IMAGES, find_opponents, open_subject
from dkp_bench.comparison.setups import FREE_FIELDS, Variant
from dkp_bench.errors import DkpError
from dkp_bench.records.schema import Identity

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
}
"""Another value of each part of the signature."""


@pytest.fixture
def subject(tmp_path: Path) -> Variant:
    store(tmp_path / "runs", "mine", ERRORS)
    store(tmp_path / "runs", "mine", ERRORS, seed=1)
    return open_subject(tmp_path / "runs" / "squares" / "tiny" / "mine")


def stored(root: Path, name: str, /, **changes: object) -> Path:
    """A run whose record says so, whatever its predictions are; it lies with the runs on squares."""
    folder = store(root, name, ERRORS)
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    record["identity"] |= changes
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def names(found: tuple[Variant, ...]) -> list[str]:
    return [variant.label for variant in found]


def test_a_folder_of_seeds_or_one_run(subject: Variant) -> None:
    assert (subject.method, subject.seeds) == ("mine", (0, 1))
    assert open_subject(subject.runs[1].path).seeds == (1,)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DkpError, match="holds no finished run"):
            open_subject(folder)


@pytest.mark.parametrize(
    "change", [{"preset_hash": "bbbb0000", "settings": {"gamma": 1.0}}, {"profile": "small"}, {"method": "own"}]
)
def test_a_folder_with_several_methods_names_them(tmp_path: Path, subject: Variant, change: dict[str, object]) -> None:
    method = str(change.pop("method", "mine"))
    store(tmp_path / "runs", method, ERRORS, seed=1, **change)
    folder = store(tmp_path / "runs", method, ERRORS, **change)
    with pytest.raises(DkpError, match="differ in more than the seed") as caught:
        open_subject(tmp_path / "runs")
    assert str(folder) in caught.value.hint
    assert str(subject.runs[0].path) in caught.value.hint


def test_the_settings_with_the_most_seeds_are_meant(tmp_path: Path, subject: Variant) -> None:
    store(tmp_path / "runs", "mine", ERRORS, preset_hash="bbbb0000", settings={"gamma": 1.0})
    assert open_subject(tmp_path / "runs" / "squares" / "tiny" / "mine") == subject


def test_all_stored_methods_or_those_asked_for(tmp_path: Path, subject: Variant) -> None:
    for method in ("base", "taught"):
        stored(tmp_path, method)
    store(tmp_path, "base", ERRORS, make_annotations(name="other-set"))
    assert names(find_opponents(tmp_path, subject, (), ())) == ["base", "taught"]
    assert names(find_opponents(tmp_path, subject, ("taught", "base", "taught"), ())) == ["taught", "base"]


def test_all_are_those_of_the_profile_where_there_are_any(tmp_path: Path, subject: Variant) -> None:
    stored(tmp_path, "base", profile="small")
    with pytest.raises(DkpError, match="they differ in profile: small there, tiny here"):
        find_opponents(tmp_path, subject, (), ())
    stored(tmp_path, "taught")
    assert names(find_opponents(tmp_path, subject, (), ())) == ["taught"]
    assert names(find_opponents(tmp_path, subject, ("base",), ("profile",))) == ["base"]


def test_of_each_method_the_main_variant(tmp_path: Path, subject: Variant) -> None:
    store(tmp_path, "base", ERRORS, preset_hash="bbbb0000", settings={"gamma": 1.0}, started="2025-01-01")
    store(tmp_path, "base", ERRORS, seed=0)
    store(tmp_path, "base", ERRORS, seed=1)
    found = find_opponents(tmp_path, subject, (), ())
    assert [variant.seeds for variant in found] == [(0, 1)]


def test_of_each_method_what_is_comparable(tmp_path: Path, subject: Variant) -> None:
    for seed in range(3):
        store(tmp_path, "base", ERRORS, seed=seed, keypoints=8)
    store(tmp_path, "base", ERRORS)
    found = find_opponents(tmp_path, subject, (), ())
    assert [variant.runs[0].record.identity.keypoints for variant in found] == [4]


def test_a_run_is_not_held_against_itself(tmp_path: Path) -> None:
    subject = open_subject(store(tmp_path, "base", ERRORS))
    with pytest.raises(DkpError, match="has no other runs on squares"):
        find_opponents(tmp_path, subject, (), ())
    stored(tmp_path, "taught")
    assert names(find_opponents(tmp_path, subject, (), ())) == ["taught"]
    with pytest.raises(DkpError, match=r"all runs of base in .* are those to compare"):
        find_opponents(tmp_path, subject, ("base",), ())


def test_an_unknown_method_is_answered_with_the_nearest(tmp_path: Path, subject: Variant) -> None:
    for method in ("autolink", "distill_dkp"):
        stored(tmp_path, method)
    with pytest.raises(DkpError, match=r"'autolnk'\. Did you mean 'autolink'") as caught:
        find_opponents(tmp_path, subject, ("autolnk",), ())
    assert caught.value.hint == "known: autolink, distill_dkp"


def test_a_dataset_that_is_not_stored_is_answered_with_those_that_are(tmp_path: Path, subject: Variant) -> None:
    store(tmp_path, "base", ERRORS, make_annotations(name="other-set"))
    with pytest.raises(DkpError, match="has no other runs on squares") as caught:
        find_opponents(tmp_path, subject, (), ())
    assert caught.value.hint == "it has runs on: other-set"
    with pytest.raises(DkpError) as caught:
        find_opponents(tmp_path / "nowhere", subject, (), ())
    assert caught.value.hint == "type this in the root of a checkout, or name a folder of runs: --baselines PATH"


def test_every_part_of_the_signature_has_another_value() -> None:
    assert tuple(OTHERWISE) == tuple(Identity.model_fields)


@pytest.mark.parametrize("field", sorted(set(Identity.model_fields) - FREE_FIELDS))
def test_what_the_signatures_say_is_not_comparable_is_refused(tmp_path: Path, subject: Variant, field: str) -> None:
    stored(tmp_path, "base", **{field: OTHERWISE[field]})
    with pytest.raises(DkpError, match=r"base in .* cannot stand beside") as caught:
        find_opponents(tmp_path, subject, ("base",), ())
    here = getattr(subject.runs[0].record.identity, field)
    assert caught.value.problem.endswith(f"they differ in {field}: {OTHERWISE[field]} there, {here} here")
    if field in OF_IMAGES:
        assert caught.value.hint == f"{field} cannot be allowed to differ: differences are taken image by image"
    else:
        assert caught.value.hint.endswith(f": --allow {field}")
        assert names(find_opponents(tmp_path, subject, ("base",), (field,))) == ["base"]


@pytest.mark.parametrize("field", sorted(FREE_FIELDS))
def test_what_may_differ_is_not_refused(tmp_path: Path, subject: Variant, field: str) -> None:
    stored(tmp_path, "base", **{field: OTHERWISE[field]})
    assert len(find_opponents(tmp_path, subject, (), ())) == 1


def test_a_refusal_names_every_field_and_who_is_comparable(tmp_path: Path, subject: Variant) -> None:
    stored(tmp_path, "base", version="0.2.0", keypoints=5)
    stored(tmp_path, "taught")
    with pytest.raises(DkpError) as caught:
        find_opponents(tmp_path, subject, (), ("version",))
    assert caught.value.problem.endswith("they differ in keypoints: 5 there, 4 here")
    with pytest.raises(DkpError) as caught:
        find_opponents(tmp_path, subject, (), ())
    assert caught.value.hint.splitlines() == [
        "side by side all the same, with a warning: --allow keypoints --allow version",
        "those that can be compared as they are: --against taught",
    ]


def test_an_untrained_method_stands_beside_any(tmp_path: Path, subject: Variant) -> None:
    stored(tmp_path, "mean", perceptual="none", keypoints=1)
    assert names(find_opponents(tmp_path, subject, (), ())) == ["mean"]


@pytest.mark.parametrize("field", OF_IMAGES)
def test_other_images_cannot_be_allowed(tmp_path: Path, subject: Variant, field: str) -> None:
    stored(tmp_path, "base")
    with pytest.raises(DkpError, match=f"{field} cannot be allowed to differ"):
        find_opponents(tmp_path, subject, (), (field,))


def test_an_unknown_field_is_answered_with_the_nearest(tmp_path: Path, subject: Variant) -> None:
    with pytest.raises(DkpError, match=r"'versoin'\. Did you mean 'version'") as caught:
        find_opponents(tmp_path, subject, (), ("versoin",))
    assert caught.value.hint == f"known: {', '.join(sorted(ALLOWABLE))}"
