"""Where workers work: every GPU or the CPU, and how many threads each may use."""

from pathlib import Path

import pytest
import torch

from dkp_bench.errors import DkpError
from dkp_bench.plans.workers import WorkerSlot, worker_slots
from dkp_bench.presets import Profile

RUNS, CACHE = Path("runs"), Path("cache")
CORES = 12


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of twelve cores without a GPU."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(CORES)), raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same machine with two of them."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr("dkp_bench.training.device.find_device", torch.device)


def found(device: str = "auto", processes: int = 1, profile: Profile = "tiny") -> list[tuple[str, int | None]]:
    made = worker_slots(device, processes, [profile, "tiny"], runs=RUNS, cache=CACHE)
    assert made == [WorkerSlot(slot.device, slot.threads, RUNS, CACHE) for slot in made]
    return [(slot.device, slot.threads) for slot in made]


def test_without_a_gpu_the_cpu_runs_the_tiny_profile() -> None:
    assert found() == [("cpu", None)]


@pytest.mark.parametrize("profile", ["small", "paper"])
def test_without_a_gpu_larger_profiles_must_be_asked_for(profile: Profile) -> None:
    with pytest.raises(DkpError, match=f"cells of the {profile} profile, which wants a GPU") as caught:
        found(profile=profile)
    assert "--device cpu" in caught.value.hint
    assert found("cpu", profile=profile) == [("cpu", None)]


def test_several_workers_share_the_cores_of_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(processes=3) == [("cpu", 4)] * 3
    assert found(processes=5) == [("cpu", 2)] * 5
    assert found(processes=13) == [("cpu", 1)] * 13
    assert found("cpu,cpu", processes=3) == [("cpu", 4)] * 3
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert found(processes=3) == [("cpu", None)] * 3


@pytest.mark.parametrize("profile", ["tiny", "small"])
def test_every_gpu_has_its_workers(profile: Profile, two_gpus: None) -> None:
    assert found(profile=profile) == [("cuda:0", None), ("cuda:1", None)]
    assert found(profile=profile, processes=2) == [("cuda:0", None)] * 2 + [("cuda:1", None)] * 2


def test_devices_are_listed_with_commas(two_gpus: None) -> None:
    assert found("cuda:1, cpu") == [("cuda:1", None), ("cpu", None)]
    assert found("cuda:1, cpu", processes=2) == [("cuda:1", None)] * 2 + [("cpu", 6)] * 2


def test_each_gpu_has_its_number_and_counts_once(two_gpus: None) -> None:
    assert found("cuda") == [("cuda:0", None)]
    assert found("cuda,cuda:1,cuda:0") == [("cuda:0", None), ("cuda:1", None)]


@pytest.mark.parametrize("device", ["tpu", "cpu,", "", "cpu;cpu"])
def test_what_is_no_device_is_refused(device: str) -> None:
    with pytest.raises(DkpError, match="cannot use the device"):
        found(device)
