"""What the long subcommands share: opening a dataset with its progress shown, and stopping on Ctrl-C."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

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


@contextmanager
def resumable() -> Iterator[None]:
    """Answer Ctrl-C with how to go on, and exit with 130."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("\nstopped; the same command goes on from the last checkpoint, at most 20 s back", err=True)
        raise typer.Exit(130) from None
