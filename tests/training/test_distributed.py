"""Several processes: they train what one trains, leave one record, print once and fail together."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

from dkp_bench.baselines.autolink import AutoLinkModel, AutoLinkSettings
from dkp_bench.errors import DkpError
from dkp_bench.runs.run import load_runs
from dkp_bench.training import distributed
from dkp_bench.training.inference import WEIGHTS_FILE

FORKED = Path(__file__).with_name("forked.py")
MINIATURE = """
from dkp_bench.datasets.mannequin import dataset
dataset.COUNTS.update({"train": 16, "regression": 24, "test": 9})
import runpy
runpy.run_module("dkp_bench", run_name="__main__")
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """What the scenarios of ``forked.py`` left, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("forked")
    here = {**os.environ, "PYTHONPATH": str(repository)}
    subprocess.run([sys.executable, FORKED, folder], env=here, check=True, timeout=300)
    return folder


def codes(folder: Path) -> list[int]:
    found: list[int] = json.loads((folder / "codes").read_text())
    return found


def said(folder: Path, stream: str) -> list[str]:
    """What each process printed."""
    return [(folder / f"{stream}{rank}").read_text() for rank in range(len(codes(folder)))]


def weights(folder: Path, rank: int) -> dict[str, Tensor]:
    return load_file(folder / f"weights{rank}" / WEIGHTS_FILE)


@pytest.mark.parametrize("size", [2, 4])
def test_several_processes_train_what_one_trains(size: int, folders: Path) -> None:
    one, several = folders / "toy1", folders / f"toy{size}"
    assert codes(one) + codes(several) == [0] * (1 + size)
    expected = weights(one, 0)
    for rank in range(size):
        found = weights(several, rank)
        assert found.keys() == expected.keys()
        for name, tensor in found.items():
            assert torch.equal(tensor, weights(several, 0)[name])
            torch.testing.assert_close(tensor, expected[name], atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [2, 4])
def test_the_curves_are_those_of_the_whole_batch(size: int, folders: Path) -> None:
    expected = json.loads((folders / "toy1" / "curves0.json").read_text())
    assert len(expected["loss"]) == 6
    for rank in range(size):
        found = json.loads((folders / f"toy{size}" / f"curves{rank}.json").read_text())
        assert found.keys() == expected.keys()
        for name, values in found.items():
            np.testing.assert_allclose(values, expected[name], atol=1e-5)


def test_an_interruption_leaves_no_trace(folders: Path) -> None:
    assert codes(folders / "interrupted_toy2") == [0, 0], said(folders / "interrupted_toy2", "err")
    for rank in range(2):
        found, expected = weights(folders / "interrupted_toy2", rank), weights(folders / "toy2", rank)
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_running_statistics_are_shared_at_the_end(folders: Path) -> None:
    one, other = (weights(folders / "autolink2", rank) for rank in range(2))
    assert any("running_var" in name for name in one)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_one_record_is_left_and_one_process_prints(folders: Path) -> None:
    folder = folders / "train2"
    assert codes(folder) == [0, 0], said(folder, "err")
    runs = load_runs(folder / "results" / "runs")
    assert [run.record.identity.seed for run in runs] == [0, 1]
    assert [run.record.timings.steps for run in runs] == [4, 4]
    (printed, nothing), (progress, silence) = said(folder, "out"), said(folder, "err")
    assert nothing == silence == ""
    assert printed.count("signature: ") == 2
    assert [line[:24] for line in progress.splitlines()] == [f"autolink, seed {seed}: 4 of 4" for seed in (0, 1)]


def test_all_processes_find_what_is_finished(folders: Path) -> None:
    assert codes(folders / "train_again2") == [0, 0], said(folders / "train_again2", "err")
    assert said(folders / "train_again2", "out") == said(folders / "train2", "out")
    lines = [f"seed {seed} was finished before: nothing is trained\n" for seed in (0, 1)]
    assert said(folders / "train_again2", "err") == ["".join(lines), ""]


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("unknown_method", "error: unknown method 'autolin'. Did you mean 'autolink'?\n"),
        ("unequal_shares", "error: 2 processes cannot share a batch of 5 images equally\n"),
        ("bad_file_of_one", "error: photo.jpg is cut off\n  get it again\n"),
        ("bad_predictions", "error: predict of own_method:Diverged: fit[0, 0, 0] is nan"),
        ("crash_in_predict", "ZeroDivisionError: a bug\n"),
    ],
)
def test_a_failure_ends_all_and_is_told_once(scenario: str, message: str, folders: Path) -> None:
    folder = folders / f"{scenario}2"
    assert 0 not in codes(folder)
    together = "".join(said(folder, "err"))
    assert together.count(message) == 1
    assert together.lower().count("error: ") == 1
    assert together.count("Traceback") == (scenario == "crash_in_predict")
    assert not list(folder.glob("results/runs/*/*/*/*/record.json"))


def test_synchronised_batch_normalisation_changes_neither_names_nor_predictions() -> None:
    torch.manual_seed(0)
    model = AutoLinkModel(AutoLinkSettings(keypoints=4, detector_width=4, decoder_width=2)).eval()
    images = torch.rand(2, 3, 64, 64)
    state, scores = model.state_dict(), model.detector(images)
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert any(isinstance(module, nn.SyncBatchNorm) for module in converted.modules())
    assert converted is model
    assert list(converted.state_dict()) == list(state)
    assert torch.equal(converted.detector(images), scores)


@pytest.mark.slow
def test_torchrun_trains_from_the_command_line(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "miniature.py").write_text(MINIATURE)
    here = {"PYTHONPATH": str(repository), "DKP_BENCH_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    small = ("steps=3", "batch_size=4", "keypoints=4", "detector_width=2", "decoder_width=2")
    chosen = [word for setting in small for word in ("--set", setting)]
    command = [*torchrun, "miniature.py", "train", "autolink", "mannequin", *chosen]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | here, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (run,) = load_runs(tmp_path / "results" / "runs")
    assert done.stdout.count("signature: ") == 1
    assert done.stdout.endswith(f"run: {run.path.relative_to(tmp_path)}\n")
    works = [line.partition(",")[0] for line in done.stderr.splitlines()]
    assert works == [*["rendering mannequin 64 px"] * 3, "autolink"]


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Makes this process one of several, as far as it can know before it talks to them."""

    def become(rank: int, size: int) -> None:
        for name, value in {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size}.items():
            monkeypatch.setenv(name, str(value))

    return become


