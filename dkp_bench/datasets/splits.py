"""The splits of a dataset: what each is for, how it is called in files, and which images are held out for val."""

import hashlib
import math
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dkp_bench.errors import unknown_name

Split = Literal["train", "regression", "test"]
"""``train``: images a detector learns from; ``regression``: labelled images that a regression from keypoints to joints
is fitted on; ``test``: labelled images that are scored."""
LabelledSplit = Literal["regression", "test"]
ScoredSplit = Literal["val", "test"]
"""What the scored images of a dataset are: ``test``, which is reported, or ``val``, which settings are chosen with."""
AnySplit = Literal["train", "regression", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
LABELLED: tuple[LabelledSplit, ...] = get_args(LabelledSplit)
SCORED: tuple[ScoredSplit, ...] = get_args(ScoredSplit)
VAL_SHARE = 0.2
"""At least this share of the images that a regression is fitted on is held out for ``val``, where val is none apart."""


def stored_name(split: AnySplit) -> str:
    """Return what files call a split.

    ``regression`` is called ``fit`` there: stored runs, annotations and caches are older than the split's present name.

    >>> stored_name("regression"), stored_name("test")
    ('fit', 'test')
    """
    return "fit" if split == "regression" else split


def find_scored(name: str) -> ScoredSplit:
    """Return the split called ``name``, of those that can be scored.

    Raises:
        DkpError: if it is neither ``test`` nor ``val``.
    """
    for split in SCORED:
        if name == split:
            return split
    raise unknown_name("split to score", name, SCORED)


def find_split(name: str) -> Split:
    """Return the split called ``name``; its name in files is accepted as well.

    Raises:
        DkpError: if there is none; it names the nearest one.

    >>> find_split("fit")
    'regression'
    """
    for split in SPLITS:
        if name in (split, stored_name(split)):
            return split
    raise unknown_name("split", name, SPLITS)


def held_out(count: int, groups: Mapping[str, NDArray[np.str_]]) -> NDArray[np.bool_]:
    """Return which images of the regression split are val, ``(count,)``, where val is no split of its own.

    They are whole subjects, or whole sequences where no subject is known, in an order that says nothing, until
    :data:`VAL_SHARE` is reached; where no group is known, the last ones in the order of the files, in which like images
    stand together.

    Args:
        count: images of the regression split.
        groups: ``(count,)`` text by name, as :class:`~dkp_bench.datasets.base.Labels` has it.

    >>> held_out(5, {})
    array([False, False, False, False,  True])
    """
    group = groups.get("subject", groups.get("sequence"))
    if group is None or len(np.unique(group)) < 2:
        return np.arange(count) >= math.floor(count * (1 - VAL_SHARE))
    chosen = np.zeros(count, dtype=bool)
    # The order of hashes: names are of actions, genders and dates, and the last ones would be all of one kind.
    by_hash = sorted(np.unique(group).tolist(), key=lambda name: hashlib.sha256(name.encode()).digest())
    for name in by_hash[:-1]:
        if chosen.mean() < VAL_SHARE:
            chosen |= group == name
    return chosen
