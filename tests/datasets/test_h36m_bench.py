"""How long a folder with 50,000 frames takes to open, and how fast images are read: ``nox -s bench``."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.datasets.h36m.dataset import HumanWithBackground, HumanWithoutBackground

FRAMES = 50_000
BATCH = 64


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, publish: Callable[[str, Path], Path]) -> Path:
    """The miniature with each frame many times over."""
    folder = publish("h36m", tmp_path_factory.mktemp("h36m") / "data")
    published = list(folder.glob("S*/*/*/*"))
    for path in published:
        content, number = path.read_bytes(), int(path.stem)
        for copy in range(1, -(-3 * FRAMES // len(published))):
            path.with_stem(str(number + 100 * copy)).write_bytes(content)
    return folder


@pytest.mark.benchmark(group="h36m: opening 50,000 frames")
def test_the_second_opening_is_quick(benchmark: Any, data: Path, tmp_path: Path) -> None:
    def prepare() -> None:
        HumanWithBackground(128, cache=tmp_path / "cache", data=data).prepare()

    started = time.perf_counter()
    prepare()
    first = time.perf_counter() - started
    benchmark.pedantic(prepare, rounds=3)
    benchmark.extra_info["first opening, seconds"] = first
    benchmark.extra_info["first over second"] = first / benchmark.stats.stats.min
    print(f"\nfirst opening {first:.1f} s, {first / benchmark.stats.stats.min:.0f} times as long as the second")


@pytest.mark.benchmark(group="h36m: reading images of 128 px")
@pytest.mark.parametrize("kind", [HumanWithBackground, HumanWithoutBackground])
def test_images_read(
    benchmark: Any, tmp_path: Path, publish: Callable[[str, Path], Path], kind: type[HumanWithBackground]
) -> None:
    images = kind(128, cache=tmp_path / "cache", data=publish("h36m", tmp_path / "data")).images("train")
    benchmark(images.rgb, np.arange(BATCH))
    benchmark.extra_info["images per second"] = BATCH / benchmark.stats.stats.min
