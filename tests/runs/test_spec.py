"""Jobs: which choices make another run, whose settings an override changes, and what is refused before any work."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.presets import check_overrides
from dkp_bench.runs.spec import Job

MakeJob = Callable[..., Job]
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
