"""What a method of somebody's own may do wrong is named before it is scored, and nothing it has learned is lost."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from dkp_bench.datasets import ArrayImages
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, FitResult
from dkp_bench.progress import heard_by
from dkp_bench.runs import harness
from dkp_bench.runs.annotations import annotations_of
from dkp_bench.runs.execute import complete
from dkp_bench.runs.external import read_external
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.runs.spec import BoundRun

MakeJob = Callable[..., BoundRun]
WRONG = {
    "Pixels": (r"fit\[.*\] is 5\d.*; the image ends at −1 and 1", "these look like pixels"),
    "ZeroToOne": (r"no coordinate is negative \(.* to 1\)", "if 0 to 1 is the image: value * 2 - 1"),
    "WholeNumbers": (r"'fit' holds whole numbers \(int64\)", "if these are pixels"),
    "FirstAxes": (r"'fit' has the shape \(2, 40, 2\)", "its axes are in another order: fit.transpose(1, 0, 2)"),
    "LearnsItsK": ("gives 2 keypoints, and the method says that it has 3", "before fit as after it"),
    "OtherK": ("gives 2 keypoints, and the method says that it has 12", "let the property keypoints say how many"),
}


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The lines that were said."""
    lines: list[str] = []
    with heard_by(lines.append):
        yield lines


@pytest.mark.parametrize("method", WRONG)
def test_what_is_a_mistake_in_a_file_is_one_in_predict(method: str, make_job: MakeJob) -> None:
    problem, hint = WRONG[method]
    job = make_job(f"own_method:{method}")
    with pytest.raises(DkpError, match=f"^predict of own_method:{method}:? {problem}") as caught:
        complete(job)
    assert hint in caught.value.hint
    assert caught.value.hint.endswith(f"dkp-bench check-method own_method:{method} says more")
    assert not (job.folder / "record.json").exists()


@pytest.mark.parametrize("method", ["Pixels", "ZeroToOne"])
def test_predictions_of_an_odd_range_are_kept_to_be_scored_as_they_are(method: str, make_job: MakeJob) -> None:
    job = make_job(f"own_method:{method}")
    with pytest.raises(DkpError, match="predict of") as caught:
        complete(job)
    assert f"dkp-bench score {job.folder / PREDICTIONS} --dataset squares --range-is-right" in caught.value.hint
    assert read_external(job.folder / PREDICTIONS, annotations_of(job.dataset), range_is_right=True).test.shape == (
        12,
        2,
        2,
    )


def test_doubts_are_said_as_they_are_of_a_file(make_job: MakeJob, said: list[str]) -> None:
    complete(make_job("own_method:Moving"))
    assert len(said) == 1
    assert said[0].startswith("warning: own_method:Moving: the mean pose, which knows nothing of the image, scores no")
    said.clear()
    complete(make_job("own_method:Corner"))
    complete(make_job("mean_pose"))
    assert said == []


def test_a_fit_without_a_report_stands(make_job: MakeJob, said: list[str]) -> None:
    run = complete(make_job("own_method:NoReport"))
    assert said[0] == "fit of own_method:NoReport returned None and no FitResult: its steps and curves are unknown"
    assert (run.record.timings.steps, run.record.curves) == (0, {})
    assert run.record.timings.fit_seconds > 0


@pytest.mark.parametrize(
    ("reported", "left_out"),
    [
        ({"steps": 2.5, "seconds": float("nan")}, ["seconds", "steps"]),
        ({"steps": -2, "images_per_second": "many"}, ["images_per_second", "steps"]),
        ({"precision": 16, "curves": {"step": [1.0, 2.0], "loss": [1.0]}}, ["precision", "curves"]),
        ({"curves": {"loss": [float("inf")]}, "seconds": np.zeros(2)}, ["seconds", "curves"]),
        ({"curves": None}, ["curves"]),
        ({"curves": {"loss": np.ones(2, np.float32)}, "steps": np.int64(7), "seconds": np.float32(2)}, []),
    ],
)
def test_what_no_record_can_hold_of_a_report_is_left_out_and_said(
    reported: dict[str, Any], left_out: list[str], make_job: MakeJob, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import own_method

    monkeypatch.setattr(own_method.OddReport, "said", reported)
    run = complete(make_job("own_method:OddReport"))
    about = [line for line in said if line.startswith("fit of own_method:OddReport: its FitResult's ")]
    assert [line.split("'s ")[1].split(",")[0] for line in about] == left_out
    if not left_out:
        assert run.record.curves == {"loss": [1.0, 1.0]}
        assert (run.record.timings.steps, run.record.timings.fit_seconds) == (7, 2.0)


@pytest.mark.parametrize("wrong", [np.zeros((3, 2)), np.zeros((2, 2, 2), np.int64), np.full((2, 2, 2), np.nan), None])
def test_what_is_drawn_on_photographs_is_checked(
    wrong: Any, monkeypatch: pytest.MonkeyPatch, own_methods: None
) -> None:
    import own_method

    monkeypatch.setattr(own_method.Corner, "predict", lambda self, images: wrong)
    method = own_method.Corner(own_method.CornerSettings(), 64)
    with pytest.raises(DkpError, match=r"^predict of own_method:Corner gives") as caught:
        harness.keypoints_of("own_method:Corner", method, ArrayImages(np.zeros((2, 64, 64, 3), np.uint8)))
    assert caught.value.hint.endswith("dkp-bench check-method own_method:Corner says more")


@pytest.mark.parametrize("method", ["own_method:Slow", "untrained"])
def test_a_fit_takes_the_time_of_the_clock(method: str, make_job: MakeJob) -> None:
    timings = complete(make_job(method)).record.timings
    assert timings.fit_seconds > (0.02 if method == "own_method:Slow" else 0)
    assert timings.images_per_second == 0  # the report writes a dash for what is not known


def test_seconds_before_an_interruption_count(make_job: MakeJob) -> None:
    job = make_job("own_method:Corner")
    context = FitContext(0, "cpu", job.folder)
    job.folder.mkdir(parents=True)
    fit = harness.fit("own_method:Corner", job.create(), ArrayImages(np.zeros((1, 64, 64, 3), np.uint8)), context)
    assert isinstance(fit, FitResult)
    assert (fit.seconds, fit.steps, fit.curves) == (1.5, 3, {"step": [1.0, 3.0], "loss": [3.0, 1.0]})


def test_an_exception_of_ones_own_ends_with_what_says_more(make_job: MakeJob) -> None:
    with pytest.raises(ZeroDivisionError, match="of its own") as caught:
        complete(make_job("own_method:Raising"))
    assert caught.value.__notes__ == ["dkp-bench check-method own_method:Raising says more"]


def test_a_built_in_method_needs_no_such_advice() -> None:
    with pytest.raises(ValueError, match="x") as caught, harness.naming("autolink"):
        raise ValueError("x")
    assert not hasattr(caught.value, "__notes__")
