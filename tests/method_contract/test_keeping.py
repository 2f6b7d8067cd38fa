"""The names that the contract keeps free are those that a run takes."""

from pathlib import Path

from dkp_bench.datasets import open_dataset
from dkp_bench.method_contract.checks_of_predict import RESERVED
from dkp_bench.runs.execute import complete
from dkp_bench.runs.layout import CODE_FILE, RECORD
from dkp_bench.runs.spec import RunSpec
from dkp_bench.runs.work_folder import RESUME_FILES
from dkp_bench.training.checkpoint import CHECKPOINT_FILE


def test_every_file_of_a_run_is_reserved(small_datasets: None, tmp_path: Path) -> None:
    squares = open_dataset("squares", 64, cache=tmp_path / "cache")
    run = complete(RunSpec("squares", "mean_pose").bind(squares, tmp_path / "runs"))
    assert {path.name for path in run.path.iterdir()} <= RESERVED
    assert {RECORD, CODE_FILE, CHECKPOINT_FILE, *RESUME_FILES} <= RESERVED
