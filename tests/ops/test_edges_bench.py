"""Speed and memory of the streamed edge renderer against the plain formula: ``nox -s bench -- tests/ops``.

Forward and backward, float32 on the CPU, at a batch of 16 and 128 × 128 pixels. Peak memory is what a fresh process's
high-water mark gains by the call, so that no allocator is trusted. Linux's VmHWM is read because ``ru_maxrss`` starts
at the mark of the process that started this one.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from dkp_bench.ops import draw_edges, draw_edges_plain

pytestmark = pytest.mark.bench
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")

BATCH, SIZE, THICKNESS = 16, 128, 2.5e-3

MEASURE = """
import json, pathlib, re, sys
import torch
from dkp_bench.ops import draw_edges, draw_edges_plain

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])

def step(draw, batch, count, size, thickness):
    torch.manual_seed(0)
    keypoints = (torch.rand(batch, count, 2) * 2 - 1).requires_grad_()
    weights = torch.rand(count * (count - 1) // 2).requires_grad_()
    draw(keypoints, weights, size, thickness).square().sum().backward()

name, *sizes = json.loads(sys.argv[1])
draw = {"streamed": draw_edges, "plain": draw_edges_plain}[name]
step(draw, 1, 2, 8, 1.0)
before = peak()
step(draw, *sizes)
print(peak() - before)
"""


def peak_memory(name: str, keypoints: int) -> int:
    """Bytes that one forward and backward adds to the high-water mark of a fresh process."""
    arguments = json.dumps([name, BATCH, keypoints, SIZE, THICKNESS])
    command = [sys.executable, "-c", MEASURE, arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.benchmark(group="edges: forward and backward")
@pytest.mark.parametrize(("name", "rounds"), [("streamed", 10), ("plain", 3)])
def test_speed(benchmark: Any, name: str, rounds: int) -> None:
    draw = {"streamed": draw_edges, "plain": draw_edges_plain}[name]
    generator = torch.Generator().manual_seed(0)
    keypoints = (torch.rand(BATCH, 16, 2, generator=generator) * 2 - 1).requires_grad_()
    weights = torch.rand(120, generator=generator).requires_grad_()

    def step() -> None:
        draw(keypoints, weights, SIZE, THICKNESS).square().sum().backward()

    benchmark.pedantic(step, rounds=rounds, warmup_rounds=1)


@needs_proc
def test_streamed_needs_a_twentieth_of_the_memory() -> None:
    streamed, plain = peak_memory("streamed", 16), peak_memory("plain", 16)
    print(f"\npeak memory: plain {plain >> 20} MiB, streamed {streamed >> 20} MiB, ratio {plain / streamed:.0f}")
    assert streamed <= plain / 20


@needs_proc
def test_memory_does_not_grow_with_the_edges() -> None:
    peaks = {count: min(peak_memory("streamed", count) for _ in range(3)) for count in (8, 16, 32, 64)}
    print("\nkeypoints  edges  peak memory")
    for count, peak in peaks.items():
        print(f"{count:9}  {count * (count - 1) // 2:5}  {peak >> 20:7} MiB")
    # The allocator works in steps of some 8 MiB; a row and a column for each edge would already be 95 MiB more.
    assert peaks[64] - peaks[8] <= 16 << 20
