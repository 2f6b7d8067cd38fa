"""A cell: what it requires, what it is called, and which job it is."""

from pathlib import Path

import pytest

from dkp_bench.datasets import open_dataset
from dkp_bench.errors import DkpError
from dkp_bench.plans.cell import Cell, Images
from dkp_bench.runs.spec import Job

SETTINGS = (("steps", 3), ("gamma", 0.4), ("teacher_only.missing", 0.5), ("distill_dkp.flip", False))
STUDENT = Cell("squares", "tiny", "distill_dkp", 2, SETTINGS)


def test_its_name_says_all_of_it() -> None:
    assert Cell("mannequin", "small", "autolink").name == "autolink on mannequin, small, seed 0"
    assert Cell("squares", "tiny", "autolink", 3, (("steps", 4), ("flip", False))).name == (
        "autolink on squares, tiny, seed 3, steps=4, flip=False"
    )


def test_the_profile_says_how_large_its_images_are() -> None:
    assert Cell("mannequin", "tiny", "autolink").images == Images("mannequin", 64)
    assert Cell("mannequin", "paper", "autolink", depth="midas").images == Images("mannequin", 128, "midas")


def test_it_keeps_the_settings_of_its_method_and_of_those_it_requires() -> None:
    assert STUDENT.concise() == STUDENT
    assert Cell("squares", "tiny", "autolink", 0, SETTINGS).concise().overrides == (("steps", 3),)
    assert Cell("squares", "tiny", "mean_pose", 0, SETTINGS).concise().overrides == ()


def test_what_is_required_has_the_settings_that_concern_it() -> None:
    assert STUDENT.required() == [
        Cell("squares", "tiny", "teacher_only", 2, (("steps", 3), ("teacher_only.missing", 0.5)))
    ]
    assert Cell("squares", "tiny", "teacher_only").required() == []


def test_its_job_has_its_settings(small_datasets: None, own_methods: None, tmp_path: Path) -> None:
    cell = Cell("squares", "tiny", "own_method:Corner", 5, (("x", 0.5),))
    job = cell.job(cell.images.open(tmp_path / "cache"), tmp_path / "runs")
    assert (job.name, job.profile, job.seed, job.dataset.name) == ("own_method:Corner", "tiny", 5, "squares")
    assert job.settings.model_dump() == {"x": 0.5, "y": 1.0}
    assert job.folder.is_relative_to(tmp_path / "runs")


def test_what_is_required_is_the_job_that_the_method_would_run(small_datasets: None, tmp_path: Path) -> None:
    dataset = open_dataset("squares", 64, cache=tmp_path)
    jobs: list[Job] = [cell.job(dataset, tmp_path) for cell in (STUDENT, *STUDENT.required())]
    assert jobs[0].required["teacher_only"].folder == jobs[1].folder


def test_a_method_without_the_depth_it_needs_is_refused(small_datasets: None, tmp_path: Path) -> None:
    cell = Cell("flat-squares", "tiny", "teacher_only")
    with pytest.raises(DkpError, match="flat-squares has no depth maps"):
        cell.job(cell.images.open(tmp_path), tmp_path)
