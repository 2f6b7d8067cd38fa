"""One process at a time on a run, and nothing in the way of the next one, whatever became of it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from dkp_bench.runs.execute import complete
from dkp_bench.runs.spec import BoundRun
from dkp_bench.runs.work_folder import BusyError, run_lock

MakeJob = Callable[..., BoundRun]
HOLDS = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_who_comes_second_is_sent_away(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "seed0"
    with run_lock(folder), pytest.raises(BusyError) as caught, run_lock(folder):
        pytest.fail("two were let in")
    assert caught.value.problem == f"another process is at work on {folder}"
    assert caught.value.hint


def test_other_runs_are_free(tmp_path: Path) -> None:
    with run_lock(tmp_path / "seed0"), run_lock(tmp_path / "seed1"), run_lock(tmp_path / "seed0.5"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["seed0.5.lock", "seed0.lock", "seed1.lock"]


def test_nothing_is_left_of_it(tmp_path: Path) -> None:
    with run_lock(tmp_path / "seed0"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_after_a_failure_the_next_one_is_let_in(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), run_lock(tmp_path / "seed0"):
        raise ZeroDivisionError
    with run_lock(tmp_path / "seed0"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_keeps_off_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "seed0.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            with pytest.raises(BusyError), run_lock(tmp_path / "seed0"):
                pytest.fail("two were let in")
        finally:
            process.kill()
    assert (tmp_path / "seed0.lock").exists()
    with run_lock(tmp_path / "seed0"):
        pass


def test_a_job_that_another_process_is_at_work_on_is_not_begun(make_job: MakeJob) -> None:
    job = make_job()
    with run_lock(job.folder), pytest.raises(BusyError):
        complete(job)
    assert not job.folder.exists()
    run = complete(job)
    with FileLock(job.folder.with_name(f"{job.folder.name}.lock")):
        assert complete(make_job()) == run
