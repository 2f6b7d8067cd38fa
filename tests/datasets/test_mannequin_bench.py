"""How many images of Mannequin are made in a second: ``nox -s bench -- tests/datasets``."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.datasets import find_dataset

SETTINGS = ("mannequin", "mannequin-studio", "mannequin-plain")


@pytest.mark.benchmark(group="mannequin: rendering a split with all cores")
@pytest.mark.parametrize(("size", "images"), [(64, 1536), (128, 640)])
@pytest.mark.parametrize("setting", SETTINGS)
def test_speed(benchmark: Any, tmp_path: Path, setting: str, size: int, images: int) -> None:
    folders = count()

    def prepare() -> None:
        counts = {"train": images, "regression": 1, "test": 1}
        find_dataset(setting)(size, cache=tmp_path / str(next(folders)), counts=counts).prepare()

    benchmark.pedantic(prepare, rounds=2)
    benchmark.extra_info["images per second"] = images / benchmark.stats.stats.min
