"""Predictions made elsewhere: what is likely a mistake is an error that names it and its mend."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dkp_bench.datasets import open_dataset
from dkp_bench.datasets.splits import find_split
from dkp_bench.errors import DkpError
from dkp_bench.runs.annotations import Annotations, annotations_of
from dkp_bench.runs.external import checked_predictions, doubts, read_external
from dkp_bench.runs.predictions import Predictions

KEYPOINTS = 5
Arrays = dict[str, Any]


@pytest.fixture
def annotations(small_datasets: None, tmp_path: Path) -> Annotations:
    return annotations_of(open_dataset("squares", 64, cache=tmp_path))


def sound(seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    return {"fit": rng.uniform(-1, 1, (40, KEYPOINTS, 2)), "test": rng.uniform(-1, 1, (12, KEYPOINTS, 2))}


def changed(name: str, change: Callable[[NDArray[Any]], object]) -> Arrays:
    return sound() | {name: change(sound()[name])}


def put(array: NDArray[Any], value: float) -> NDArray[Any]:
    array[3, 1, 0] = value
    return array


def saved(folder: Path, arrays: Arrays) -> Path:
    np.savez(folder / "mine.npz", allow_pickle=True, **arrays)
    return folder / "mine.npz"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_they_come_back_in_single_precision(dtype: str, annotations: Annotations, tmp_path: Path) -> None:
    arrays = {name: array.astype(dtype) for name, array in sound().items()}
    found = read_external(saved(tmp_path, arrays), annotations)
    for name, array in arrays.items():
        assert getattr(found, find_split(name)).dtype == np.float32
        np.testing.assert_array_equal(getattr(found, find_split(name)), array.astype(np.float32))


MISTAKES: dict[str, tuple[Arrays, str, str]] = {
    "no test": ({"fit": sound()["fit"]}, "has no array 'test'; it has 'fit'", "np.savez("),
    "other names": ({"train": sound()["fit"]}, "has no array 'fit'; it has 'train'", "np.savez("),
    "pickled": (
        changed("fit", lambda a: a.astype(object)),
        "holds pickled objects",
        "np.asarray(fit, dtype=np.float32)",
    ),
    "integers": (changed("test", lambda a: (a * 63).astype(int)), "'test' holds whole numbers (int64)", "(size - 1)"),
    "text": (changed("fit", lambda a: a.astype(str)), "'fit' holds <U", "np.savez("),
    "complex": (changed("fit", lambda a: a[..., 0] + 1j * a[..., 1]), "'fit' holds complex128", "np.savez("),
    "exchanged": (
        {"fit": sound()["test"], "test": sound()["fit"]},
        "'fit' has 12 images and 'test' has 40 images; it should be the other way round",
        "exchange the two arrays",
    ),
    "flat": (changed("fit", lambda a: a.reshape(40, -1)), "'fit' has the shape (40, 10)", "fit.reshape(40, 5, 2)"),
    "a scalar": (changed("fit", lambda a: a[0, 0, 0]), "'fit' has the shape ()", "it must be (40, keypoints, 2)"),
    "xy first": (
        changed("test", lambda a: a.transpose(0, 2, 1)),
        "has the shape (12, 2, 5)",
        "test.transpose(0, 2, 1)",
    ),
    "keypoints first": (
        changed("fit", lambda a: a.swapaxes(0, 1)),
        "has the shape (5, 40, 2)",
        "fit.transpose(1, 0, 2)",
    ),
    "with confidence": (
        changed("fit", lambda a: np.concatenate([a, a[..., :1]], axis=2)),
        "'fit' has the shape (40, 5, 3)",
        "fit[..., :2]",
    ),
    "one too few": (changed("test", lambda a: a[1:]), "has the shape (11, 5, 2)", "the test split has 12 images"),
    "another K": (changed("test", lambda a: a[:, 1:]), "'fit' has 5 keypoints an image, 'test' has 4", "same detector"),
    "no keypoint": ({name: a[:, :0] for name, a in sound().items()}, "there is no keypoint in it", "np.savez("),
    "NaN": (changed("test", lambda a: put(a, np.nan)), "test[3, 1, 0] is nan", "needs a position"),
    "infinite": (changed("fit", lambda a: put(a, -np.inf)), "fit[3, 1, 0] is -inf", "needs a position"),
    "pixels": (
        {name: (a + 1) / 2 * 63 for name, a in sound().items()},
        "; the image ends at −1 and 1",
        "these look like pixels: value / 63 * 2 - 1",
    ),
    "one far off": (changed("test", lambda a: put(a, -9.5)), "test[3, 1, 0] is -9.5; ", "if these are pixels"),
    "0 to 1": ({name: (a + 1) / 2 for name, a in sound().items()}, "no coordinate is negative (0.", "value * 2 - 1"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_mend(mistake: str, annotations: Annotations, tmp_path: Path) -> None:
    arrays, problem, mend = MISTAKES[mistake]
    path = saved(tmp_path, arrays)
    with pytest.raises(DkpError) as caught:
        read_external(path, annotations)
    assert caught.value.problem.startswith(str(path))
    assert problem in caught.value.problem
    assert mend in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY" + bytes(200)])
def test_a_file_that_is_no_npz_is_named(content: bytes, annotations: Annotations, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(DkpError, match=r"mine\.npz cannot be read as an \.npz"):
        read_external(path, annotations)


def test_a_file_that_is_not_there_is_named(annotations: Annotations, tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"there is no file .*mine\.npz"):
        read_external(tmp_path / "mine.npz", annotations)


@pytest.mark.parametrize("mistake", ["pixels", "one far off", "0 to 1"])
def test_an_unlikely_range_can_be_meant(mistake: str, annotations: Annotations, tmp_path: Path) -> None:
    arrays, _, _ = MISTAKES[mistake]
    found = read_external(saved(tmp_path, arrays), annotations, range_is_right=True)
    np.testing.assert_array_equal(found.test, arrays["test"].astype(np.float32))


def test_an_array_may_be_called_like_its_split(annotations: Annotations, tmp_path: Path) -> None:
    arrays = sound()
    path = saved(tmp_path, {"regression": arrays["fit"], "test": arrays["test"]})
    np.testing.assert_array_equal(read_external(path, annotations).regression, arrays["fit"].astype(np.float32))


def test_what_overflows_single_precision_is_refused(annotations: Annotations, tmp_path: Path) -> None:
    path = saved(tmp_path, changed("test", lambda a: put(a, -1e300)))
    with pytest.raises(DkpError, match=r"test\[3, 1, 0\] is -1e\+300"):
        read_external(path, annotations, range_is_right=True)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 2))
def test_any_positions_near_the_image_are_taken(seed: int, reach: float) -> None:
    arrays = {name: array * reach for name, array in sound(seed).items()}
    labels = [np.zeros((count, 4, 2), dtype=np.float32) for count in (40, 12)]
    fake = Annotations("x", 64, "0", None, (), *labels)  # type: ignore[arg-type]
    assert checked_predictions(arrays, fake, "mine").regression.shape == (40, KEYPOINTS, 2)


def corners(annotations: Annotations) -> Predictions:
    """The joints themselves, a little displaced."""
    return Predictions(annotations.regression.joints * np.float32(0.9), annotations.test.joints * np.float32(0.9))


def test_good_predictions_raise_no_doubt(annotations: Annotations) -> None:
    assert doubts(annotations, corners(annotations)) == []


def test_y_before_x_raises_a_doubt(annotations: Annotations) -> None:
    found = corners(annotations)
    exchanged = Predictions(found.regression[..., ::-1], found.test[..., ::-1])
    (doubt,) = doubts(annotations, exchanged)
    assert doubt.endswith("are they (x, y), x first?")
    flat = replace(annotations, test=replace(annotations.test, mask=None))
    assert doubts(flat, exchanged) == []


def test_another_order_raises_a_doubt(annotations: Annotations) -> None:
    found = corners(annotations)
    (doubt,) = doubts(annotations, Predictions(found.regression, np.roll(found.test, 1, axis=0)))
    assert "in the order of the images?" in doubt
