"""Keypoints of a user's own images, from a trained run."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages
from dkp_bench.datasets.crops import Square, central_square, crop
from dkp_bench.drawing import draw_points, palette, to_pixels
from dkp_bench.errors import DkpError
from dkp_bench.files import atomic_path, write_json
from dkp_bench.methods import Method
from dkp_bench.pictures import SUFFIXES, read_rgb
from dkp_bench.records.run import load_method, open_run
from dkp_bench.records.store import Run

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
        Path of ``keypoints.json``: for each file its keypoints as (x, y) in pixels of the image as it is shown, the
        centre of its first pixel being (0, 0).

    Raises:
        DkpError: if the run cannot be loaded or sees depth, there is no image, or one cannot be read.
    """
    opened = open_run(run)
    method, size = _load(opened), opened.record.identity.image_size
    found = {}
    for path in _images(images):
        picture = _read(path)
        square = central_square(picture.shape[1], picture.shape[0])
        view = crop(picture, square, size)
        keypoints = method.predict(ArrayImages(view[None]))[0]
        found[path.name] = [[round(float(x), 2), round(float(y), 2)] for x, y in _in_file(keypoints, square, size)]
        _draw(view, keypoints, out / f"{path.name}.png")
    write_json(out / "keypoints.json", {"run": str(run), "unit": "pixels (x, y) of the file", "keypoints": found})
    return out / "keypoints.json"


def _load(run: Run) -> Method:
    if run.record.inputs == "depth":
        problem = f"{run.record.identity.method} sees depth maps, not photographs"
        raise DkpError(problem, "name a run of a method on RGB")
    return load_method(run)


def _images(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DkpError(f"there is no folder {folder}", "name a folder with JPEG or PNG images")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise DkpError(f"there is no JPEG or PNG image in {folder}", f"its images must end in {', '.join(SUFFIXES)}")
    return files


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        return read_rgb(path, upright=True)
    except (ValueError, OSError) as error:
        problem = f"{path} cannot be read as an image: {error}"
        raise DkpError(problem, "replace the file or move it out of the folder") from error


def _in_file(keypoints: NDArray[np.float32], square: Square, size: int) -> NDArray[np.float64]:
    """Keypoints in a crop of ``size`` pixels, as pixels of the file."""
    inside = (keypoints.astype(np.float64) + 1) / 2 * (size - 1)
    return (inside + 0.5) / size * square.side - 0.5 + (square.left, square.top)


def _draw(view: NDArray[np.uint8], keypoints: NDArray[np.float32], path: Path) -> None:
    size = view.shape[0]
    large = cv2.resize(view, (size * SCALE, size * SCALE), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    drawn = draw_points(large, to_pixels(keypoints, size, SCALE), palette(len(keypoints)))
    with atomic_path(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", drawn[..., ::-1])[1].tobytes())
