"""What is wrong with the files of Human3.6M is refused before anything is trained, and named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from dkp_bench.datasets.h36m.dataset import HumanWithBackground
from dkp_bench.errors import DkpError


@pytest.fixture
def data(publish: Callable[[str, Path], Path], tmp_path: Path) -> Path:
    return publish("h36m", tmp_path / "data")


def opened(data: Path) -> HumanWithBackground:
    return HumanWithBackground(128, cache=data.parent / "cache", data=data)


def refusal(data: Path) -> DkpError:
    with pytest.raises(DkpError) as error:
        opened(data).prepare()
    assert f"dkp-bench data check h36m --data {data}" in error.value.hint
    return error.value


@pytest.mark.parametrize("part", ["WithBackground", "BackgroudMask", "Landmarks"])
def test_a_frame_that_lacks_a_file_is_refused(data: Path, part: str) -> None:
    lost = next(data.glob(f"S5/{part}/Posing*/*"))
    lost.unlink()
    problem = refusal(data).problem
    assert problem.startswith(f"h36m: images, masks and landmarks in {data} do not belong together: ")
    assert f"{lost.relative_to(data)} is missing" in problem
    assert not list((data.parent / "cache").rglob("*.npy"))


def test_a_file_that_is_no_frame_is_refused(data: Path) -> None:
    first = next(data.glob("S5/WithBackground/Posing*/*"))
    shutil.copy(first, first.with_name("cover.jpg"))
    assert f"{first.relative_to(data).parent}/cover.jpg is not <number>.jpg" in refusal(data).problem


def test_a_subject_without_images_is_refused(data: Path) -> None:
    for path in data.glob("S11/*/*/*"):
        path.unlink()
    assert refusal(data).problem.endswith(": S11 has no images.")


def test_a_part_without_an_action_is_refused(data: Path) -> None:
    shutil.rmtree(next(data.glob("S11/Landmarks/Greeting*")))
    with pytest.raises(DkpError, match=f"h36m: {data} lacks S11/Landmarks/Greeting…"):
        opened(data).prepare()


def test_all_that_cannot_be_used_is_counted_and_the_first_named(data: Path) -> None:
    image, mask = next(data.glob("S1/WithBackground/Posing*/*")), next(data.glob("S6/BackgroudMask/Posing*/*"))
    image.write_bytes(image.read_bytes()[:-200])
    Image.new("1", (64, 64)).save(mask)
    several = sorted(data.glob("S7/Landmarks/W*/*"))
    for path in several:
        savemat(path, {"keypoints_3d": np.zeros((32, 3))})
    problem = refusal(data).problem
    assert problem.startswith(f"h36m: {2 + len(several)} of 252 files in {data} cannot be used: ")
    assert f"{image.relative_to(data)}: it ends too early" in problem
    assert f"{mask.relative_to(data)}: it is 64×64 pixels, not 128×128" in problem
    assert f"{several[0].relative_to(data)}: it has no variable 'keypoints_2d'" in problem


def test_an_image_that_is_damaged_later_is_named_when_it_is_read(data: Path) -> None:
    dataset = opened(data)
    images = dataset.images("test")
    path = data / list(dataset.photographs())[-9]
    path.write_bytes(b"")
    assert images.rgb(np.arange(3)).shape == (3, 128, 128, 3)
    with pytest.raises(DkpError, match=f"h36m: {path} cannot be read: it is empty"):
        images.rgb(np.arange(4))
