"""``keypoints.json``: what ``dkp-bench predict`` found on a person's photographs; ``docs/predict.md`` describes it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import Field, FiniteFloat
from torch import nn

from dkp_bench.datasets import find_dataset
from dkp_bench.datasets.base import ArrayImages
from dkp_bench.datasets.file_images import in_threads
from dkp_bench.drawing import MIDDLE, OUTLINE, draw_points, draw_segments, palette
from dkp_bench.errors import DkpError, printable
from dkp_bench.files import write_bytes, write_json
from dkp_bench.imaging import central_square, crop
from dkp_bench.methods import Method
from dkp_bench.progress import Progress
from dkp_bench.runs.harness import keypoints_of
from dkp_bench.runs.load import load_method
from dkp_bench.runs.photographs import (
    DRAWN_BY,
    SUFFIXES,
    Found,
    Photograph,
    find_photographs,
    others_in_words,
    read_photograph,
)
from dkp_bench.runs.run import Run
from dkp_bench.strict import StrictModel
from dkp_bench.text import counted
from dkp_bench.training.device import find_device
from dkp_bench.walk import Skipped

KEYPOINTS_FILE = "keypoints.json"
FORMAT: Final = "dkp-bench keypoints 2"
UNIT: Final = "pixels (x, y) of the upright image"

Point = Annotated[tuple[FiniteFloat, FiniteFloat], Field(description="(x, y)")]


class SeenSquare(StrictModel):
    """The part of an image that the detector saw, in pixels: columns ``left`` to ``left + side - 1``, rows likewise."""

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    side: int = Field(gt=0)


class SeenImage(StrictModel):
    """One image, as it is shown: upright."""

    width: int = Field(gt=0, description="of the upright image, in pixels")
    height: int = Field(gt=0)
    orientation: int = Field(ge=1, le=8, description="Exif orientation of the file; 1 is upright as stored")
    square: SeenSquare
    drawing: str = Field(description="the drawn picture, relative to this file")
    drawing_scale: FiniteFloat = Field(gt=0, le=1, description="its size over the image's")


class LeftOut(StrictModel):
    """A file or folder that was not predicted on, and why."""

    file: str
    why: str


class KeypointsFile(StrictModel):
    """The whole file."""

    format: Literal["dkp-bench keypoints 2"] = FORMAT
    run: str = Field(description="the run's folder, as it was named")
    signature: str = Field(description="every choice behind the detector")
    note: str = Field(description="what the detector can do")
    unit: Literal["pixels (x, y) of the upright image"] = UNIT
    upright: Literal[True] = True
    keypoints: dict[str, list[Point]] = Field(description="of each image, by its name")
    images: dict[str, SeenImage] = Field(description="by the same names")
    skipped: list[LeftOut]


LONGEST_DRAWN = 2048
"""Pixels of the longer side of a drawn picture: larger photographs are drawn smaller."""
BATCH = 16
"""Photographs in memory at once; one of a telephone takes 36 MB."""
LISTED = 10
"""So many files that cannot be read are named in an error."""


@dataclass(frozen=True)
class Predicted:
    """The outcome of a prediction on photographs.

    Attributes:
        file: ``keypoints.json``.
        content: what it says.
        found: what was looked at, and what was left out.
    """

    file: Path
    content: KeypointsFile
    found: Found

    @property
    def reduced(self) -> int:
        """The number of pictures that are drawn smaller than they are."""
        return sum(image.drawing_scale < 1 for image in self.content.images.values())


class _Seen(NamedTuple):
    """A photograph in memory: what the detector sees of it, and what is drawn on."""

    name: str
    image: SeenImage
    view: NDArray[np.uint8]
    canvas: NDArray[np.uint8]


def predict_images(
    run: Run, paths: Sequence[Path], out: Path, *, device: str = "auto", progress: Progress | None = None
) -> Predicted:
    """Find the keypoints of photographs and draw them.

    The detector sees the largest square in the middle of each, at the size it was trained on. What cannot be read is
    left out and said in the result.

    Args:
        run: finished, with its weights.
        paths: images, and folders with images.
        out: gets ``keypoints.json`` and a PNG for each image, in the subfolders that they came from.
        device: name of the torch device, or ``auto``.
        progress: hears how many images are done.

    Raises:
        DkpError: if the run cannot be loaded or sees depth, there is no image that can be read, or the method does not
            give keypoints.
    """
    method, size = _load(run, device), run.record.identity.image_size
    found = find_photographs(paths, out)
    if not found.photographs:
        raise _no_image(paths, found)
    images: dict[str, SeenImage] = {}
    keypoints: dict[str, list[tuple[float, float]]] = {}
    failed = list(found.failed)
    for start in range(0, len(found.photographs), BATCH):
        batch = found.photographs[start : start + BATCH]
        looked = list(in_threads(lambda photograph: _look(photograph, size), batch))
        failed += [each for each in looked if isinstance(each, Skipped)]
        seen = [each for each in looked if isinstance(each, _Seen)]
        if seen:
            views = ArrayImages(np.stack([each.view for each in seen]))
            points = keypoints_of(run.record.identity.method, method, views)
            upright = [_in_image(*pair, size) for pair in zip(points, seen, strict=True)]
            list(in_threads(lambda pair: _draw(*pair, out), zip(seen, upright, strict=True)))
            images |= {each.name: each.image for each in seen}
            keypoints |= {each.name: _rounded(of_image) for each, of_image in zip(seen, upright, strict=True)}
        if progress is not None:
            progress("predicting", start + len(batch), len(found.photographs))
    if not images:
        raise _none_readable(failed)
    content = KeypointsFile(
        run=str(run.path),
        signature=run.signature(run.headline_protocol),
        note=what_it_can_do(run, method),
        keypoints=keypoints,
        images=images,
        skipped=[LeftOut(file=name, why=why) for name, why in (*failed, *found.left_out)],
    )
    write_json(out / KEYPOINTS_FILE, content.model_dump(mode="json"))
    return Predicted(
        out / KEYPOINTS_FILE, content, Found(found.photographs, found.left_out, tuple(failed), found.others)
    )


def what_it_can_do(run: Run, method: Method) -> str:
    """Return a note on a detector's points on pictures of another kind than it learned from."""
    identity = run.record.identity
    try:
        pictures = f"{identity.dataset} ({find_dataset(identity.dataset).summary})"
    except DkpError:  # the dataset of another package
        pictures = identity.dataset
    learned = "learned, without labels, from" if method.learns else "is a control that learns nothing; it was run on"
    return (
        f"{identity.method} {learned} {identity.image_size} px pictures of {pictures}. Only on such pictures do its "
        f"points mean anything: on others, such as kitchens or animals, it finds nothing, and still gives all "
        f"{counted(identity.keypoints, 'point')}. The points have no names, and it sees only the square."
    )


