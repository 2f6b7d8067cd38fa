"""Speed and memory of the training step: ``nox -s bench -- tests/training``.

On a GPU at the published size, which the profiles ``small`` and ``paper`` share; on a CPU at one that takes about a
minute. VGG16's weights are random, which changes no figure here. Each table says what it was measured on; times are
printed and never asserted.
"""

import statistics
import time
from pathlib import Path

import pytest
import torch
from step_parts import flops, kernels, matmul_rate, seconds_by_part
from step_runs import METHODS, OFFICIAL, SIZES, Steps, method, peak_memory, steps, synchronise

from dkp_bench.runs.provenance import processor_name

# What a driver or a newer PyTorch may warn of says nothing against a measurement.
pytestmark = [pytest.mark.bench, pytest.mark.filterwarnings("default")]

GPU = torch.cuda.is_available()
DEVICE, SIZE = (torch.device("cuda"), "gpu") if GPU else (torch.device("cpu"), "cpu")
STEPS, ROUNDS, WARM_UP, MATRIX = (20, 9, 10, 8192) if GPU else (1, 5, 1, 1024)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Steps]:
    """Every kind of step, warmed up."""
    found = {name: steps(name, SIZES[SIZE], DEVICE, tmp_path_factory.mktemp(name)) for name in (*METHODS, OFFICIAL)}
    for run in found.values():
        run(WARM_UP)
    return found


def print_heading(what: str) -> None:
    name = torch.cuda.get_device_name() if GPU else f"{processor_name()}, threads: {torch.get_num_threads()}"
    print(f"\n\n{what}\n{name}, torch {torch.__version__}; {SIZES[SIZE].describe()}")


def seconds_a_step(runs: dict[str, Steps]) -> dict[str, float]:
    """The median round of each, taken in turns so that all of them meet the same machine."""
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            synchronise(DEVICE)
            started = time.perf_counter()
            run(STEPS)
            synchronise(DEVICE)
            rounds[name].append((time.perf_counter() - started) / STEPS)
    return {name: statistics.median(seconds) for name, seconds in rounds.items()}


def test_speed(runs: dict[str, Steps]) -> None:
    seconds, rate = seconds_a_step(runs), matmul_rate(DEVICE, MATRIX)
    print_heading("training steps in turns, reading and moving included: median of the rounds")
    print("step            precision   ms/step   images/s   GFLOP/step   share of the bf16 peak")
    for name, run in runs.items():
        speed, operations = run.batch / seconds[name], flops(run)
        share = operations / seconds[name] / rate
        pace = f"{1e3 * seconds[name]:9.1f} {speed:10.1f} {operations / 1e9:12.1f}"
        print(f"{name:14}  {run.precision:9} {pace} {share:10.1%}")
    print(f"bf16 peak: a product of {MATRIX} × {MATRIX} random matrices, {rate / 1e12:.3g} TFLOP/s")
    ratio = seconds[OFFICIAL] / seconds["autolink"]
    print(f"autolink's images/s are {ratio:.2f} × the {OFFICIAL} step's; target: at least 2.5 ×, on a GPU")
    assert min(seconds.values()) > 0


@pytest.mark.skipif(not (GPU or Path("/proc/self/status").exists()), reason="peak memory is read from Linux's /proc")
def test_memory() -> None:
    names = (*METHODS, OFFICIAL) if GPU else ("autolink", OFFICIAL)
    peaks = {name: peak_memory(name, SIZE) for name in names}
    how = "what PyTorch's allocator hands out" if GPU else "what a process's high-water mark gains"
    print_heading(f"peak memory of three steps, weights and optimiser included: {how}")
    for name, peak in peaks.items():
        print(f"{name:14}  {peak / 2**20:8.0f} MiB")
    ratio = peaks["autolink"] / peaks[OFFICIAL]
    print(f"autolink's is {ratio:.2f} × the {OFFICIAL} step's; target: at most 0.5 ×, on a GPU")
    assert ratio < 1
    chosen, pixels = method("autolink", SIZES[SIZE]).settings, SIZES[SIZE].image ** 2
    edges = chosen.keypoints * (chosen.keypoints - 1) // 2
    assert peaks[OFFICIAL] > 4 * 4 * chosen.batch_size * edges * pixels  # float32: two of (x, y) each, and more


@pytest.mark.parametrize("name", METHODS)
def test_where_the_time_goes(name: str, runs: dict[str, Steps]) -> None:
    together = seconds_a_step({name: runs[name]})[name]
    parts = seconds_by_part(runs[name], STEPS)
    total = sum(parts.values())
    print_heading(f"parts of a step of {name} ({runs[name].precision}), each waited for, so that nothing overlaps")
    for part, seconds in parts.items():
        print(f"{part:26} {1e3 * seconds:9.2f} ms {seconds / total:7.1%}")
    print(f"{'sum':26} {1e3 * total:9.2f} ms\n{'a step as it runs':26} {1e3 * together:9.2f} ms")
    assert total > 0


@pytest.mark.parametrize("name", ["autolink", OFFICIAL])
def test_what_runs_on_the_device(name: str, runs: dict[str, Steps]) -> None:
    found = kernels(runs[name], DEVICE, STEPS)
    kind = "kernels and copies" if GPU else "operators"
    print_heading(f"{name} ({runs[name].precision}): {kind} of a step, by PyTorch's profiler")
    print(f"{found.launched:.0f} of them, {1e3 * found.seconds:.2f} ms in sum; the costliest:")
    for kernel, calls, seconds in found.costliest:
        print(f"{1e3 * seconds:9.2f} ms {seconds / found.seconds:6.1%} {calls:7.1f} calls  {kernel[:80]}")
    assert found.launched > 0
