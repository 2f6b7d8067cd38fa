"""One file a dataset; a class with a ``name`` is found by that name."""

import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path

from dkp_bench.datasets.base import ArrayImages as ArrayImages
from dkp_bench.datasets.base import Dataset as Dataset
from dkp_bench.datasets.base import ImageSet as ImageSet
from dkp_bench.datasets.base import Labels as Labels
from dkp_bench.datasets.base import Skeleton as Skeleton
from dkp_bench.datasets.folders import cache_folder
from dkp_bench.datasets.splits import ScoredSplit as ScoredSplit
from dkp_bench.datasets.splits import Split as Split
from dkp_bench.datasets.splits import find_scored as find_scored
from dkp_bench.datasets.splits import find_split as find_split
from dkp_bench.datasets.splits import stored_name as stored_name
from dkp_bench.errors import choice


def datasets() -> dict[str, type[Dataset]]:
    """Return every dataset by name, in alphabetical order of their files.

    >>> [name for name in datasets() if name.startswith("mannequin")]
    ['mannequin', 'mannequin-plain', 'mannequin-studio']
    """
    return dict(_found_in(tuple(__path__)))


@cache
def _found_in(folders: tuple[str, ...]) -> dict[str, type[Dataset]]:
    # Looking into the folders takes milliseconds, and presets ask for each setting of each method. Kept by folder, so
    # that one which is added to the path (the tests do so) is looked into.
    found: dict[str, type[Dataset]] = {}
    for module in pkgutil.iter_modules(folders, prefix=f"{__name__}."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if not issubclass(item, Dataset) or inspect.isabstract(item) or not hasattr(item, "name"):
                continue
            if item.__module__.startswith(module.name):
                found[item.name] = item
    return found


def find_dataset(name: str) -> type[Dataset]:
    """Return the class of the dataset called ``name``.

    Raises:
        DkpError: if there is none; it names the nearest one.
    """
    known = datasets()
    return known[choice("dataset", name, known)]


def check_depth(name: str, depth: str) -> None:
    """Make sure, before anything is opened, that a depth source can be meant for the dataset called ``name``.

    Raises:
        DkpError: as :func:`dkp_bench.datasets.depth_sources.check_depth_source` does, also of the dataset that a
            network learns on.
    """
    from dkp_bench.datasets.depth_sources import check_depth_source, parse_depth_source, parse_unet

    check_depth_source(find_dataset(name), depth)
    source, _ = parse_depth_source(depth)
    if (unet := parse_unet(source)) and unet.dataset:
        check_depth_source(find_dataset(unet.dataset), source)


def open_dataset(
    name: str,
    size: int = 64,
    *,
    cache: Path | str | None = None,
    data: Path | str | None = None,
    depth: str | None = None,
    scored: ScoredSplit = "test",
) -> Dataset:
    """Return the dataset called ``name`` at one image size; its ``prepare()`` makes it ready to be read.

    Args:
        name: as ``dkp-bench list`` shows it.
        size: side of the images in pixels.
        cache: folder for derived files; the user's cache folder by default.
        data: folder with the downloaded files, for datasets that need some; where the environment says by default.
        depth: name of the depth store, where the depth is estimated; the only one there by default. Or any name of
            :mod:`dkp_bench.datasets.depth_sources`, such as ``exact+gaussian-0.18``.
        scored: ``test``; or ``val``, to choose settings: then ``test`` cannot be read.

    Raises:
        DkpError: if there is no such dataset, or not at that size.

    >>> mannequin = open_dataset("mannequin")
    >>> mannequin.size, len(mannequin.skeleton.names), mannequin.skeleton.names[0]
    (64, 17, 'pelvis')
    """
    folder = Path(cache).expanduser() if cache else cache_folder()
    # Imported here: they read OpenCV, which a method that only names the type of its images has no use for.
    from dkp_bench.datasets.depth_sources import WorseDepth, parse_depth_source, parse_unet
    from dkp_bench.datasets.views import ForChoosing

    kind = find_dataset(name)
    source, corruptions = parse_depth_source(depth) if depth else (None, ())
    if source and (unet := parse_unet(source)):
        from dkp_bench.datasets.estimated_depth import EstimatedDepth  # imports PyTorch

        check_depth(name, source)
        elsewhere = unet.dataset not in (None, name)
        learned_on = find_dataset(str(unet.dataset))(size, cache=folder) if elsewhere else None
        dataset: Dataset = EstimatedDepth(kind(size, cache=folder), unet.steps, learned_on, unet.digits)
    else:
        dataset = kind(size, cache=folder, data=Path(data) if data else None, depth=source)
    seen = WorseDepth(dataset, corruptions) if corruptions else dataset
    return ForChoosing(seen) if scored == "val" else seen
