"""Pictures of every kind that is read, and depth maps."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from dkp_bench.datasets.taichi.files import read_mask
from dkp_bench.depth.store import DepthStore, open_for_writing
from dkp_bench.imaging import read_grey, read_rgb
from dkp_bench.runs.photographs import find_photographs, read_photograph
from fuzz.reader import Reader

SEVERAL = ("webp", "gif", "bmp", "tiff", "ppm", "jp2")
MAPS = {"a.jpg": (1.5, 4.5), "folder/b c.jpg": (-3.25, 0.0), "c.jpg": (2.0, 2.0)}


def _noise(side: int = 12) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side + 4, 3), dtype=np.uint8)


def _saved(folder: Path, kinds: dict[str, dict[str, Any]]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(_noise())
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, options in kinds.items():
        mode = options.pop("mode", None)
        (picture.convert(mode) if mode else picture).save(folder / name, exif=exif, **options)
    return [folder / name for name in kinds]


def _jpegs(folder: Path) -> list[Path]:
    return _saved(
        folder, {"a.jpg": {}, "b.jpg": {"progressive": True}, "c.jpg": {"mode": "L"}, "d.jpg": {"mode": "CMYK"}}
    )


def _pngs(folder: Path) -> list[Path]:
    modes = {"a.png": "RGB", "b.png": "L", "c.png": "P", "d.png": "RGBA", "e.png": "1", "f.png": "I;16"}
    return _saved(folder, {name: {"mode": mode} for name, mode in modes.items()})


def _others(folder: Path) -> list[Path]:
    kinds = ("bmp", "gif", "webp", "tiff", "ppm", "jp2")
    paths = [folder / f"{kind}.jpg" for kind in kinds]
    folder.mkdir(parents=True, exist_ok=True)
    formats = {"tiff": "TIFF", "jp2": "JPEG2000"}
    for kind, path in zip(kinds, paths, strict=True):
        Image.fromarray(_noise()).save(path, formats.get(kind, kind))
    return paths


def _read_all(folder: Path) -> list[np.ndarray]:
    """All of them, of which one at most is damaged."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    return [read(path) for path in paths for read in (read_rgb, read_grey)]


def _photographs(folder: Path) -> list[Path]:
    return [*_jpegs(folder), *_pngs(folder), *_saved(folder, {f"o.{kind}": {} for kind in SEVERAL})]


def _read_photographs(folder: Path) -> list[np.ndarray]:
    found = find_photographs([folder], folder / "out")
    return [read_photograph(photograph.path).rgb for photograph in found.photographs]


def _are_pictures(value: object) -> None:
    assert isinstance(value, list)
    assert all(picture.dtype == np.uint8 and picture.size for picture in value)


def _masks(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((16, 16), dtype=np.uint8)
    mask[4:9, 3:12] = 255
    cv2.imwrite(str(folder / "mask.png"), mask)
    return [folder / "mask.png"]


def _is_mask(value: object) -> None:
    assert isinstance(value, np.ndarray)
    assert set(np.unique(value)) == {0, 255}


def _map(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 20, dtype=np.float32).reshape(4, 5)


def _depth(folder: Path) -> list[Path]:
    store = open_for_writing(folder, "store", {"model": "dpt_levit_224", "seed": 0})
    store.note_fill({"device": "cpu"})
    store.add({name: _map(*values) for name, values in MAPS.items()})
    maps, manifest = folder / "store" / "maps.csv", folder / "store" / "store.json"
    return [maps, maps, manifest, store.file("a.jpg")]


def _read_depth(folder: Path) -> dict[str, np.ndarray]:
    store = DepthStore(folder / "store")
    store.command()
    found = {}
    for name in MAPS:
        if not store.missing([name]):
            assert store.verify([name]).keys() <= MAPS.keys()
            found[name] = store.read(name)
    return found


def _are_the_maps(value: object) -> None:
    """No depth other than the one that was written is ever read."""
    assert isinstance(value, dict)
    for name, depth in value.items():
        np.testing.assert_allclose(depth, _map(*MAPS[name]), rtol=0, atol=1e-4)


READERS = (
    Reader("JPEG", ("imaging",), _jpegs, _read_all, errors=(ValueError,), check=_are_pictures),
    Reader("PNG", ("imaging",), _pngs, _read_all, errors=(ValueError,), check=_are_pictures),
    Reader(
        "photographs",
        ("runs.photographs",),
        _photographs,
        _read_photographs,
        errors=(ValueError,),
        check=_are_pictures,
    ),
    Reader("other pictures", ("picture_headers",), _others, _read_all, errors=(ValueError,), check=_are_pictures),
    Reader(
        "masks",
        ("datasets.taichi.files",),
        _masks,
        lambda folder: read_mask(folder / "mask.png"),
        errors=(ValueError,),
        check=_is_mask,
    ),
    Reader("depth store", ("depth.store", "depth.map_file"), _depth, _read_depth, check=_are_the_maps),
)
