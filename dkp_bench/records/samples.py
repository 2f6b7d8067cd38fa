"""Sample images of a run: the first test images with what the method found on them."""

from pathlib import Path

import numpy as np

from dkp_bench.datasets.base import ArrayImages, Dataset
from dkp_bench.files import atomic_path
from dkp_bench.methods import Method
from dkp_bench.records.predictions import Predictions
from dkp_bench.scoring import LabelledKeypoints, match

FILE = "samples.npz"
COUNT = 8


def write_samples(folder: Path, dataset: Dataset, method: Method, predictions: Predictions) -> None:
    """Write ``samples.npz``, atomically: the first test images, never picked by hand.

    Arrays: ``indices`` (S,), ``rgb`` (S, H, W, 3) uint8, ``depth`` (S, H, W) where the dataset has it, ``keypoints``
    (S, K, 2), ``joints`` and ``truth`` (S, J, 2), ``visible`` (S, J), ``bones`` (n, 2), and ``edges`` (S, H, W) in
    [0, 1] where the method draws them.
    """
    images, labels, fit = dataset.images("test"), dataset.labels("test"), dataset.labels("fit")
    chosen = np.arange(min(COUNT, len(images)))
    arrays = {"indices": chosen, "rgb": images.rgb(chosen), "keypoints": predictions.test[chosen]}
    if images.has_depth:
        arrays["depth"] = images.depth(chosen)
    matched = match(
        dataset.protocols[0],
        LabelledKeypoints(predictions.fit, fit.joints, fit.visible),
        LabelledKeypoints(predictions.test, labels.joints, labels.visible),
        dataset.skeleton.pairs,
    )
    arrays["joints"] = (matched.predicted[chosen] * 2 - 1).astype(np.float32)
    arrays["truth"] = labels.joints[chosen]
    arrays["visible"] = labels.visible[chosen]
    arrays["bones"] = np.array(dataset.skeleton.bones, dtype=np.int64)
    edges = method.edge_maps(ArrayImages(arrays["rgb"], arrays.get("depth")))
    if edges is not None:
        arrays["edges"] = edges
    with atomic_path(folder / FILE) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
