"""Sample images of a run with what the method found on them: the first ones, and its best, median and worst."""

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import ArrayImages, Dataset
from dkp_bench.drawing import Picture, depth_picture, draw_points, enlarge, palette, to_pixels
from dkp_bench.files import atomic_path
from dkp_bench.methods import Method
from dkp_bench.records.predictions import Predictions, labelled
from dkp_bench.scoring import l2_of_images, match

FILE = "samples.npz"
PICTURE = "samples.png"
COUNT = 8
"""How many of the first images."""
SCALE = 3
"""Enlargement of the picture."""


def write_samples(folder: Path, dataset: Dataset, method: Method, predictions: Predictions) -> None:
    """Write ``samples.npz`` and ``samples.png``, atomically: never an image that was picked by hand.

    Arrays: ``indices`` (S,) into the test split, ``choice`` (S,) why each is here (``first``; ``best``, ``median`` or
    ``worst`` by the headline protocol's error), ``errors`` (S,) those errors in % of the edge, ``rgb`` (S, H, W, 3)
    uint8, ``depth`` (S, H, W) where the dataset has it, ``keypoints`` (S, K, 2), ``joints`` and ``truth`` (S, J, 2),
    ``visible`` (S, J), ``bones`` (n, 2), and ``edges`` (S, H, W) in [0, 1] where the method draws them.
    """
    images, labels = dataset.images("test"), dataset.labels("test")
    matched = match(
        dataset.protocols[0],
        labelled(predictions.fit, dataset.labels("fit")),
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
    with atomic_path(folder / FILE) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **present)
    beginning = {name: array[: len(first)] for name, array in present.items()}
    picture = _contact_sheet(beginning, method.inputs)
    with atomic_path(folder / PICTURE) as temporary:
        temporary.write_bytes(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())


def _ranked(errors: NDArray[np.float64]) -> dict[str, np.intp]:
    """The images with the least, the middle and the largest error; of equal ones the first."""
    order = np.argsort(errors, kind="stable")
    return {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}


def _contact_sheet(arrays: dict[str, NDArray[np.generic]], inputs: Literal["rgb", "depth"]) -> Picture:
    """What the detector saw with its keypoints, and below it the edge map with them."""
    keypoints, size = np.asarray(arrays["keypoints"], dtype=np.float64), arrays["rgb"].shape[1]
    colours = palette(keypoints.shape[1])
    seen = arrays["rgb"] if inputs == "rgb" else [depth_picture(np.asarray(map_, float)) for map_ in arrays["depth"]]
    edges = np.asarray(arrays.get("edges", np.zeros((len(keypoints), size, size))), dtype=np.float64)
    columns = []
    for view, edge_map, points in zip(seen, edges, to_pixels(keypoints, size, SCALE), strict=True):
        grey = np.repeat(np.round(edge_map * 255).astype(np.uint8)[..., None], 3, axis=2)
        cells = [draw_points(enlarge(picture, SCALE), points, colours) for picture in (view, grey)]
        columns.append(np.concatenate(cells))
    return np.concatenate(columns, axis=1)
