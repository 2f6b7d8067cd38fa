"""Opening a dataset with its progress shown."""

from pathlib import Path

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.progress import progress


def prepared(name: str, size: int, data: Path | None, cache: Path | None) -> Dataset:
    """The dataset called ``name`` at one image size, ready to be read.

    Raises:
        DkpError: if there is no such dataset, or its files are missing or damaged.
    """
    dataset = open_dataset(name, size, cache=cache or cache_folder(), data=data)
    with progress() as report:
        dataset.prepare(report)
    return dataset
