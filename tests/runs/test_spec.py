"""Specs: which choices make another run, whose settings an override changes, and what is refused before any work."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.presets import check_overrides
from dkp_bench.runs.spec import BoundRun, RunSpec

MakeJob = Callable[..., BoundRun]
SMALL = {"keypoints": 3, "detector_width": 2, "decoder_width": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"dataset": "flat-squares"},
        {"size": 128},
        {"overrides": {"x": 0.5}},
        {"profile": "small"},
        {"method": "mean_pose"},
    ],
)
def test_another_choice_is_another_folder(changes: dict[str, object], make_job: MakeJob) -> None:
    job, other = make_job(), make_job(**changes)
    assert other.identity != job.identity
    assert other.folder != job.folder


def test_equal_jobs_share_a_folder(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(overrides={"x": -1.0}, device="cpu")
    assert job.folder == make_job().folder
    assert job.folder.parent == tmp_path / "runs" / "squares" / "tiny" / "own_method.Corner"


def test_a_release_that_moves_no_score_has_the_same_folder(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [make_job(smoke=smoke).folder for smoke in (False, True)]
    monkeypatch.setattr("dkp_bench.runs.smoke.__version__", "0.1.1")
    assert make_job().identity.version == "0.1.1"
    assert [make_job(smoke=smoke).folder for smoke in (False, True)] == before
    assert before[0] != before[1]
    monkeypatch.setattr("dkp_bench.runs.spec.SCORES_VERSION", 2)
    assert make_job().folder not in before


def test_another_dataset_content_is_another_folder(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_job().folder
    monkeypatch.setattr("dkp_bench.datasets.squares.Squares.content_hash", lambda _: "0" * 16)
    assert make_job().folder != before


def test_an_override_concerns_every_method_that_has_the_setting(make_job: MakeJob) -> None:
    job = make_job("distill_dkp", overrides={"keypoints": 5, "gamma": 0.7})
    assert job.settings.model_dump()["gamma"] == 0.7
    assert [settings.model_dump()["keypoints"] for settings in job.all_settings.values()] == [5, 5]
    assert job.identity.keypoints == 5


def test_an_override_for_one_method_wins_and_leaves_the_others(make_job: MakeJob) -> None:
    overrides = {"steps": 3, "teacher_only.steps": 9, "distill_dkp.gamma": 0.5}
    job = make_job("distill_dkp", overrides=overrides)
    settings = {name: own.model_dump() for name, own in job.all_settings.items()}
    assert (settings["distill_dkp"]["steps"], settings["teacher_only"]["steps"]) == (3, 9)
    assert settings["distill_dkp"]["gamma"] == 0.5
    assert make_job("autolink", overrides=overrides).settings.model_dump()["steps"] == 3


def test_the_students_identity_depends_on_the_teachers_settings(make_job: MakeJob) -> None:
    changed = SMALL | {"teacher_only.steps": 7}
    student, other = make_job("distill_dkp", overrides=SMALL), make_job("distill_dkp", overrides=changed)
    assert student.settings == other.settings
    assert student.identity.preset_hash != other.identity.preset_hash
    assert student.folder != other.folder
    alone = make_job("autolink", overrides=SMALL), make_job("autolink", overrides=changed)
    assert alone[0].identity == alone[1].identity


def test_the_students_code_includes_the_teachers(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def names(methods: Iterable[type]) -> str:
        return " ".join(method.__name__ for method in methods)

    monkeypatch.setattr("dkp_bench.runs.spec.code_hash", names)
    assert make_job("distill_dkp").code_hash == "DistillDKP TeacherOnly"
    assert make_job("teacher_only").code_hash == "TeacherOnly"


def test_what_trains_nothing_has_no_perceptual_network(make_job: MakeJob) -> None:
    assert make_job("mean_pose").identity.perceptual == "none"
    assert make_job("untrained", overrides=SMALL).identity.perceptual == "none"
    assert make_job("autolink", overrides=SMALL).identity.perceptual == "pyramid-random"


@pytest.mark.parametrize("method", ["teacher_only", "distill_dkp"])
def test_a_method_that_needs_depth_is_refused_without_it(method: str, make_job: MakeJob) -> None:
    with pytest.raises(DkpError, match="flat-squares has no depth maps"):
        make_job(method, dataset="flat-squares")
    make_job("no_teacher", dataset="flat-squares")


def test_an_unknown_device_is_refused_before_any_work(make_job: MakeJob) -> None:
    with pytest.raises(DkpError, match="cannot use the device 'tpu'"):
        make_job(device="tpu")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("gama", "unknown setting 'gama'. Did you mean 'gamma'"),
        ("distill_dkp.gama", "unknown setting 'gama'. Did you mean 'gamma'"),
        ("autolink.gamma", "unknown setting 'gamma'"),
        ("teacher_only.steps", "'teacher_only' is not among the methods to run"),
        ("mean_pose.steps", "unknown setting 'steps'"),
    ],
)
def test_an_override_for_nobody_is_named(key: str, message: str) -> None:
    with pytest.raises(DkpError, match=message):
        check_overrides({key: 1}, ["autolink", "distill_dkp", "mean_pose"])


def test_overrides_for_somebody_pass() -> None:
    check_overrides({"gamma": 1, "autolink.steps": 2, "steps": 3}, ["autolink", "distill_dkp", "mean_pose"])


SETTINGS = (("steps", 3), ("gamma", 0.4), ("teacher_only.missing", 0.5), ("distill_dkp.flip", False))
STUDENT = RunSpec("squares", "distill_dkp", "tiny", 2, SETTINGS)


def test_a_specs_name_says_all_of_it() -> None:
    assert RunSpec("mannequin", "autolink", "small").name == "autolink on mannequin, small, seed 0"
    assert RunSpec("squares", "autolink", "tiny", 3, (("steps", 4), ("flip", False))).name == (
        "autolink on squares, tiny, seed 3, steps=4, flip=False"
    )
    assert RunSpec("squares", "autolink", "paper", size=32, smoke=True).name == (
        "autolink on squares at 32 px, paper, seed 0, smoke run"
    )


def test_the_profile_says_how_large_its_images_are_by_default() -> None:
    assert RunSpec("mannequin", "autolink", "tiny").dataset_key == ("mannequin", 64, None, "test")
    assert RunSpec("mannequin", "autolink", "paper", depth="midas").dataset_key == ("mannequin", 128, "midas", "test")
    assert RunSpec("mannequin", "autolink", "paper", size=32).dataset_key == ("mannequin", 32, None, "test")


def test_the_profiles_size_named_or_not_is_the_same_spec() -> None:
    assert {RunSpec("squares", "autolink"), RunSpec("squares", "autolink", size=64)} == {RunSpec("squares", "autolink")}
    assert replace(RunSpec("squares", "autolink", size=32), seed=1).size == 32


def test_it_keeps_the_settings_of_its_method_and_of_those_it_requires() -> None:
    assert STUDENT.concise() == STUDENT
    assert RunSpec("squares", "autolink", "tiny", 0, SETTINGS).concise().overrides == (("steps", 3),)
    assert RunSpec("squares", "mean_pose", "tiny", 0, SETTINGS).concise().overrides == ()


def test_what_is_required_has_the_settings_that_concern_it() -> None:
    assert STUDENT.required() == [
        RunSpec("squares", "teacher_only", "tiny", 2, (("steps", 3), ("teacher_only.missing", 0.5)))
    ]
    assert RunSpec("squares", "teacher_only", "tiny").required() == []


def test_bound_it_has_its_settings(small_datasets: None, own_methods: None, tmp_path: Path) -> None:
    spec = RunSpec("squares", "own_method:Corner", "tiny", 5, (("x", 0.5),))
    bound = spec.bind(spec.open_dataset(tmp_path / "cache"), tmp_path / "runs")
    assert (bound.spec, bound.dataset.name) == (spec, "squares")
    assert bound.settings.model_dump() == {"x": 0.5, "y": 1.0}
    assert bound.folder.is_relative_to(tmp_path / "runs")


def test_what_is_required_is_the_run_that_the_method_would_make(small_datasets: None, tmp_path: Path) -> None:
    dataset = open_dataset("squares", 64, cache=tmp_path)
    student, teacher = (spec.bind(dataset, tmp_path) for spec in (STUDENT, *STUDENT.required()))
    assert student.required["teacher_only"].folder == teacher.folder


def test_a_spec_without_the_depth_it_needs_is_refused(small_datasets: None, tmp_path: Path) -> None:
    spec = RunSpec("flat-squares", "teacher_only")
    with pytest.raises(DkpError, match="flat-squares has no depth maps"):
        spec.bind(spec.open_dataset(tmp_path), tmp_path)


def test_reading_specs_imports_no_pytorch() -> None:
    read = "from dkp_bench.runs.spec import RunSpec; RunSpec('mannequin', 'autolink')"
    code = f"import sys; {read}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
