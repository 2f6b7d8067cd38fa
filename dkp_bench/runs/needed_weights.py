"""Which of a run's weights its predictions need, found out by doing without the others.

The weights of a method have parts, which the first word of a tensor's name says: AutoLink's are ``detector``,
``decoder``, ``alpha`` and ``raw_edge_weights``. A part is needed if keypoints or edge maps change where it is NaN. So
no method has to declare what it needs, and none can declare it wrongly.
"""

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from dkp_bench.datasets.base import ArrayImages, ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.methods import Method
from dkp_bench.runs.kept_weights import halved_weights
from dkp_bench.runs.layout import SAMPLES
from dkp_bench.runs.load import load_method, unfitted, with_kept_weights
from dkp_bench.runs.run import Run
from dkp_bench.runs.samples import read_samples
from dkp_bench.training.inference import WEIGHTS_FILE

MOST_MOVED = 2e-3
"""How far keypoints may lie from those of the whole weights, on average over the sample images, in [−1, 1].

A thousandth of the image's edge: a pixel of a picture a thousand pixels wide, where errors are tens of pixels."""


def needed_weights(run: Run) -> bytes:
    """Return a file with what predictions and edge maps need of a run's weights, in half precision.

    Raises:
        DkpError: if the weights or the sample images, on which they are tried, are missing, damaged or not those that
            the record describes, or the weights give other keypoints in half precision.
    """
    samples = read_samples(run.checked_file(SAMPLES))
    images = ArrayImages(samples.rgb, samples.depth)
    whole = _outputs(load_method(run), images)
    tensors = load_file(run.path / WEIGHTS_FILE)
    parts = {_part(name) for name in tensors}
    unneeded = {part for part in parts if _same(_outputs_without(part, run, tensors, images), whole)}
    without = [name for name in tensors if _part(name) in unneeded]
    content = halved_weights(tensors, run.record.files[WEIGHTS_FILE], without)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / WEIGHTS_FILE
        file.write_bytes(content)
        kept = _outputs(with_kept_weights(unfitted(run), file), images)
    moved = float(np.linalg.norm(kept[0] - whole[0], axis=-1).mean())
    if not moved <= MOST_MOVED:
        raise DkpError(f"in half precision the weights of {run.path} move its keypoints by {moved:.2g} on average")
    return content


def _part(name: str) -> str:
    """Return the part that a tensor belongs to, the first word of its name."""
    return name.partition(".")[0]


def _outputs(method: Method, images: ImageSet) -> list[NDArray[np.float32]]:
    """Return the keypoints, and the edge maps of a method that has some."""
    edges = method.edge_maps(images)
    return [method.predict(images), *([] if edges is None else [edges])]


def _outputs_without(part: str, run: Run, tensors: Mapping[str, Tensor], images: ImageSet) -> list[NDArray[np.float32]]:
    """Return what the method gives when a part is NaN; nothing if it does not run, or the part cannot be NaN."""
    missing = {
        name: torch.full_like(tensor, math.nan)
        for name, tensor in tensors.items()
        if _part(name) == part and tensor.is_floating_point()
    }
    try:
        with tempfile.TemporaryDirectory() as folder:
            save_file({**tensors, **missing}, Path(folder) / WEIGHTS_FILE)
            method = unfitted(run)
            method.load(Path(folder))
        return _outputs(method, images) if missing else []
    except Exception:  # a method of the user's own that does not run with NaN needs the part
        return []


def _same(outputs: Sequence[NDArray[Any]], others: Sequence[NDArray[Any]]) -> bool:
    """Return whether arrays are the same, bit for bit."""
    return len(outputs) == len(others) and all(map(np.array_equal, outputs, others))