@given(st.integers(1, 8), st.integers(1, 8))
def test_the_shares_make_up_the_batch(size: int, each: int) -> None:
    rows = np.arange(size * each)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORLD_SIZE", str(size))
        parts = []
        for rank in range(size):
            patch.setenv("RANK", str(rank))
            parts.append(rows[distributed.share_of(size * each).rows])
    assert {len(part) for part in parts} == {each}
    np.testing.assert_array_equal(np.concatenate(parts), rows)


def test_an_unequal_share_is_refused(process: Callable[[int, int], None]) -> None:
    process(0, 3)
    with pytest.raises(DkpError, match="3 processes cannot share a batch of 16") as caught:
        distributed.share_of(16)
    assert "batch_size=18" in caught.value.hint


def test_one_process_needs_no_other() -> None:
    assert (distributed.size(), distributed.rank(), distributed.local_rank(), distributed.is_main()) == (1, 0, 0, True)
    told: list[str] = []
    with distributed.session():
        distributed.main_first(lambda: told.append("done"))
    assert told == ["done"]
    assert not torch.distributed.is_initialized()


def test_the_main_process_is_the_first(process: Callable[[int, int], None]) -> None:
    process(1, 2)
    assert (distributed.size(), distributed.rank(), distributed.local_rank(), distributed.is_main()) == (2, 1, 1, False)
