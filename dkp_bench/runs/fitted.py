"""The state of a finished fit until its record is written: a kill in between repeats the predicting, not the training.

A method that trains with :func:`dkp_bench.training.loop.train` has its last checkpoint for that. Any other one goes
on from what its ``save`` wrote, if a new instance that loads it predicts the same on some images, bit for bit.
"""

from pathlib import Path

import numpy as np
from pydantic import FiniteFloat, ValidationError

from dkp_bench.datasets.base import ArrayImages, ImageSet
from dkp_bench.files import sha256, write_json
from dkp_bench.methods import FitResult, Method
from dkp_bench.runs.layout import CODE_FILE, FITTED_FILE, PREDICTIONS, SAMPLES, SAMPLES_PICTURE
from dkp_bench.strict import StrictModel
from dkp_bench.text_files import UnreadableError, read_json
from dkp_bench.training.checkpoint import CHECKPOINT_FILE
from dkp_bench.training.curves import METRICS_FILE

IMAGES = 8
"""On so many images a method that was loaded is compared with the one that was fitted."""


class _Fitted(StrictModel):
    seconds: FiniteFloat
    steps: int
    images_per_second: FiniteFloat
    precision: str
    curves: dict[str, list[FiniteFloat]]
    files: dict[str, str]


def save_fit_result(folder: Path, fit: FitResult, method: Method, fresh: Method, images: ImageSet) -> None:
    """Record that ``method`` is fitted and saved in ``folder``, unless its checkpoint says so already.

    Args:
        folder: where it was fitted.
        fit: what the fit reported.
        method: the fitted method.
        fresh: a new instance, to be loaded from ``folder``.
        images: some to compare the two on; the first few are used.
    """
    saved = _saved(folder)
    if saved and not (folder / CHECKPOINT_FILE).exists() and _loads_alike(folder, method, fresh, images):
        write_json(folder / FITTED_FILE, {**vars(fit), "curves": dict(fit.curves), "files": saved})


def saved_fit_result(folder: Path) -> FitResult | None:
    """Return the result of a fit that was saved in ``folder``; None if there is none or a file has changed since."""
    try:
        noted = _Fitted.model_validate(read_json(folder / FITTED_FILE))
    except (UnreadableError, ValidationError):
        return None
    return FitResult(**noted.model_dump(exclude={"files"})) if noted.files == _saved(folder) else None


def _saved(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that belong to the method."""
    others = {FITTED_FILE, CHECKPOINT_FILE, METRICS_FILE, CODE_FILE, PREDICTIONS, SAMPLES, SAMPLES_PICTURE}
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return {path.name: sha256(path) for path in files if path.name not in others}


def _loads_alike(folder: Path, method: Method, fresh: Method, images: ImageSet) -> bool:
    first = np.arange(min(IMAGES, len(images)))
    few = ArrayImages(images.rgb(first), images.depth(first) if images.has_depth else None)
    try:
        fresh.load(folder)
        return np.array_equal(method.predict(few), fresh.predict(few))
    except Exception:  # a method of the user's own that cannot be loaded is fitted again, and says why elsewhere
        return False
