"""How long a cell will take: learned from records and from runs under way, of this hardware alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up import make_record

from dkp_bench.plans.forecast import Forecast, steps_done, steps_of
from dkp_bench.runs.provenance import hardware_name
from dkp_bench.runs.schema import Record, Timings
from dkp_bench.runs.spec import BoundRun, RunSpec

MakeJob = Callable[..., BoundRun]
HERE = "a processor"


@pytest.fixture
def make_job(small_datasets: None, tmp_path: Path) -> MakeJob:
    """Makes a job of ``autolink`` on ``squares``; the arguments are those of a cell."""

    def make(dataset: str = "squares", method: str = "autolink", **changes: Any) -> BoundRun:
        spec = RunSpec(dataset, method, "tiny", **changes)
        return spec.bind(spec.open_dataset(tmp_path / "cache"), tmp_path / "runs")

    return make


def record(job: BoundRun, fit: float = 80.0, predict: float = 5.0, accelerator: str = "none") -> Record:
    """The record that the job left."""
    made = make_record(job.spec.method, dataset=job.dataset.name, settings=job.settings.model_dump())
    timings = Timings(fit_seconds=fit, predict_seconds=predict, steps=steps_of(job), images_per_second=0)
    provenance = made.provenance.model_copy(update={"accelerator": accelerator, "processor": HERE})
    return made.model_copy(update={"timings": timings, "provenance": provenance})


def test_hardware_is_the_gpu_or_else_the_processor() -> None:
    assert hardware_name("a GPU", "a processor") == "a GPU"
    assert hardware_name("none", "a processor") == "a processor"


def test_nothing_is_known_at_first(make_job: MakeJob) -> None:
    assert Forecast(HERE).seconds(make_job()) is None


def test_a_finished_run_tells_of_one_like_it(make_job: MakeJob) -> None:
    forecast = Forecast(HERE)
    forecast.learn_run(record(make_job()))
    assert steps_of(make_job()) == 800
    assert forecast.seconds(make_job(seed=4)) == pytest.approx(80 + 5)
    assert forecast.seconds(make_job(), done=600) == pytest.approx(20 + 5)
    assert forecast.seconds(make_job(), done=900) == pytest.approx(5)


def test_steps_count_and_every_other_setting_is_another_kind(make_job: MakeJob) -> None:
    forecast = Forecast(HERE)
    forecast.learn_run(record(make_job()))
    assert forecast.seconds(make_job(overrides=(("steps", 80),))) == pytest.approx(8 + 5)
    assert forecast.seconds(make_job(overrides=(("keypoints", 4),))) is None
    assert forecast.seconds(make_job(method="no_teacher")) is None


def test_a_method_that_is_not_trained_in_steps_takes_all_of_its_time_at_once(make_job: MakeJob) -> None:
    forecast, job = Forecast(HERE), make_job(method="mean_pose")
    forecast.learn_run(record(job, fit=3.0, predict=4.0))
    assert steps_of(job) == 0
    assert forecast.seconds(job) == 7.0


def test_runs_of_other_hardware_tell_nothing(make_job: MakeJob) -> None:
    forecast = Forecast(HERE)
    forecast.learn_run(record(make_job(), accelerator="a GPU"))
    assert forecast.seconds(make_job()) is None
    on_gpu = Forecast("a GPU")
    on_gpu.learn_run(record(make_job()))
    assert on_gpu.seconds(make_job()) is None
    on_gpu.learn_run(record(make_job(), accelerator="a GPU"))
    assert on_gpu.seconds(make_job()) is not None


def test_a_dataset_borrows_from_the_one_measured_last_until_it_has_its_own(make_job: MakeJob) -> None:
    forecast, flat = Forecast(HERE), make_job("flat-squares")
    forecast.learn_run(record(make_job()))
    assert forecast.seconds(flat) == pytest.approx(85)
    elsewhere = record(make_job(), fit=160.0)
    identity = elsewhere.identity.model_copy(update={"dataset": "lsp"})
    forecast.learn_run(elsewhere.model_copy(update={"identity": identity}))
    assert forecast.seconds(flat) == pytest.approx(165)
    forecast.learn_run(record(make_job(), fit=40.0))
    assert forecast.seconds(flat) == pytest.approx(45)
    forecast.learn_run(record(flat, fit=8.0))
    assert forecast.seconds(flat) == pytest.approx(13)
    assert forecast.seconds(make_job()) == pytest.approx(45)


def test_what_was_seen_of_the_rest_counts_where_it_is_more_than_the_record_says(make_job: MakeJob) -> None:
    forecast = Forecast(HERE)
    forecast.learn_run(record(make_job()), rest=9.0)
    assert forecast.seconds(make_job()) == pytest.approx(80 + 9)
    forecast.learn_run(record(make_job()), rest=0.1)
    assert forecast.seconds(make_job()) == pytest.approx(80 + 5)


def test_the_speed_of_a_run_under_way_replaces_what_was_known(make_job: MakeJob) -> None:
    forecast = Forecast(HERE)
    forecast.learn_step(make_job(), 0.5)
    assert forecast.seconds(make_job()) == pytest.approx(400)
    forecast.learn_run(record(make_job()))
    forecast.learn_step(make_job(), 0.2)
    assert forecast.seconds(make_job()) == pytest.approx(160 + 5)


def leave(job: BoundRun, lines: list[str], code: str | None = None) -> None:
    """Leave the metrics of a run that was cut off."""
    job.folder.mkdir(parents=True, exist_ok=True)
    (job.folder / "code.txt").write_text(code or job.code_hash, encoding="utf-8")
    (job.folder / "metrics.jsonl").write_text("".join(lines), encoding="utf-8")


def test_the_metrics_tell_how_far_an_unfinished_run_is(make_job: MakeJob) -> None:
    job = make_job()
    assert steps_done(job) == 0
    leave(job, [])
    assert steps_done(job) == 0
    lines = [json.dumps({"step": step, "loss": 1.0}) + "\n" for step in (4, 8)]
    leave(job, lines)
    assert steps_done(job) == 8
    leave(job, [*lines, '{"step": 1'])
    assert steps_done(job) == 8
    leave(job, ['{"st'])
    assert steps_done(job) == 0


@pytest.mark.parametrize("line", ["\0\0\0\n", "[8]\n", '{"loss": 1.0}\n', '{"step": null}\n'])
def test_damaged_metrics_tell_of_no_step(line: str, make_job: MakeJob) -> None:
    job = make_job()
    leave(job, [line])
    assert steps_done(job) == 0


def test_what_other_code_left_is_not_gone_on_with(make_job: MakeJob) -> None:
    job = make_job()
    leave(job, ['{"step": 8}\n'], code="0ther000")
    assert steps_done(job) == 0
    (job.folder / "code.txt").unlink()
    assert steps_done(job) == 0
