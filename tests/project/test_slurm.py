"""The batch file of docs/running-on-gpus.md, run by a shell with stand-ins for the cluster's commands."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PLAN = "results/plans/full-size.toml"


@pytest.fixture
def cluster(tmp_path: Path, repository: Path) -> Path:
    """A clone whose ``srun``, ``sbatch`` and ``dkp-bench`` write down how they are called."""
    commands, clone = tmp_path / "bin", tmp_path / "clone"
    tools = clone / ".venv" / "bin"
    commands.mkdir()
    tools.mkdir(parents=True)
    (clone / "docs").mkdir()
    shutil.copy(repository / "docs" / "slurm.sh", clone / "docs")
    for path, last in (
        (commands / "srun", 'test "$SRUN_CPUS_PER_TASK" = 32 && "$@"'),
        (commands / "sbatch", "true"),
        (tools / "dkp-bench", "exit $EXIT"),
    ):
        path.write_text(f'#!/bin/bash\necho "{path.name} $*" >> "$CALLS"\n{last}\n', encoding="utf-8")
        path.chmod(0o755)
    return tmp_path


def job(cluster: Path, exit_code: int) -> tuple[int, list[str]]:
    """What a job exits with, and what it called, if ``dkp-bench run`` exits with a code."""
    path = f"{cluster / 'bin'}{os.pathsep}{os.environ['PATH']}"
    own = {
        "SLURM_SUBMIT_DIR": str(cluster / "clone"),
        "SLURM_CPUS_PER_TASK": "32",
        "CALLS": str(cluster / "calls"),
        "EXIT": str(exit_code),
    }
    script = ["bash", str(cluster / "clone" / "docs" / "slurm.sh"), PLAN]
    done = subprocess.run(script, env={**os.environ, "PATH": path, **own}, check=False)
    return done.returncode, (cluster / "calls").read_text(encoding="utf-8").splitlines()


def test_a_job_works_on_the_plan_within_its_time(cluster: Path) -> None:
    code, calls = job(cluster, 0)
    assert code == 0
    assert calls == [f"srun {calls[1]}", f"dkp-bench run {PLAN} --budget 57m --partial"]


def test_cells_that_are_left_go_to_another_job(cluster: Path) -> None:
    code, calls = job(cluster, 3)
    assert code == 0
    assert calls[-1] == f"sbatch docs/slurm.sh {PLAN}"


@pytest.mark.parametrize("exit_code", [1, 2, 130])
def test_a_failure_ends_the_chain(cluster: Path, exit_code: int) -> None:
    code, calls = job(cluster, exit_code)
    assert code == exit_code
    assert not any(call.startswith("sbatch") for call in calls)


def test_the_guide_shows_the_file(repository: Path) -> None:
    script = (repository / "docs" / "slurm.sh").read_text(encoding="utf-8")
    assert script in (repository / "docs" / "running-on-gpus.md").read_text(encoding="utf-8")