def _load(run: Run, device: str) -> Method:
    """Return the method of a run, its networks on the device."""
    if run.record.inputs == "depth":
        problem = f"{run.record.identity.method} sees depth maps, not photographs"
        raise DkpError(problem, "name a run of a method on RGB")
    place = find_device(device)
    method = load_method(run)
    for value in vars(method).values():
        if isinstance(value, nn.Module):
            value.to(place)
    return method


def _look(photograph: Photograph, size: int) -> _Seen | Skipped:
    """Read a photograph; if it cannot be read, return why not."""
    try:
        rgb, orientation = read_photograph(photograph.path)
    except (ValueError, OSError, MemoryError) as error:
        return Skipped(photograph.name, printable(getattr(error, "strerror", None) or str(error) or "it is too large"))
    height, width = rgb.shape[:2]
    square, scale = central_square(width, height), min(1.0, LONGEST_DRAWN / max(width, height))
    shown = max(round(width * scale), 1), max(round(height * scale), 1)
    image = SeenImage(
        width=width,
        height=height,
        orientation=orientation,
        square=SeenSquare(left=square.left, top=square.top, side=square.side),
        drawing=f"{photograph.name}.png",
        drawing_scale=scale,
    )
    canvas = rgb if scale == 1 else np.asarray(cv2.resize(rgb, shown, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return _Seen(photograph.name, image, crop(rgb, square, size), canvas)


def _in_image(keypoints: NDArray[np.float32], seen: _Seen, size: int) -> NDArray[np.float64]:
    """Return keypoints in a crop of ``size`` pixels, ``(K, 2)`` in [−1, 1], as pixels of the image."""
    square = seen.image.square
    inside = (keypoints.astype(np.float64) + 1) / 2 * (size - 1)
    return (inside + 0.5) / size * square.side - 0.5 + (square.left, square.top)


def _rounded(points: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(round(float(x), 2), round(float(y), 2)) for x, y in points]


def _draw(seen: _Seen, points: NDArray[np.float64], out: Path) -> None:
    """Write the whole picture with its keypoints and the square that the detector saw."""
    height, width = seen.canvas.shape[:2]
    scale, thickness = seen.image.drawing_scale, max(1, round(max(width, height) / 400))
    square = seen.image.square
    left, top = ((corner * scale) for corner in (square.left, square.top))
    right, bottom = (min(first + square.side * scale, end) - 1 for first, end in ((left, width), (top, height)))
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    framed = draw_segments(seen.canvas, sides, [OUTLINE] * 4, thickness + 2)
    framed = draw_segments(framed, sides, [MIDDLE] * 4, thickness)
    placed = (points + 0.5) * scale - 0.5
    drawn = draw_points(framed, placed, palette(len(points)), radius=max(3.0, max(width, height) / 150))
    mark, content = PngInfo(), io.BytesIO()
    mark.add_text("Software", DRAWN_BY)
    Image.fromarray(drawn).save(content, "PNG", compress_level=1, pnginfo=mark)
    write_bytes(out / seen.image.drawing, content.getvalue())


def _no_image(paths: Sequence[Path], found: Found) -> DkpError:
    if found.failed:
        return _none_readable(found.failed)
    where = ", ".join(map(str, paths[:3]))
    hint = f"names of images end in {', '.join(SUFFIXES)}"
    if found.others:
        hint = f"other files are there: {others_in_words(found.others)}; {hint}"
    if found.left_out:
        hint = f"{hint}\nleft out: " + ", ".join(f"{printable(name)} ({why})" for name, why in found.left_out[:LISTED])
    return DkpError(f"there is no image in {where}", hint)


def _none_readable(failed: Sequence[Skipped]) -> DkpError:
    if len(failed) == 1:
        name, why = failed[0]
        return DkpError(f"{printable(name)} cannot be read as an image: {why}", "replace it, or name another image")
    lines = [f"{printable(name)}: {why}" for name, why in failed[:LISTED]]
    lines += [f"and {len(failed) - LISTED} more"] if len(failed) > LISTED else []
    return DkpError(f"none of the {len(failed)} images can be read", "\n".join(lines))
