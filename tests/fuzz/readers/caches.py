"""Caches: whatever is in them, what comes back is what would be made again."""

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from dkp_bench.datasets.index import Indexed, indexed
from dkp_bench.datasets.mannequin import store
from dkp_bench.datasets.mannequin.store import layout, make_split, read_split, split_digest
from fuzz.reader import Reader

SIZE, COUNT = 8, 2
JOINTS = np.arange(6.0).reshape(2, 3)


def _build() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    return {"joints": JOINTS, "names": np.array(["a.jpg", "b.jpg"])}, {"digest": "ab"}


def _index(folder: Path) -> list[Path]:
    indexed(folder, _build)
    return sorted(folder.iterdir())


def _is_the_index(value: object) -> None:
    assert isinstance(value, Indexed)
    np.testing.assert_array_equal(value.arrays["joints"], JOINTS)
    assert value.arrays["names"].tolist() == ["a.jpg", "b.jpg"]
    assert value.facts == {"digest": "ab"}


def _render(partial: Path, setting: Any, size: int, split: Any, count: int, report: Any) -> None:
    """In place of rendering, which takes long."""
    for name, (shape, kind) in layout(size, count).items():
        np.save(partial / f"{name}.npy", np.ones(shape, dtype=kind))


def _split(folder: Path) -> list[Path]:
    _make(folder)
    return sorted((folder / "fit").iterdir())


def _make(folder: Path) -> None:
    with mock.patch.object(store, "_render_all", _render):
        make_split(folder / "fit", "mannequin", SIZE, "regression", COUNT)


def _read_split(folder: Path) -> Any:
    _make(folder)
    return read_split(folder / "fit", SIZE, COUNT), split_digest(folder / "fit")


def _is_the_split(value: object) -> None:
    arrays, digest = value  # type: ignore[misc]
    assert all((array == 1).all() for array in arrays.values())
    assert len(digest) == 64


READERS = (
    Reader(
        "index of a dataset",
        ("datasets.index", "array_files"),
        _index,
        lambda folder: indexed(folder, _build),
        check=_is_the_index,
        restores=True,
    ),
    Reader(
        "rendered images",
        ("datasets.mannequin.store",),
        _split,
        _read_split,
        check=_is_the_split,
        restores=True,
    ),
)
