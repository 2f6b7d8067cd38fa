"""Depth maps made worse on purpose: families of corruption, each at a level.

A family is a pure function of a map, a level and a generator, which depends on a seed and the number of the image
alone: an image has the same map in every epoch, process and batch. Maps are relative inverse depth, near is large,
scaled to [0, 1] in each image before they are corrupted, and within it afterwards.

A level means the same part of the figure at every image size. Lengths are in pixels of an image of 64 px and scaled at
other sizes; ``lowres-8`` leaves 8 × 8 values of the whole map, the same ones at 32 px as at 64.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from dkp_bench.errors import DkpError, printable, unknown_name

THEN = "+"
"""Stands between one corruption and the next, and before the first where maps are named."""
DepthMap = NDArray[np.float32]
"""``(S, S)`` relative inverse depth in [0, 1]."""
REFERENCE_SIDE = 64
"""Side in pixels of the image that lengths are given for."""
SHIFT_CELLS, HOLE_CELLS = 4, 8
"""Independent values along a side that a field of displacements, and one of holes, is made from: a cell is as wide as a
torso or as a limb."""


@dataclass(frozen=True)
class Family:
    """A way to make depth maps worse.

    Attributes:
        stands_for: what of a sensor or an estimator it stands for.
        apply: makes one map worse: ``(map, level, generator)``; it returns a new map within [0, 1].
        levels: the lowest and the highest level, both included; None for a family without levels.
        whole: whether levels are whole numbers.
        mixes_images: whether each image gets the map of another one, see :func:`shuffled_order`.
    """

    stands_for: str
    apply: Callable[[DepthMap, float, Generator], DepthMap]
    levels: tuple[float, float] | None = None
    whole: bool = False
    mixes_images: bool = False


@dataclass(frozen=True)
class Corruption:
    """A family at a level; ``str`` gives its name, as ``gaussian-0.18``.

    Attributes:
        family: a name in :data:`FAMILIES`.
        level: the level, 0 for a family without levels.
    """

    family: str
    level: float = 0

    def __str__(self) -> str:
        return self.family if FAMILIES[self.family].levels is None else f"{self.family}-{self.level:g}"


def parse_corruption(text: str) -> Corruption:
    """Return the corruption called ``text``: ``FAMILY-LEVEL``, or ``FAMILY`` where that has no levels.

    Raises:
        DkpError: if there is no such family, or it is not given a level of its range; the known ones are named.

    >>> parse_corruption("gaussian-0.180")
    Corruption(family='gaussian', level=0.18)
    >>> str(parse_corruption("lowres-8")), str(parse_corruption("invert"))
    ('lowres-8', 'invert')
    """
    name, dash, level = text.partition("-")
    if name not in FAMILIES:
        raise DkpError(unknown_name("corruption of depth maps", name, FAMILIES).problem, _KNOWN)
    family = FAMILIES[name]
    if family.levels is None:
        if dash:
            raise DkpError(f"the corruption {name!r} has no levels, and {printable(repr(text))} names one", _KNOWN)
        return Corruption(name)
    number = float(level) if re.fullmatch(r"\d{1,4}(\.\d{1,6})?", level) else np.nan
    low, high = family.levels
    if not low <= number <= high or (family.whole and number % 1):
        kind = "a whole number" if family.whole else "a number"
        problem = f"{printable(repr(text))}: the level of {name!r} is {kind} from {low:g} to {high:g}"
        raise DkpError(problem, f"such as {name}-{_EXAMPLES[name]}; {_KNOWN}")
    return Corruption(name, number)


def corrupt(
    maps: NDArray[np.floating], images: NDArray[np.integer], corruption: Corruption, seed: int
) -> NDArray[np.float32]:
    """Make depth maps worse, each by itself.

    Args:
        maps: ``(B, S, S)`` relative inverse depth, near is large, of any scale.
        images: ``(B,)`` numbers of the images.
        corruption: the family and the level.
        seed: together with an image's number it decides what is drawn for the image.

    Returns:
        ``(B, S, S)`` in [0, 1].

    >>> halves = np.array([[[1.0, 1.0], [3.0, 3.0]]])
    >>> corrupt(halves, np.array([7]), parse_corruption("invert"), seed=0).tolist()
    [[[1.0, 1.0], [0.0, 0.0]]]
    """
    apply = FAMILIES[corruption.family].apply
    scaled = min_max(maps)
    pairs = zip(scaled, images.tolist(), strict=True)
    worse = [apply(one, corruption.level, default_rng([seed, image])) for one, image in pairs]
    return np.stack(worse) if worse else scaled


def min_max(maps: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale maps ``(B, S, S)`` to [0, 1], each to its own range; a constant one becomes 0."""
    above = maps.astype(np.float32)
    above -= above.min(axis=(1, 2), keepdims=True)
    above /= np.maximum(above.max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
    return above


def shuffled_order(count: int, seed: int) -> NDArray[np.int64]:
    """Return for each of ``count`` images the number of another one, each once: no image keeps its own map.

    >>> shuffled_order(3, seed=0).tolist() in ([1, 2, 0], [2, 0, 1])
    True
    """
    circle = default_rng(seed).permutation(count)  # one circle through all images has no image that stays in its place
    partners = np.empty_like(circle)
    partners[circle] = np.roll(circle, -1)
    return partners


def _gaussian(depth: DepthMap, sigma: float, rng: Generator) -> DepthMap:
    noise = rng.standard_normal(depth.shape, dtype=np.float32)
    return _within(depth + np.float32(sigma) * noise)


def _lowres(depth: DepthMap, pixels: float, rng: Generator) -> DepthMap:
    """Take the means over a grid of ``pixels`` × ``pixels`` areas, and enlarge them bicubically."""
    del rng
    side = len(depth)
    few = min(int(pixels), side)
    means = cv2.resize(depth, (few, few), interpolation=cv2.INTER_AREA)
    return _within(cv2.resize(means, (side, side), interpolation=cv2.INTER_CUBIC))


def _shift(depth: DepthMap, sigma: float, rng: Generator) -> DepthMap:
    """Read the map at places that a smooth field moves, ``sigma`` pixels of 64 in each direction (root mean square)."""
    side = len(depth)
    pixels = sigma * side / REFERENCE_SIDE
    across, down = (_smooth_field(side, SHIFT_CELLS, rng) for _ in range(2))
    places = np.arange(side)
    return _bilinear(depth, places + pixels * across, places[:, None] + pixels * down)


def _holes(depth: DepthMap, share: float, rng: Generator) -> DepthMap:
    """Set the highest part of a smooth field, as large as ``share`` of the map, to far: holes only grow with it."""
    field = _smooth_field(len(depth), HOLE_CELLS, rng).ravel()
    torn = depth.ravel().copy()
    torn[np.argsort(-field, kind="stable")[: round(share * field.size)]] = 0
    return torn.reshape(depth.shape)


def _quantise(depth: DepthMap, values: float, rng: Generator) -> DepthMap:
    del rng
    steps = np.float32(values - 1)
    return _within(np.round(depth * steps) / steps)


def _invert(depth: DepthMap, level: float, rng: Generator) -> DepthMap:
    del level, rng
    return 1 - depth


def _power(depth: DepthMap, exponent: float, rng: Generator) -> DepthMap:
    del rng
    return np.power(depth, np.float32(exponent))


def _uniform(depth: DepthMap, level: float, rng: Generator) -> DepthMap:
    del level, rng
    return np.full_like(depth, 0.5)


def _noise(depth: DepthMap, level: float, rng: Generator) -> DepthMap:
    del level
    return rng.random(depth.shape, dtype=np.float32)


def _keep(depth: DepthMap, level: float, rng: Generator) -> DepthMap:
    del level, rng
    return depth


FAMILIES: Mapping[str, Family] = {
    "gaussian": Family("noise of a sensor, independent by pixel", _gaussian, (0, 1)),
    "lowres": Family("a weak, smooth estimator", _lowres, (1, 64), whole=True),
    "shift": Family("edges that lie beside those of the image", _shift, (0, 16)),
    "holes": Family("missing values", _holes, (0, 1)),
    "quantise": Family("steps of a disparity", _quantise, (2, 256), whole=True),
    "invert": Family("the wrong sign", _invert),
    "power": Family("another scale of relative depth", _power, (0.1, 10)),
    "uniform": Family("no information: one value", _uniform),
    "shuffled": Family("no information on the image: the map of another one", _keep, mixes_images=True),
    "noise": Family("no information: noise alone", _noise),
}
"""Every family by its name, as depth sources call it."""

_EXAMPLES = {"gaussian": "0.18", "lowres": "8", "shift": "2", "holes": "0.3", "quantise": "6", "power": "0.5"}
_KNOWN = "known: " + ", ".join(
    name if family.levels is None else f"{name}-{family.levels[0]:g}…{family.levels[1]:g}"
    for name, family in FAMILIES.items()
)


def _smooth_field(side: int, cells: int, rng: Generator) -> DepthMap:
    """Draw a smooth random field ``(side, side)`` with mean square 1; at every size it is the same one."""
    values = rng.standard_normal((cells, cells), dtype=np.float32)
    field = cv2.resize(values, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / np.sqrt(np.mean(np.square(field))), dtype=np.float32)


def _bilinear(depth: DepthMap, x: NDArray[np.floating], y: NDArray[np.floating]) -> DepthMap:
    """Read a map between its pixels; beyond its border the outermost ones are repeated.

    OpenCV's ``remap`` would round the places to 1/32 pixel.
    """
    last = len(depth) - 1
    x, y = np.clip(x, 0, last), np.clip(y, 0, last)
    left, top = (np.minimum(place.astype(np.intp), max(last - 1, 0)) for place in (x, y))
    right, bottom = np.minimum(left + 1, last), np.minimum(top + 1, last)
    above = depth[top, left] + (x - left) * (depth[top, right] - depth[top, left])
    below = depth[bottom, left] + (x - left) * (depth[bottom, right] - depth[bottom, left])
    return _within(above + (y - top) * (below - above))


def _within(depth: NDArray[Any]) -> DepthMap:
    return np.asarray(np.clip(depth, 0, 1), dtype=np.float32)
