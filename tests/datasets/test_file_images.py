import threading
import timeit
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.datasets.file_images import FileImages, in_threads
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_rgb, resize


def grey(index: int) -> np.ndarray:
    return np.full((4, 4, 3), index, dtype=np.uint8)


def test_images_come_in_the_order_that_was_asked_for() -> None:
    images = FileImages(200, 4, grey)
    assert len(images) == 200
    wanted = np.array([7, 3, 3, 199, 0])
    assert images.rgb(wanted).shape == (5, 4, 4, 3)
    np.testing.assert_array_equal(images.rgb(wanted)[:, 0, 0, 0], wanted)
    assert not images.has_depth
    with pytest.raises(DkpError, match="no depth"):
        images.depth(wanted)


def test_depth_is_read_likewise() -> None:
    images = FileImages(9, 2, grey, lambda index: np.full((2, 2), index / 2, dtype=np.float32))
    assert images.has_depth
    np.testing.assert_array_equal(images.depth(np.array([5, 1]))[:, 0, 0], [2.5, 0.5])


def test_several_threads_read_at_once() -> None:
    meet = threading.Barrier(2, timeout=30)

    def wait_for_another(index: int) -> np.ndarray:
        meet.wait()
        return grey(index)

    assert FileImages(2, 4, wait_for_another).rgb(np.arange(2)).shape == (2, 4, 4, 3)


def test_an_error_is_the_readers_own() -> None:
    def refuse(index: int) -> np.ndarray:
        raise DkpError(f"image {index} is damaged")

    with pytest.raises(DkpError, match="image 3 is damaged"):
        FileImages(9, 4, refuse).rgb(np.array([3, 4]))


@pytest.mark.bench
def test_speed_of_reading(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    files = [tmp_path / f"{number}.png" for number in range(64)]
    for file in files:
        cv2.imwrite(str(file), cv2.blur(noise, (5, 5)))

    def read(file: Path) -> np.ndarray:
        return resize(read_rgb(file), 128)

    def seconds(run: Callable[[], object]) -> float:
        return min(timeit.repeat(run, number=1, repeat=5))

    alone, together = seconds(lambda: [read(file) for file in files]), seconds(lambda: list(in_threads(read, files)))
    print(f"\n64 PNG of 256 px, resized: {64 / alone:.0f} images/s alone, {alone / together:.1f} times that in threads")
    np.testing.assert_array_equal(list(in_threads(read, files)), [read(file) for file in files])
