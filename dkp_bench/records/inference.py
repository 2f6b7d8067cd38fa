"""Keypoints of a user's own images, from a trained run."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages
from dkp_bench.datasets.crops import central_square, crop
from dkp_bench.drawing import draw_points, palette, to_pixels
from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path, write_json
from dkp_bench.methods import Method, find_method
from dkp_bench.records.schema import Record
from dkp_bench.records.store import RECORD, read_record

SUFFIXES = (".jpg", ".jpeg", ".png")
SCALE = 4
"""A drawn picture is this many times the detector's input."""


def predict_folder(run: Path, images: Path, out: Path) -> Path:
    """Find the keypoints of every image in a folder and draw them.

    The detector sees the largest square in the middle of each image, at the size it was trained on.

    Args:
        run: the folder of a finished run.
        images: folder of JPEG and PNG images.
        out: gets ``keypoints.json`` and one PNG for each image.

    Returns:
        Path of ``keypoints.json``: for each file its keypoints as (x, y) in pixels of that file.

    Raises:
        DkpError: if the run cannot be loaded or sees depth, there is no image, or one cannot be read.
    """
    record = read_record(run / RECORD)
    files = sorted(path for path in images.glob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise DkpError(f"there is no JPEG or PNG image in {images}")
    method = _load(record, run)
    size = record.identity.image_size
    found = {}
    for path in files:
        picture = _read(path)
        square = central_square(picture.shape[1], picture.shape[0])
        view = crop(picture, square, size)
        keypoints = method.predict(ArrayImages(view[None]))[0]
        inside = (keypoints + 1) / 2 * (size - 1)
        pixels = (inside + 0.5) / size * square.side - 0.5 + (square.left, square.top)
        found[path.name] = [[round(float(x), 2), round(float(y), 2)] for x, y in pixels]
        _draw(view, keypoints, out / f"{path.name}.png")
    write_json(out / "keypoints.json", {"run": str(run), "unit": "pixels (x, y) of the file", "keypoints": found})
    return out / "keypoints.json"


def _load(record: Record, run: Path) -> Method:
    kind = find_method(record.identity.method)
    if record.inputs == "depth":
        raise DkpError(f"{record.identity.method} sees depth maps, not photographs", "name a run of a method on RGB")
    method = kind(kind.settings_type.model_validate(record.settings), record.identity.image_size)
    method.load(run)
    return method


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR_RGB) if path.stat().st_size else None
    if picture is None:
        raise DkpError(f"{path} cannot be read as an image", "replace the file or move it out of the folder")
    return picture.astype(np.uint8, copy=False)


def _draw(view: NDArray[np.uint8], keypoints: NDArray[np.float32], path: Path) -> None:
    size = view.shape[0]
    large = cv2.resize(view, (size * SCALE, size * SCALE), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    drawn = draw_points(large, to_pixels(keypoints, size, SCALE), palette(len(keypoints)))
    with atomic_path(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", drawn[..., ::-1])[1].tobytes())
