"""What is wrong with the files of Human3.6M is refused before anything is trained, and named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from dkp_bench.datasets.h36m.dataset import HumanWithBackground, HumanWithoutBackground
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


def recode(data: Path, pattern: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    for path in data.glob(pattern):
        Image.fromarray(change(np.asarray(Image.open(path).convert("L"))).astype(np.uint8)).save(path)


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ("0 and 1", lambda mask: mask // 255),
        ("0 and 127", lambda mask: mask // 2),
        ("4 and 7", lambda mask: mask // 85 + 4),
    ],
)
def test_masks_of_another_coding_are_read_as_masks(
    publish: Callable[[str, Path], Path], tmp_path: Path, values: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    usual, other = (publish("h36m", tmp_path / name / "data") for name in ("usual", "other"))
    recode(other, "S*/BackgroudMask/*/*", change)
    found, expected = (HumanWithoutBackground(128, cache=data.parent / "cache", data=data) for data in (other, usual))
    every = np.arange(72)
    found.prepare()
    assert found.images("train").rgb(every).tolist() == expected.images("train").rgb(every).tolist()
    np.testing.assert_array_equal(found.labels("test").mask, expected.labels("test").mask)
    told = f"{values} (84, read as 0 and 255)"
    assert f"masks are stored with {told}" in found.notes()
    assert {finding.what: finding.found for finding in found.check()}["values that the masks are stored with"] == told


@pytest.mark.parametrize(
    ("pattern", "change", "problem"),
    [
        ("S*/BackgroudMask/*/*", lambda mask: 255 - mask, "the masks look inverted, or belong to other images"),
        ("S*/BackgroudMask/*/*", lambda mask: mask * 0, "share of an image that its figure covers: 0.0% to 0.0%"),
        ("S1/BackgroudMask/Posing*/*", lambda mask: mask * 0 + 255, "is of one colour and 1 more"),
        ("S1/BackgroudMask/Posing*/*", lambda mask: np.indices(mask.shape).sum(axis=0), "are grey, neither figure nor"),
    ],
    ids=["inverted", "empty", "a few full", "grey"],
)
@pytest.mark.parametrize("kind", [HumanWithBackground, HumanWithoutBackground])
def test_what_are_no_masks_of_these_people_is_refused(
    data: Path, kind: type[HumanWithBackground], pattern: str, change: Callable[[np.ndarray], np.ndarray], problem: str
) -> None:
    recode(data, pattern, change)
    dataset = kind(64, cache=data.parent / "cache", data=data)
    with pytest.raises(DkpError, match=problem):
        dataset.prepare()
    assert not all(finding.ok for finding in dataset.check())


def test_one_mask_of_one_colour_among_many_is_told(publish: Callable[[str, Path], Path], tmp_path: Path) -> None:
    data = publish("h36m", tmp_path / "data")
    for number in range(20, 32):  # of 96 frames, so that one mask is about a hundredth
        for path in data.glob("S1/*/Walking*/2.*"):
            shutil.copy(path, path.with_stem(str(number)))
    recode(data, "S1/BackgroudMask/Walking*/20.png", lambda mask: mask * 0)
    with pytest.raises(DkpError, match="at most"):
        opened(data).prepare()
    for number in range(32, 37):
        for path in data.glob("S1/*/Walking*/2.*"):
            shutil.copy(path, path.with_stem(str(number)))
    dataset = opened(data)
    dataset.prepare()
    assert "1 masks are of one colour" in dataset.notes()


def test_landmarks_as_x_y_are_refused(data: Path) -> None:
    for path in data.glob("S*/Landmarks/*/*"):
        savemat(path, {"keypoints_2d": loadmat(path)["keypoints_2d"][:, ::-1]})
    problem = refusal(data).problem
    assert "masks: joints on the figure of the mask: 31.0%, with x and y exchanged 96.7%" in problem
    assert problem.endswith("x and y look exchanged")
    wrong = {finding.what for finding in opened(data).check() if "x and y look exchanged" in finding.offenders}
    assert wrong == {f"{what}: joints on the figure of the mask" for what in ("masks", "test")}
