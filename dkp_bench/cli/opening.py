"""Opening a dataset from the command line's options, and preparing it with the progress shown."""

from pathlib import Path

from dkp_bench.datasets import Dataset, open_dataset
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.progress import progress


def opened(name: str, size: int, data: Path | None, cache: Path | None) -> Dataset:
    """The dataset called ``name`` at one image size, not yet prepared.

    Raises:
        DkpError: if there is no such dataset, or not at that size.
    """
    return open_dataset(name, size, cache=cache or cache_folder(), data=data)


def make_ready(dataset: Dataset) -> Dataset:
    """The dataset, ready to be read.

    Raises:
        DkpError: if files are missing or damaged.
    """
    with progress() as report:
        dataset.prepare(report)
    return dataset
