"""Predictions made elsewhere: read with every check that can tell a mistake from a bad method.

An ``.npz`` with the arrays ``fit`` and ``test``, each ``(images, keypoints, 2)``, floating: (x, y) in [−1, 1], −1 and 1
the centres of the corner pixels, in the order of the images; or ``fit`` and ``val``, where settings are chosen, so that
neither can be taken for the other. What is likely a mistake is an error, for a regression
would hide most of them: it turns pixels, mirrored axes or images in another order into a number that looks like any.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import ArrayLike, NDArray

from dkp_bench.array_files import DAMAGE, open_npz
from dkp_bench.datasets.splits import LABELLED, ScoredSplit
from dkp_bench.errors import DkpError, printable
from dkp_bench.runs.annotations import Annotations
from dkp_bench.runs.predictions import Predictions, labelled_splits
from dkp_bench.scoring import keypoints_on_figure, score_protocol

FAR = 2.0
"""A coordinate beyond this is taken for a mistake; the image ends at 1."""
MORE_ON_FIGURE = 0.2
"""What share of the keypoints more must lie on the figure with x and y exchanged, for that to be mentioned."""
HOW = 'np.savez("predictions.npz", fit=fit, test=test), each array (images, keypoints, 2), floating'

Arrays = Mapping[str, NDArray[Any]]


def read_external(path: Path, annotations: Annotations, *, range_is_right: bool = False) -> Predictions:
    """Read a file of predictions of a dataset's images.

    Args:
        path: the ``.npz``.
        annotations: those of the dataset.
        range_is_right: take coordinates as they are, even if they look like pixels or like [0, 1].

    Raises:
        DkpError: naming the array, the first index and the value, with the likely fix, if the file cannot be read or
            holds anything else than the keypoints of these images.
    """
    return checked_predictions(_read(path, annotations), annotations, str(path), range_is_right=range_is_right)


def checked_predictions(
    arrays: Arrays,
    annotations: Annotations,
    source: str,
    *,
    range_is_right: bool = False,
    meant: str = "if they are meant so: --range-is-right",
) -> Predictions:
    """Return arrays as predictions of a dataset's images, if they can be such.

    Args:
        arrays: both, by name, that of the images which are fitted on first.
        annotations: those of the dataset.
        source: where they are from, for errors.
        range_is_right: take coordinates as they are, even if they look like pixels or like [0, 1].
        meant: what to do about coordinates that are right and only look like a mistake.

    Raises:
        DkpError: naming the array, the first index and the value, with the likely fix.
    """
    counts = {name: len(annotations.labels(split)) for name, split in zip(arrays, LABELLED, strict=True)}
    _check_exchange(source, arrays, counts)
    for name, array in arrays.items():
        _check_type(source, name, array)
        _check_shape(source, name, array, counts[name])
    _check_keypoints(source, arrays)
    for name, array in arrays.items():
        _check_finite(source, name, array)
    if not range_is_right:
        _check_range(source, arrays, annotations.image_size, meant)
    return Predictions(*(array.astype(np.float32) for array in arrays.values()))


def as_arrays(fit: ArrayLike, scored: ArrayLike, split: ScoredSplit) -> dict[str, NDArray[Any]]:
    """Return keypoints that Python has as lists or arrays of any kind, by the names that a file would give them.

    Raises:
        DkpError: if one is no regular array.
    """
    try:
        return {"fit": np.asarray(fit), split: np.asarray(scored)}
    except ValueError as error:
        raise DkpError(f"predictions: {printable(error)}", f"give what could be saved as {HOW}") from error


def doubts(annotations: Annotations, predictions: Predictions) -> list[str]:
    """Return what looks wrong about valid predictions, mostly nothing: (y, x) for (x, y), images in another order."""
    found = []
    mask = annotations.test.mask
    if mask is not None:
        as_given, exchanged = (
            float(keypoints_on_figure(points.astype(np.float64), mask).mean())
            for points in (predictions.test, predictions.test[..., ::-1])
        )
        if exchanged > as_given + MORE_ON_FIGURE:
            found.append(
                f"{as_given:.0%} of the keypoints lie on the figure, and {exchanged:.0%} with x and y exchanged: "
                "are they (x, y), x first?"
            )
    own, mean_pose = _headline(annotations, predictions), _headline(annotations, _centre(predictions))
    if own >= mean_pose:
        found.append(
            "the mean pose, which knows nothing of the image, scores no worse: are the predictions in the order of the "
            "images?"
        )
    return found


def _read(path: Path, annotations: Annotations) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise DkpError(f"there is no file {path}", f"write one: {HOW}")
    try:
        with open_npz(path) as archive:
            names = annotations.in_files
            return {name: np.asarray(archive[_array_name(path, archive, name)]) for name in names}
    except DAMAGE as error:
        if "Object arrays" in str(error):
            problem = f"{path} holds pickled objects, which are not opened: unpickling runs whatever is in them"
            raise DkpError(problem, "make plain arrays of them: np.asarray(fit, dtype=np.float32)") from error
        raise DkpError(f"{path} cannot be read as an .npz: {printable(error)}", f"write it as {HOW}") from error


def _array_name(path: Path, archive: NpzFile, name: str) -> str:
    """Return what a file calls an array: its name, or, of the split that is called so elsewhere, ``regression``.

    Raises:
        DkpError: if it has neither.
    """
    for known in (name, "regression") if name == "fit" else (name,):
        if known in archive.files:
            return known
    there = printable(", ".join(map(repr, archive.files))) or "none"
    raise DkpError(f"{path} has no array {name!r}; it has {there}", f"write it as {HOW}{_other_split(name, archive)}")


def _other_split(name: str, archive: NpzFile) -> str:
    """Return a line for who has predicted the other one of the two splits that can be scored."""
    if name == "test" and "val" in archive.files:
        return "\nto score what settings are chosen on: --split val"
    return "\nto score test: leave out --split" if name == "val" and "test" in archive.files else ""


def _check_exchange(source: str, arrays: Arrays, counts: Mapping[str, int]) -> None:
    found = [len(array) if array.ndim else 0 for array in arrays.values()]
    wanted = list(counts.values())
    if found == wanted[::-1] != wanted:
        said = " and ".join(f"{name!r} has {count} images" for name, count in zip(arrays, found, strict=True))
        raise DkpError(f"{source}: {said}; it should be the other way round", "exchange the two arrays")


def _check_type(source: str, name: str, array: NDArray[Any]) -> None:
    if array.dtype.kind in "iu":
        value = f", such as {array.flat[0]}" if array.size else ""
        hint = "if these are pixels: value / (size - 1) * 2 - 1, in floating point"
        raise DkpError(f"{source}: {name!r} holds whole numbers ({array.dtype}){value}", hint)
    if array.dtype.kind != "f":
        raise DkpError(f"{source}: {name!r} holds {array.dtype}, not coordinates", f"write it as {HOW}")


def _check_shape(source: str, name: str, array: NDArray[Any], count: int) -> None:
    shape = array.shape
    if len(shape) == 3 and shape[0] == count and shape[2] == 2:
        return
    hint = f"it must be ({count}, keypoints, 2)"
    swaps = [axes for axes in itertools.permutations(range(3)) if len(shape) == 3 and _fits(shape, axes, count)]
    if swaps:
        hint = f"its axes are in another order: {name}.transpose{swaps[0]}"
    elif len(shape) == 2 and shape[0] == count and shape[1] % 2 == 0:
        hint = f"if x and y alternate: {name}.reshape({count}, {shape[1] // 2}, 2)"
    elif len(shape) == 3 and shape[0] == count and shape[2] == 3:
        hint = f"if the third number is a confidence, leave it out: {name}[..., :2]"
    elif len(shape) == 3 and shape[2] == 2:
        split = "regression" if name == "fit" else name
        hint = f"the {split} split has {count} images; predict all of them, in their order"
    raise DkpError(f"{source}: {name!r} has the shape {shape}", hint)


def _fits(shape: tuple[int, ...], axes: tuple[int, ...], count: int) -> bool:
    return shape[axes[0]] == count and shape[axes[2]] == 2


def _check_keypoints(source: str, arrays: Arrays) -> None:
    (first, fit), (second, scored) = ((name, array.shape[1]) for name, array in arrays.items())
    if fit != scored:
        problem = f"{source}: {first!r} has {fit} keypoints an image, {second!r} has {scored}"
        raise DkpError(problem, "predict both with the same detector")
    if fit == 0:
        raise DkpError(f"{source}: there is no keypoint in it", f"write it as {HOW}")


def _check_finite(source: str, name: str, array: NDArray[Any]) -> None:
    with np.errstate(over="ignore"):
        wrong = np.argwhere(~np.isfinite(array.astype(np.float32)))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        index = ", ".join(map(str, place))
        others = f", and {len(wrong) - 1} others are not finite as float32, too" if len(wrong) > 1 else ""
        problem = f"{source}: {name}[{index}] is {array[place]}{others}"
        raise DkpError(problem, "a keypoint that is not found needs a position, too, such as the centre: 0")


def _check_range(source: str, arrays: Arrays, size: int, meant: str) -> None:
    lowest = min(float(array.min()) for array in arrays.values())
    highest = max(float(array.max()) for array in arrays.values())
    far = [(name, tuple(place)) for name, array in arrays.items() for place in np.argwhere(np.abs(array) > FAR)[:1]]
    if far:
        name, place = far[0]
        index, value = ", ".join(map(str, place)), float(arrays[name][place])
        problem = f"{source}: {name}[{index}] is {value:g}; the image ends at −1 and 1"
        guess = "these look like pixels" if lowest >= -FAR else "if these are pixels"
        hint = f"{guess}: value / {size - 1} * 2 - 1 where images are {size} px wide, and likewise for another width"
        raise DkpError(problem, f"{hint}\n{meant}")
    if lowest >= 0:
        problem = f"{source}: no coordinate is negative ({lowest:g} to {highest:g}), and −1 to 1 is the image"
        raise DkpError(problem, f"if 0 to 1 is the image: value * 2 - 1\n{meant}")


def _headline(annotations: Annotations, predictions: Predictions) -> float:
    """Return the dataset's headline number, the larger the worse."""
    protocol, skeleton = annotations.protocols[0], annotations.skeleton
    splits = labelled_splits(annotations, predictions)
    result = score_protocol(protocol, *splits, skeleton.pairs, skeleton.names)[0]
    return -result.value if result.higher_is_better else result.value


def _centre(predictions: Predictions) -> Predictions:
    """Return one keypoint in the middle of each image; a regression makes the mean pose of it."""
    splits = (predictions.regression, predictions.test)
    return Predictions(*(np.zeros((len(points), 1, 2), dtype=np.float32) for points in splits))
