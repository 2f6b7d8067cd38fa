"""Sample images of a run with what the method found on them: the first ones, and its best, median and worst."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.array_files import DAMAGE, open_npz
from dkp_bench.datasets.base import ArrayImages, Dataset
from dkp_bench.drawing import Picture, depth_picture, draw_points, enlarge, palette, png_bytes, to_pixels
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.files import atomic_path
from dkp_bench.methods import Method
from dkp_bench.runs.layout import SAMPLES, SAMPLES_PICTURE
from dkp_bench.runs.predictions import Predictions, labelled
from dkp_bench.scoring import l2_of_images, match

COUNT = 8
"""How many of the first images."""
SCALE = 3
"""Enlargement of the picture."""


def write_samples(folder: Path, dataset: Dataset, method: Method, predictions: Predictions) -> None:
    """Write ``samples.npz`` and ``samples.png``, atomically; no image is picked by hand.

    Arrays: ``indices`` (S,) into the test split, ``choice`` (S,) why each is here (``first``; ``best``, ``median`` or
    ``worst`` by the headline protocol's error), ``errors`` (S,) those errors in % of the edge, ``rgb`` (S, H, W, 3)
    uint8, ``depth`` (S, H, W) where the dataset has it, ``keypoints`` (S, K, 2), ``joints`` and ``truth`` (S, J, 2),
    ``visible`` (S, J), ``bones`` (n, 2), and ``edges`` (S, H, W) in [0, 1] where the method draws them.
    """
    images, labels = dataset.images("test"), dataset.labels("test")
    matched = match(
        dataset.protocols[0],
        labelled(predictions.regression, dataset.labels("regression")),
        labelled(predictions.test, labels),
        dataset.skeleton.pairs,
    )
    errors = l2_of_images(matched)[: len(images)]
    first = np.arange(min(COUNT, len(errors)))
    ranked = _ranked(errors)
    chosen = np.array([*first, *ranked.values()])
    rgb = images.rgb(chosen)
    depth = images.depth(chosen) if images.has_depth else None
    arrays: dict[str, NDArray[np.generic] | None] = {
        "indices": chosen,
        "choice": np.array(["first"] * len(first) + list(ranked)),
        "errors": errors[chosen],
        "rgb": rgb,
        "depth": depth,
        "keypoints": predictions.test[chosen],
        "joints": (matched.predicted[chosen] * 2 - 1).astype(np.float32),
        "truth": labels.joints[chosen],
        "visible": labels.visible[chosen],
        "bones": np.array(dataset.skeleton.bones, dtype=np.int64),
        "edges": method.edge_maps(ArrayImages(rgb, depth)),
    }
    present = {name: array for name, array in arrays.items() if array is not None}
    with atomic_path(folder / SAMPLES) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **present)
    beginning = {name: array[: len(first)] for name, array in present.items()}
    picture = _contact_sheet(beginning, on_depth=method.predicts_from_depth)
    with atomic_path(folder / SAMPLES_PICTURE) as temporary:
        temporary.write_bytes(png_bytes(picture))


def _ranked(errors: NDArray[np.float64]) -> dict[str, np.intp]:
    """Return the images with the least, the middle and the largest error; of equal ones the first."""
    order = np.argsort(errors, kind="stable")
    return {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}


def _contact_sheet(arrays: dict[str, NDArray[np.generic]], *, on_depth: bool) -> Picture:
    """Draw what the detector saw with its keypoints, and below it the edge map with them."""
    keypoints, size = np.asarray(arrays["keypoints"], dtype=np.float64), arrays["rgb"].shape[1]
    colours = palette(keypoints.shape[1])
    seen = [depth_picture(np.asarray(map_, float)) for map_ in arrays["depth"]] if on_depth else arrays["rgb"]
    edges = np.asarray(arrays.get("edges", np.zeros((len(keypoints), size, size))), dtype=np.float64)
    columns = []
    for view, edge_map, points in zip(seen, edges, to_pixels(keypoints, size, SCALE), strict=True):
        grey = np.repeat(np.round(edge_map * 255).astype(np.uint8)[..., None], 3, axis=2)
        cells = [draw_points(enlarge(picture, SCALE), points, colours) for picture in (view, grey)]
        columns.append(np.concatenate(cells))
    return np.concatenate(columns, axis=1)


CHOICES = ("best", "median", "worst")
"""Images chosen by the headline's error, one of each."""
REQUIRED = ("indices", "choice", "errors", "rgb", "keypoints", "joints", "truth", "visible", "bones")


@dataclass(frozen=True, eq=False)
class Samples:
    """A few test images with the keypoints that a method found on them.

    Attributes:
        indices: ``(S,)`` indices into the test split.
        choice: ``(S,)`` why each is here: ``first``, or ``best``, ``median`` or ``worst`` by the headline's error.
        errors: ``(S,)``, those errors in % of the edge.
        rgb: ``(S, H, H, 3)`` uint8.
        keypoints: ``(S, K, 2)`` (x, y) in [−1, 1].
        joints: ``(S, J, 2)``, the joints regressed from the keypoints.
        truth: ``(S, J, 2)``, the annotated joints; what is not visible means nothing.
        visible: ``(S, J)`` bool.
        bones: ``(n, 2)`` pairs of joints to draw.
        edges: ``(S, H, H)`` edge maps in 0..1, None for a method without them.
        depth: ``(S, H, H)`` relative inverse depth, None for a dataset without it.
    """

    indices: NDArray[np.integer]
    choice: NDArray[np.str_]
    errors: NDArray[np.floating]
    rgb: NDArray[np.uint8]
    keypoints: NDArray[np.floating]
    joints: NDArray[np.floating]
    truth: NDArray[np.floating]
    visible: NDArray[np.bool_]
    bones: NDArray[np.integer]
    edges: NDArray[np.floating] | None
    depth: NDArray[np.floating] | None

    def of(self, choice: str) -> "Samples":
        """Return the samples that are here for one reason."""
        rows = self.choice == choice
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return Samples(
            **{name: array if array is None or name == "bones" else array[rows] for name, array in arrays.items()}
        )


def read_samples(path: Path) -> Samples:
    """Read and check a run's sample images.

    Raises:
        DkpError: naming the file, if it is damaged, too large, or its arrays do not fit together.
    """
    hint = f"delete the run's folder and run it again: {shell_command('rm', '-r', path.parent)}"
    try:
        with open_npz(path) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
        required = {name: arrays[name] for name in REQUIRED}
        samples = Samples(**required, edges=arrays.get("edges"), depth=arrays.get("depth"))
        _check(samples)
    except KeyError as error:
        raise DkpError(f"{path}: has no array {error}", hint) from error
    except DAMAGE as error:
        raise DkpError(f"{path}: not a readable file of samples ({printable(error)})", hint) from error
    return samples


def _check(samples: Samples) -> None:
    """Raise ValueError unless every array has its type and all shapes agree."""
    count, side, joints = samples.indices.shape[0], samples.rgb.shape[1], samples.truth.shape[1]
    _expect("indices", samples.indices, np.integer, (count,))
    _expect("choice", samples.choice, np.str_, (count,))
    _expect("errors", samples.errors, np.floating, (count,))
    _expect("rgb", samples.rgb, np.uint8, (count, side, side, 3))
    _expect("keypoints", samples.keypoints, np.floating, (count, samples.keypoints.shape[1], 2))
    _expect("joints", samples.joints, np.floating, (count, joints, 2))
    _expect("truth", samples.truth, np.floating, (count, joints, 2))
    _expect("visible", samples.visible, np.bool_, (count, joints))
    for name in CHOICES:
        if np.count_nonzero(samples.choice == name) != 1:
            raise ValueError(f"there is not one image of the choice {name!r}")
    _expect("bones", samples.bones, np.integer, (len(samples.bones), 2))
    if not ((samples.bones >= 0) & (samples.bones < joints)).all():
        raise ValueError("bones name joints that are not there")
    for name, maps in (("edges", samples.edges), ("depth", samples.depth)):
        if maps is not None:
            _expect(name, maps, np.floating, (count, side, side))
    numbers = (samples.errors, samples.keypoints, samples.joints, samples.truth[samples.visible])
    if not all(np.isfinite(array).all() for array in (*numbers, samples.edges, samples.depth) if array is not None):
        raise ValueError("a number is not finite")


def _expect(name: str, array: NDArray[np.generic], kind: Any, shape: tuple[int, ...]) -> None:
    if not np.issubdtype(array.dtype, kind) or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, not {kind.__name__} of shape {shape}")
