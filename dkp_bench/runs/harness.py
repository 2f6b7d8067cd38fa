"""The harness around a method: its fit is timed, what goes wrong in it is named, what it predicts is checked.

Predictions meet the same checks here and in ``dkp-bench score FILE`` (:mod:`dkp_bench.runs.external`), so a method of
the user's own cannot have a mistake scored in one of the two ways that the other one refuses.
"""

import itertools
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dkp_bench.datasets.base import Dataset, ImageSet
from dkp_bench.datasets.splits import LABELLED, stored_name
from dkp_bench.errors import DkpError, printable, shell_command
from dkp_bench.methods import FitContext, FitResult, Method, built_in_methods
from dkp_bench.progress import say
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.external import checked_predictions, doubts
from dkp_bench.runs.layout import PREDICTIONS
from dkp_bench.runs.predictions import Predictions, write_predictions


@contextmanager
def naming(method: str) -> Iterator[None]:
    """Add to any error in a method of the user's own the command that says more of it."""
    if method in built_in_methods():
        yield
        return
    more = f"{shell_command('dkp-bench', 'check-method', method)} says more"
    try:
        yield
    except DkpError as error:
        raise DkpError(error.problem, "\n".join(filter(None, [error.hint, more]))) from error
    except Exception as error:
        error.add_note(more)
        raise


def fit(name: str, method: Method, images: ImageSet, context: FitContext) -> FitResult:
    """Fit a method and time it by the wall clock.

    Args:
        name: of the method, as it was called for.
        method: to be fitted.
        images: to learn from.
        context: its seed, device and folder.

    Returns:
        What the fit reports, its seconds never less than the clock's. A fit that resumed reports more than the clock
        saw: those before the interruption. What of a report no record can hold is left out, and that is said: the
        training stands.
    """
    started = time.monotonic()
    with naming(name):
        result = method.fit(images, context)
    seconds = time.monotonic() - started
    usable = _usable(name, result)
    return replace(usable, seconds=max(seconds, usable.seconds))


def keypoints_of(name: str, method: Method, images: ImageSet) -> NDArray[np.float32]:
    """Return what a fitted method finds on images, ``(N, K, 2)``, checked as far as images without labels allow.

    Raises:
        DkpError: if these are no keypoints.
    """
    wanted = (len(images), method.keypoints, 2)
    with naming(name):
        found = np.asarray(method.predict(images))
        if found.shape != wanted or found.dtype.kind != "f":
            raise DkpError(f"predict of {name} gives {found.dtype} of the shape {found.shape}", f"it must be {wanted}")
        points = found.astype(np.float32)
        if not np.isfinite(points).all():
            image, keypoint, _ = np.argwhere(~np.isfinite(points))[0]
            problem = f"predict of {name} gives a keypoint {keypoint} on image {image} that is not finite"
            raise DkpError(problem, "a keypoint that is not found needs a position, too, such as the centre: 0")
    return points


def predict(
    name: str, method: Method, dataset: Dataset, annotations: Annotations, folder: Path, keypoints: int
) -> Predictions:
    """Return what a fitted method predicts on the labelled splits; it is checked and written to ``folder``.

    Args:
        name: of the method, as it was called for.
        method: fitted.
        dataset: prepared.
        annotations: those of the dataset.
        folder: gets the predictions.
        keypoints: how many the record says there are.

    Raises:
        DkpError: if they cannot be keypoints of these images: the array, the first index, the value, the likely cause.
            The fitted method stays in the folder, and so do its predictions where only their range looks wrong.
    """
    source = f"predict of {name}"
    with naming(name):
        arrays = {stored_name(split): np.asarray(method.predict(dataset.images(split))) for split in LABELLED}
        predictions = checked_predictions(arrays, annotations, source, range_is_right=True)
        found = predictions.test.shape[1]
        if found != keypoints:
            problem = f"{source} gives {found} keypoints, and the method says that it has {keypoints}"
            raise DkpError(problem, "let the property keypoints say how many there are, before fit as after it")
    write_predictions(folder, predictions)
    if method.learns and not _is_constant(predictions):
        with naming(name):
            meant = shell_command(
                "dkp-bench", "score", folder / PREDICTIONS, "--dataset", dataset.name, "--range-is-right"
            )
            checked_predictions(
                arrays, annotations, source, meant=f"if they are meant so, score them as they are: {meant}"
            )
    return predictions


def _usable(name: str, result: Any) -> FitResult:
    """Return what a record can hold of what ``fit`` returned; the rest is said."""
    if not isinstance(result, FitResult):
        say(f"fit of {name} returned {printable(repr(result), 40)} and no FitResult: its steps and curves are unknown")
        return FitResult()
    found: dict[str, object] = {each: _number(getattr(result, each)) for each in ("seconds", "images_per_second")}
    steps = _number(result.steps)
    found["steps"] = None if steps is None or steps % 1 else int(steps)
    found["precision"] = result.precision if type(result.precision) is str else None
    found["curves"] = _curves(result.curves)
    for each in (each for each, value in found.items() if value is None):
        say(f"fit of {name}: its FitResult's {each}, {printable(repr(getattr(result, each)), 40)}, cannot be recorded")
    return FitResult(**{each: value for each, value in found.items() if value is not None})  # type: ignore[arg-type]


def _number(value: Any) -> float | None:
    """Return a value of any type but text as a finite number that is not negative; None if it is no such number."""
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < math.inf else None


def _curves(curves: Any) -> dict[str, list[float]] | None:
    """Return curves of one length as lists of floats; None if they are not."""
    try:
        found = {str(name): [float(value) for value in values] for name, values in dict(curves).items()}
    except (TypeError, ValueError):
        return None
    alike = len({len(values) for values in found.values()}) <= 1
    return found if alike and all(map(math.isfinite, itertools.chain(*found.values()))) else None


def say_doubts(name: str, annotations: Annotations, predictions: Predictions) -> None:
    """Warn of what looks wrong about the predictions of a method of the user's own.

    The built-in ones are tested, and of keypoints that never move no order of the images can be wrong.
    """
    if name not in built_in_methods() and not _is_constant(predictions):
        for doubt in doubts(annotations, predictions):
            say(f"warning: {name}: {doubt}")


def _is_constant(predictions: Predictions) -> bool:
    """Return whether every image has the same keypoints: where they lie says nothing of their range then."""
    points = np.concatenate([predictions.regression, predictions.test])
    return bool((points == points[:1]).all())
