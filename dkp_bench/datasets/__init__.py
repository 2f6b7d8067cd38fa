"""One file a dataset; a class with a ``name`` is found by that name."""

import importlib
import inspect
import pkgutil
from pathlib import Path

from dkp_bench.datasets.base import ArrayImages as ArrayImages
from dkp_bench.datasets.base import Dataset as Dataset
from dkp_bench.datasets.base import ImageSet as ImageSet
from dkp_bench.datasets.base import Labels as Labels
from dkp_bench.datasets.base import Skeleton as Skeleton
from dkp_bench.datasets.base import Split as Split
from dkp_bench.datasets.base import find_split as find_split
from dkp_bench.datasets.base import stored_name as stored_name
from dkp_bench.errors import unknown_name


def datasets() -> dict[str, type[Dataset]]:
    """Every dataset by name, in alphabetical order of their files."""
    found: dict[str, type[Dataset]] = {}
    for module in pkgutil.iter_modules(__path__, prefix=f"{__name__}."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(item, Dataset) and not inspect.isabstract(item) and item.__module__.startswith(module.name):
                found[item.name] = item
    return found


def find_dataset(name: str) -> type[Dataset]:
    """The dataset called ``name``.

    Raises:
        DkpError: if there is none; it names the nearest one.
    """
    known = datasets()
    if name not in known:
        raise unknown_name("dataset", name, known)
    return known[name]


def open_dataset(name: str, size: int, *, cache: Path, data: Path | None = None, depth: str | None = None) -> Dataset:
    """The dataset called ``name`` at one image size, not yet prepared.

    Raises:
        DkpError: if there is no such dataset, or not at that size.
    """
    return find_dataset(name)(size, cache=cache, data=data, depth=depth)
