"""Depth sources by name: ``exact+gaussian-0.18`` is a dataset's own maps, each made worse in a named way.

A name is that of maps the dataset has (``exact``, ``silhouette``, a depth store's) or that a network trained here gives
(``unet-200``, see :mod:`dkp_bench.datasets.estimated_depth`), and after each ``+`` a family of
:mod:`dkp_bench.depth.corruption` at a level, applied in that order. It is the dataset's ``depth_source``, so it stands
in every record, signature and table. Images and labels stay what they are; a method that sees depth when it predicts
sees the worse maps there, too: that is what a bad estimator means.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dkp_bench.datasets.base import Dataset, ImageSet, Validation
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.other_depth import SEEDS, WorseMaps
from dkp_bench.datasets.splits import Split
from dkp_bench.datasets.views import DatasetView
from dkp_bench.depth.corruption import THEN, Corruption, parse_corruption
from dkp_bench.depth.quality import depth_quality
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.progress import Progress

MOST_STEPS = 100_000
"""Steps that a network may be trained for to estimate depth."""
_UNET = re.compile(r"unet-([1-9]\d*)(?:@([\w-]+?))?(?:-([0-9a-f]{8}))?")
_DIGITS = re.compile(r"^(unet-\d+(?:@[\w-]+?)?)-[0-9a-f]{8}(?=\+|$)")


def parse_depth_source(name: str) -> tuple[str, tuple[Corruption, ...]]:
    """Return the maps that a depth source starts from, and the corruptions that follow, in their order.

    Raises:
        DkpError: if a corruption is unknown or its level is out of range, or nothing stands before the first one.

    >>> parse_depth_source("exact+gaussian-0.18")
    ('exact', (Corruption(family='gaussian', level=0.18),))
    """
    source, *corruptions = name.split(THEN)
    if not source:
        raise DkpError(f"the depth source {name!r} names no maps to start from", "write exact+gaussian-0.18")
    return source, tuple(map(parse_corruption, corruptions))


class UnetSource(NamedTuple):
    """Maps that a network estimates.

    Attributes:
        steps: how long it was trained.
        dataset: on which dataset; None for the same one.
        digits: what the maps' name must end with once they are made; None for whatever it ends with.
    """

    steps: int
    dataset: str | None = None
    digits: str | None = None


def parse_unet(source: str) -> UnetSource | None:
    """Return which network the maps called ``source`` are estimated by; None if they are others.

    Raises:
        DkpError: if a network is meant, and not how long it was trained.

    >>> parse_unet("unet-800@mannequin-plain")
    UnetSource(steps=800, dataset='mannequin-plain', digits=None)
    """
    if not source.startswith("unet"):
        return None
    found = _UNET.fullmatch(source)
    if not found or len(found[1]) > len(str(MOST_STEPS)) or int(found[1]) > MOST_STEPS:
        hint = f"write unet-STEPS or unet-STEPS@DATASET, with 1 to {MOST_STEPS:,} steps: unet-200"
        raise DkpError(f"unknown depth source {printable(repr(source))}", hint)
    return UnetSource(int(found[1]), found[2], found[3])


def without_digits(depth_source: str) -> str:
    """Return a depth source as a person names it, without the digits over what a network's maps were made with.

    >>> without_digits("unet-200@mannequin-plain-1a2b3c4d+invert"), without_digits("dpt_levit_224-1a2b3c4d")
    ('unet-200@mannequin-plain+invert', 'dpt_levit_224-1a2b3c4d')
    """
    return _DIGITS.sub(r"\1", depth_source)


def check_depth_source(dataset: type[Dataset], name: str) -> None:
    """Make sure, before anything is opened, that a depth source can be meant for a dataset.

    Raises:
        DkpError: as :func:`parse_depth_source` and :func:`parse_unet`, or if the dataset is known not to have such
            maps.
    """
    source, _ = parse_depth_source(name)
    if parse_unet(source) is None:
        dataset.check_depth_name(source)
    elif dataset.needs_files:
        problem = f"{dataset.name} has no exact depth for the network of {source!r} to learn from"
        command = shell_command("dkp-bench", "data", "depth", dataset.name)
        raise DkpError(problem, f"to estimate depth with MiDaS 3.1, type: {command}")


def quality_finding(dataset: Dataset, truth: Dataset) -> Finding:
    """Measure the depth maps of the scored images against those of the same images in ``truth``, both prepared."""
    every = np.arange(dataset.image_count("test"))
    found = depth_quality(dataset.images("test").depth(every), truth.images("test").depth(every))
    what = f"{dataset.scored}: depth maps {dataset.depth_source} against {truth.depth_source}"
    return Finding(what, f"AbsRel {found.abs_rel:.3f}, δ1 {found.delta_1:.1%} after scale and shift")


class WorseDepth(DatasetView):
    """A dataset whose depth maps are made worse.

    Args:
        viewed: the dataset, with the maps to start from.
        corruptions: what is done to each map, in this order.
    """

    def __init__(self, viewed: Dataset, corruptions: Sequence[Corruption]) -> None:
        super().__init__(viewed)
        self.corruptions = corruptions

    def check(self, progress: Progress | None = None) -> list[Finding]:
        return [*self.viewed.check(progress), quality_finding(self, self.viewed)]

    @property
    def depth_source(self) -> str:
        return self.viewed.depth_source + "".join(f"{THEN}{each}" for each in self.corruptions)

    def images(self, split: Split) -> ImageSet:
        return WorseMaps(self.viewed.images(split), self.corruptions, SEEDS[split])

    def validation(self, progress: Progress | None = None) -> Validation:
        found = self.viewed.validation(progress)
        return replace(found, images=WorseMaps(found.images, self.corruptions, SEEDS["val"]))
