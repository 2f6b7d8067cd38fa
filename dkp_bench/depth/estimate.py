"""Estimating depth: a MiDaS network that knows what it is, and depth stores filled with its maps."""

import os
import time
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

import dkp_bench
from dkp_bench.depth.midas.inference import MEAN, MULTIPLE, STD, estimate, input_size
from dkp_bench.depth.midas.registry import MidasModel
from dkp_bench.depth.midas.weights import load
from dkp_bench.depth.store import DepthStore, Photographs, open_for_writing
from dkp_bench.errors import DkpError
from dkp_bench.files import sha256
from dkp_bench.imaging import read_rgb
from dkp_bench.progress import Progress
from dkp_bench.text import cut_short, utc_now

PACKAGES = ("torch", "timm", "numpy", "opencv-python-headless", "pillow")


class MidasEstimator:
    """A model with its weights on a device, in float32.

    Two estimators with the same ``identity`` make the same maps, up to the rounding of the device and the versions of
    the packages; these are in ``circumstances``.

    Args:
        model: which one.
        weights: the published file; None gives random weights, whose maps say nothing about depth.
        seed: of the random weights.
        device: where to run.

    Raises:
        DkpError: if the file is damaged or of another model.
    """

    def __init__(self, model: MidasModel, weights: Path | None, *, seed: int, device: torch.device) -> None:
        self._model, self._device = model, device
        self.weights = sha256(weights) if weights else "random"
        self.store_name = f"{model.name}-{self.weights[:8] if weights else f'random{seed}'}"
        seeded = {} if weights else {"seed": seed}
        self.identity: Mapping[str, Any] = {
            "model": model.name,
            "weights": self.weights,
            **seeded,
            "transform": _transform(model),
        }
        self.circumstances: Mapping[str, Any] = {
            "begun": utc_now(),
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
            "weights_file": weights.name if weights else None,
            "packages": {"dkp-bench": dkp_bench.__version__, **{name: version(name) for name in PACKAGES}},
        }
        self._network = load(model, weights, seed).to(device)

    def joins(self, height: int, width: int) -> tuple[int, int]:
        """Return the size at which a photograph enters the network."""
        return input_size(self._model, height, width)

    def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Estimate a map ``(H, W)`` for each photograph, ``(H, W, 3)`` RGB.

        Raises:
            DkpError: if the device's memory does not hold them, or a map is not finite.
        """
        try:
            return estimate(self._network, self._model, photographs)
        except torch.OutOfMemoryError as error:
            problem = f"the memory of {self._device} does not hold a batch of {len(photographs)} photographs"
            raise DkpError(problem, "make it smaller, such as --batch-size 1; the maps made so far are kept") from error


def _transform(model: MidasModel) -> str:
    sides = (
        f"{MULTIPLE}n px, one side about {model.net_size}"
        if model.keep_aspect
        else f"{model.net_size}×{model.net_size} px"
    )
    return f"bicubic to {sides}; (RGB/255 − {MEAN}) / {STD}; float32; bicubic back"


SHOWN = 20
"""How many damaged photographs an error names."""
BATCHES_WAITING = 8
"""At most so many batches of photographs, read and not yet estimated, wait for others that can join them."""

Photograph = tuple[str, NDArray[np.uint8]]


class Estimator(Protocol):
    """Estimates relative inverse depth, near is large."""

    store_name: str
    """The name of the depth store that its maps go into."""
    identity: Mapping[str, Any]
    """What makes its maps what they are, for the store's manifest."""
    circumstances: Mapping[str, Any]
    """What is worth knowing of this machine and hardly moves a value."""

    def joins(self, height: int, width: int) -> Hashable:
        """Return a value that is equal for photographs that can be estimated in one batch."""

    def __call__(self, photographs: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Estimate a map ``(H, W)`` for each photograph, ``(H, W, 3)`` RGB."""


@dataclass(frozen=True)
class Filled:
    """The work done: maps made now, maps kept, made maps that replaced a damaged one, and seconds."""

    made: int
    kept: int
    replaced: int
    seconds: float


def estimate_store(
    photographs: Photographs,
    estimator: Estimator,
    *,
    limit: int | None = None,
    batch_size: int = 8,
    progress: Progress | None = None,
) -> Filled:
    """Make or complete the depth store of an estimator beside some photographs.

    Args:
        photographs: of a dataset or of a folder; maps that are there and sound are kept.
        estimator: what to estimate with; its name is that of the store.
        limit: only the first so many photographs; all if None.
        batch_size: how many photographs are estimated at once, and lost at most if the work is interrupted.
        progress: is called with how many photographs have their map.

    Raises:
        DkpError: as :func:`fill_store`; if the store there was made from something else, or cannot be written.
    """
    pixels = "upright, as EXIF says" if photographs.upright else "as stored"
    store = open_for_writing(photographs.stores, estimator.store_name, {**estimator.identity, "pixels": pixels})
    wanted = dict(islice(photographs.files.items(), limit))
    return fill_store(store, wanted, estimator, upright=photographs.upright, batch_size=batch_size, progress=progress)


def fill_store(
    store: DepthStore,
    photographs: Mapping[str, Path],
    estimator: Estimator,
    *,
    upright: bool = False,
    batch_size: int = 8,
    progress: Progress | None = None,
) -> Filled:
    """Estimate the depth of every photograph that has no sound map yet.

    What is done is kept after each batch. A damaged photograph does not stop the others.

    Args:
        store: to be filled.
        photographs: the image files by name.
        estimator: what to estimate with.
        upright: turn photographs as their EXIF orientation says.
        batch_size: how many photographs are estimated at once, and lost at most if the work is interrupted.
        progress: called with how many photographs have their map.

    Raises:
        DkpError: once all the others have their maps, naming the photographs that are damaged; at once if the
            estimator fails or the store cannot be written.
    """
    damaged_maps = store.verify(photographs, progress)
    waiting = {*store.missing(photographs), *damaged_maps}
    wanted = {name: path for name, path in photographs.items() if name in waiting}
    kept, made, started = len(photographs) - len(wanted), 0, time.monotonic()
    problems: dict[str, str] = {}
    if wanted:
        store.note_fill(estimator.circumstances)
        _tell(progress, store, kept, len(photographs))
    read = _read_ahead(wanted, 2 * batch_size, upright, problems)
    for batch in _batches(read, estimator, batch_size):
        depths = estimator([photograph for _, photograph in batch])
        store.add({name: depth for (name, _), depth in zip(batch, depths, strict=True)})
        made += len(batch)
        _tell(progress, store, kept + made, len(photographs), f"{made / (time.monotonic() - started):.2f} images/s")
    if problems:
        raise _damaged(problems, photographs, store)
    return Filled(made, kept, len(damaged_maps), time.monotonic() - started)


def _read_ahead(
    wanted: Mapping[str, Path], ahead: int, upright: bool, problems: dict[str, str]
) -> Iterator[Photograph]:
    """Read the photographs in order by several threads; what is wrong with the others goes into ``problems``."""
    reading: deque[tuple[str, Future[NDArray[np.uint8]]]] = deque()

    def next_one() -> list[Photograph]:
        name, future = reading.popleft()
        try:
            return [(name, future.result())]
        except (ValueError, OSError) as error:
            problems[name] = str(error)
            return []

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for name, path in wanted.items():
            reading.append((name, pool.submit(read_rgb, path, upright=upright)))
            if len(reading) > ahead:
                yield from next_one()
        while reading:
            yield from next_one()


def _batches(photographs: Iterable[Photograph], estimator: Estimator, batch_size: int) -> Iterator[list[Photograph]]:
    """Yield photographs that can be estimated together; the largest group when too many are waiting."""
    groups: defaultdict[Hashable, list[Photograph]] = defaultdict(list)
    waiting = 0
    for name, photograph in photographs:
        key = estimator.joins(*photograph.shape[:2])
        groups[key].append((name, photograph))
        waiting += 1
        if len(groups[key]) < batch_size:
            if waiting < BATCHES_WAITING * batch_size:
                continue
            key = max(groups, key=lambda joined: len(groups[joined]))
        waiting -= len(groups[key])
        yield groups.pop(key)
    yield from groups.values()


def _tell(progress: Progress | None, store: DepthStore, done: int, total: int, note: str = "") -> None:
    if progress:
        progress(f"depth by {store.name}", done, total, note)


def _damaged(problems: Mapping[str, str], photographs: Mapping[str, Path], store: DepthStore) -> DkpError:
    shown, more = cut_short([f"{photographs[name]}: {problem}" for name, problem in problems.items()], SHOWN)
    listed = "".join(f"\n    {line}" for line in (*shown, more) if line)
    return DkpError(
        f"{len(problems):,} of {len(photographs):,} photographs are damaged and have no map in {store.folder};"
        f" the others have theirs:{listed}",
        "put whole files in their place and type the same command again: it makes the maps that are missing",
    )
