"""Finished work is never lost: a kill repeats no training, and what other code made is set aside and said."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from filelock import FileLock

from dkp_bench.errors import DkpError
from dkp_bench.progress import heard_by
from dkp_bench.runs import execute as running
from dkp_bench.runs import harness
from dkp_bench.runs.execute import complete
from dkp_bench.runs.run import load_runs, read_record
from dkp_bench.runs.spec import BoundRun
from dkp_bench.training import loop

MakeJob = Callable[..., BoundRun]
SMALL = {
    "steps": 2,
    "batch_size": 4,
    "keypoints": 2,
    "detector_width": 2,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}


class Kill(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The lines that were said."""
    lines: list[str] = []
    with heard_by(lines.append):
        yield lines


@pytest.fixture
def fits(own_methods: None) -> list[list[str]]:
    """One entry for each fit: the files that it found in its folder."""
    import own_method

    found: list[list[str]] = own_method.Corner.found_in_folder
    found.clear()
    return found


def other_code(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("dkp_bench.runs.spec.code_hash", lambda _: code)


def killed_at(owner: ModuleType, name: str, job: BoundRun) -> None:
    """Run a job in a process that ends when it calls a function."""

    def kill(*_: Any, **__: Any) -> None:
        raise Kill

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Kill):
            complete(job)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_finished_run_stays_until_the_one_of_other_code_is_finished(
    make_job: MakeJob, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = complete(make_job("own_method:Learner"))
    assert said == []
    other_code(monkeypatch, "0ther000")
    killed_at(running, "write_samples", make_job("own_method:Learner"))
    assert load_runs(old.root) == [old]
    new = complete(make_job("own_method:Learner"))
    kept = old.path.with_name(f"{old.path.name}.replaced-1")
    assert load_runs(old.root) == [new]
    assert (new.path, new.record.provenance.code_hash) == (old.path, "0ther000")
    assert read_record(kept / "record.json") == old.record
    assert names(old.path.parent) == {old.path.name, kept.name}
    assert said[-1] == f"the run that other code had made in {old.path} is now in {kept}"
    other_code(monkeypatch, "third000")
    complete(make_job("own_method:Learner"))
    assert names(old.path.parent) == {old.path.name, kept.name, f"{old.path.name}.replaced-2"}


@pytest.mark.parametrize("after", [0, 1])
def test_a_kill_while_one_takes_the_others_place_loses_neither(
    after: int, make_job: MakeJob, fits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = complete(make_job())
    other_code(monkeypatch, "0ther000")
    rename, renamed = Path.rename, []

    def kill(path: Path, target: Path) -> Path:
        if len(renamed) == after:
            raise Kill
        renamed.append(path)
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", kill)
        with pytest.raises(Kill):
            complete(make_job())
    new = complete(make_job())
    assert len(fits) == 2, "what was finished is not made again"
    assert load_runs(old.root) == [new]
    assert names(old.path.parent) == {old.path.name, f"{old.path.name}.replaced-1"}
    assert new.record.provenance.code_hash == "0ther000"


def test_a_training_that_other_code_began_is_set_aside(
    make_job: MakeJob, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job("autolink", overrides=SMALL)
    killed_at(loop.distributed, "share_buffers", job)
    checkpoint = (job.folder / "checkpoint.pt").read_bytes()
    other_code(monkeypatch, "0ther000")
    complete(make_job("autolink", overrides=SMALL))
    kept = job.folder.with_name(f"{job.folder.name}.replaced-1")
    assert (kept / "checkpoint.pt").read_bytes() == checkpoint
    assert said == [
        f"the training that other code had started in {job.folder} is now in {kept}; it starts again from step 0"
    ]


@pytest.mark.parametrize(
    ("module", "at"), [(harness, "write_predictions"), (running, "write_samples"), (running, "move_into_place")]
)
@pytest.mark.parametrize("method", ["own_method:Learner", "autolink"])
def test_a_kill_after_the_last_step_repeats_no_training(
    method: str, module: ModuleType, at: str, make_job: MakeJob, fits: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = SMALL if method == "autolink" else {}
    whole = complete(make_job(method, overrides=overrides, seed=1))
    steps: list[int] = []
    step = loop._Run._step
    monkeypatch.setattr(
        loop._Run, "_step", lambda self, number, arrays: steps.append(number) or step(self, number, arrays)
    )
    job = make_job(method, overrides=overrides)
    fits.clear()
    killed_at(module, at, job)
    run = complete(make_job(method, overrides=overrides))
    assert steps == ([0, 1] if method == "autolink" else [])
    assert len(fits) == (0 if method == "autolink" else 1)
    assert names(run.path) == names(whole.path)
    assert names(run.path.parent) == {run.path.name, whole.path.name}


def test_a_method_that_does_not_load_what_it_saved_is_fitted_again(make_job: MakeJob, fits: list[list[str]]) -> None:
    whole = complete(make_job("own_method:Forgetful", seed=1))
    killed_at(running, "write_samples", make_job("own_method:Forgetful"))
    run = complete(make_job("own_method:Forgetful"))
    assert len(fits) == 3
    assert run.record.scores == whole.record.scores


def test_saved_weights_that_have_changed_are_not_taken_for_fitted(make_job: MakeJob, fits: list[list[str]]) -> None:
    job = make_job("own_method:Learner")
    killed_at(running, "write_samples", job)
    (job.folder / "point.json").write_text("[0, 0]", encoding="utf-8")
    complete(make_job("own_method:Learner"))
    assert len(fits) == 2


def test_what_a_kill_left_of_a_finished_run_is_swept(make_job: MakeJob) -> None:
    run = complete(make_job())
    before, lock = names(run.path), run.path.with_name(f"{run.path.name}.lock")
    for left in (lock, run.path / "checkpoint.pt", run.path / "fitted.json", run.path / ".x-abcd1234.dkp-part.npz"):
        left.touch()
    assert complete(make_job()) == run
    assert names(run.path) == before
    assert not lock.exists()
    with FileLock(lock):
        assert complete(make_job()) == run
        assert lock.exists()


def test_a_fit_that_fails_leaves_no_lock(make_job: MakeJob) -> None:
    job = make_job("own_method:OneTooFew")
    with pytest.raises(DkpError):
        complete(job)
    assert names(job.folder.parent) == {job.folder.name}
