"""Making the datasets of a plan ready, one after the other, while the workers are busy with those that are."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from dkp_bench.datasets import Dataset
from dkp_bench.plans.cell import Images
from dkp_bench.progress import Progress


class _NoLongerWantedError(Exception):
    pass


class Preparation:
    """Prepares datasets in a thread of its own.

    Args:
        wanted: the datasets, the first ones first; each is prepared once.
        cache: folder for derived files.
        progress: told of the progress.
    """

    def __init__(self, wanted: Iterable[Images], cache: Path, progress: Progress) -> None:
        self._cache, self._report = cache, progress
        self._closed = False
        self._thread = ThreadPoolExecutor(1, "preparation")
        self._datasets: dict[Images, Future[Dataset]] = {
            images: self._thread.submit(self._prepared, images) for images in dict.fromkeys(wanted)
        }

    def ready(self, images: Images) -> Dataset | None:
        """The dataset, None if it is not ready yet.

        Raises:
            Exception: what its preparation ended with, if that failed.
        """
        prepared = self._datasets[images]
        return prepared.result() if prepared.done() else None

    def close(self) -> None:
        """Stop at the next report; what is rendered so far is kept."""
        self._closed = True
        self._thread.shutdown(cancel_futures=True)

    def _prepared(self, images: Images) -> Dataset:
        dataset = images.open(self._cache)
        dataset.prepare(self._reported)
        return dataset

    def _reported(self, what: str, done: int, total: int, note: str = "") -> None:
        if self._closed:
            raise _NoLongerWantedError
        self._report(what, done, total, note)
