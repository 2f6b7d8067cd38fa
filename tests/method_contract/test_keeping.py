"""The names that the contract keeps free are those that a run takes."""

from pathlib import Path

from dkp_bench.datasets import open_dataset
from dkp_bench.method_contract.keeping import RESERVED
from dkp_bench.records.job import Job
from dkp_bench.records.layout import RECORD
from dkp_bench.records.run import complete
from dkp_bench.records.workplace import CODE, RESUMED
from dkp_bench.training.checkpoint import FILE as CHECKPOINT


def test_every_file_of_a_run_is_reserved(small_datasets: None, tmp_path: Path) -> None:
    squares = open_dataset("squares", 64, cache=tmp_path / "cache")
    run = complete(Job(squares, "mean_pose", "tiny", 0, runs=tmp_path / "runs"))
    assert {path.name for path in run.path.iterdir()} <= RESERVED
    assert {RECORD, CODE, CHECKPOINT, *RESUMED} <= RESERVED
