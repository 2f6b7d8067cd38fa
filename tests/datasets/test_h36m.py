import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from dkp_bench.datasets.h36m.dataset import HumanWithBackground, HumanWithoutBackground
from dkp_bench.depth.store import open_for_writing

Kind = type[HumanWithBackground]
TRAINING, TEST = {"S1", "S5", "S6", "S7", "S8", "S9"}, {"S11"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, publish: Callable[[str, Path], Path]) -> Path:
    """The published miniature; only to be read."""
    return publish("h36m", tmp_path_factory.mktemp("h36m"))


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may alter."""
    return Path(shutil.copytree(original, tmp_path / "data"))


class Progress:
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.works: dict[str, tuple[int, int]] = {}

    def __call__(self, what: str, done: int, total: int, note: str = "") -> None:
        self.works[what] = done, total


def opened(
    data: Path, kind: Kind = HumanWithBackground, size: int = 128, cache: Path | None = None
) -> HumanWithBackground:
    return kind(size, cache=cache or data.parent / "cache", data=data)


def every_file(data: Path, part: str) -> list[Path]:
    """Files of a part in the order that is promised: subject, recording, number."""
    return sorted(
        data.glob(f"S*/{part}/*/*"), key=lambda path: (int(path.parts[-4][1:]), path.parts[-2], int(path.stem))
    )


def of_subjects(paths: list[Path], subjects: set[str]) -> list[Path]:
    return [path for path in paths if path.parts[-4] in subjects]


@pytest.mark.parametrize(("split", "subjects"), [("train", TRAINING), ("regression", TRAINING), ("test", TEST)])
def test_splits_are_subjects_in_order(original: Path, tmp_path: Path, split: str, subjects: set[str]) -> None:
    dataset = opened(original, cache=tmp_path)
    paths = of_subjects(every_file(original, "WithBackground"), subjects)
    images = dataset.images(split).rgb(np.arange(len(paths)))
    assert len(dataset.images(split)) == len(paths)
    expected = np.stack([cv2.imread(str(path))[..., ::-1] for path in paths])
    np.testing.assert_array_equal(images, expected)


def test_numbers_are_sorted_as_numbers(original: Path) -> None:
    numbers = [int(path.stem) for path in every_file(original, "Landmarks")]
    assert any(len(str(a)) < len(str(b)) and str(a) > str(b) for a, b in pairwise(numbers)), (
        "the miniature has a pair that sorting by text would turn round"
    )


@pytest.mark.parametrize(("split", "subjects"), [("regression", TRAINING), ("test", TEST)])
def test_joints_are_those_of_the_files(original: Path, tmp_path: Path, split: str, subjects: set[str]) -> None:
    labels = opened(original, cache=tmp_path).labels(split)
    paths = of_subjects(every_file(original, "Landmarks"), subjects)
    tables = np.stack([loadmat(path)["keypoints_2d"] for path in paths]).astype(np.float32)
    np.testing.assert_array_equal(labels.joints[..., 0], 2 * tables[..., 1] - 1)
    np.testing.assert_array_equal(labels.joints[..., 1], 2 * tables[..., 0] - 1)
    assert labels.visible.all()


def test_joints_lie_on_the_figure(original: Path, tmp_path: Path) -> None:
    """Were x and y mixed up or scaled otherwise, they would not."""
    labels = opened(original, cache=tmp_path).labels("test")
    assert labels.mask is not None
    central = labels.joints[:, [0, 12, 13]]
    columns, rows = np.moveaxis(((central + 1) / 2 * 127).round().astype(int), -1, 0)
    assert np.take_along_axis(labels.mask.reshape(len(labels), -1), rows * 128 + columns, axis=1).mean() > 0.9


def test_pairs_are_the_true_ones() -> None:
    expected = {(1, 6), (2, 7), (3, 8), (4, 9), (5, 10), *((left, left + 8) for left in range(16, 24))}
    assert set(HumanWithBackground.skeleton.pairs) == expected
    assert len(HumanWithBackground.skeleton.names) == 32
    assert HumanWithBackground.protocols[0] == "autolink"


@pytest.mark.parametrize("size", [64, 128])
def test_the_mask_is_the_published_one(original: Path, tmp_path: Path, size: int) -> None:
    mask = opened(original, size=size, cache=tmp_path).labels("test").mask
    assert isinstance(mask, np.memmap)
    assert mask.dtype == np.bool_
    paths = of_subjects(every_file(original, "BackgroudMask"), TEST)
    published = np.stack([np.asarray(Image.open(path)) for path in paths])
    blocks = published.reshape(len(paths), size, 128 // size, size, 128 // size).mean(axis=(2, 4))
    clear = abs(blocks - 0.5) == 0.5
    agree = mask == (blocks > 0.5)
    assert agree[clear].mean() > 0.99, "Pillow's filter reaches a pixel beyond the block"
    assert size == 64 or agree.all()


def test_only_the_test_split_has_masks(original: Path, tmp_path: Path) -> None:
    assert opened(original, cache=tmp_path).labels("regression").mask is None


def test_groups(original: Path, tmp_path: Path) -> None:
    dataset = opened(original, cache=tmp_path)
    for split, subjects in (("regression", TRAINING), ("test", TEST)):
        groups = dataset.labels(split).groups
        paths = of_subjects(every_file(original, "WithBackground"), subjects)
        assert groups["subject"].tolist() == [path.parts[-4] for path in paths]
        assert groups["sequence"].tolist() == [f"{path.parts[-4]}/{path.parts[-2]}" for path in paths]
        assert set(groups["action"]) == {"Directions", "Discussion", "Posing", "Waiting", "Greeting", "Walking"}
    assert {"S9/Walking.55011271", "S9/Directions 1.54138969"} <= set(dataset.labels("regression").groups["sequence"])


def test_an_action_that_begins_alike_is_read_as_autolink_reads_it(data: Path) -> None:
    for part in ("WithBackground", "BackgroudMask", "Landmarks"):
        (walking,) = (data / "S1" / part).glob("Walking*")
        shutil.copytree(walking, walking.with_name("Eating.55011271"))
        walking.rename(walking.with_name("WalkingDog 1.55011271"))
    groups = opened(data).labels("regression").groups
    assert "WalkingDog" in groups["action"]
    assert "Eating" not in groups["action"]


@pytest.mark.parametrize("size", [64, 128])
def test_without_background(original: Path, tmp_path: Path, size: int) -> None:
    images = opened(original, HumanWithoutBackground, size, tmp_path).images("test")
    paths = of_subjects(every_file(original, "WithBackground"), TEST)
    for index, path in enumerate(paths):
        mask_path = Path(str(path).replace("WithBackground", "BackgroudMask")).with_suffix(".png")
        share = np.asarray(Image.open(mask_path), dtype=np.float64)[..., None]
        grey = 127.5 + (np.asarray(cv2.imread(str(path))[..., ::-1], dtype=np.float64) - 127.5) * share
        picture = Image.fromarray(np.floor(grey + 0.5).astype(np.uint8)).resize((size, size), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(images.rgb(np.array([index]))[0], np.asarray(picture))


def test_the_hash_is_the_same_for_two_people_with_the_same_files(original: Path, data: Path, tmp_path: Path) -> None:
    for path in data.glob("S*/*/*/*"):
        path.touch()
    assert opened(data).content_hash() == opened(original, cache=tmp_path / "other").content_hash()


@pytest.mark.parametrize("split", ["S1", "S11"])
@pytest.mark.parametrize("part", ["WithBackground", "BackgroudMask", "Landmarks"])
def test_the_hash_changes_with_any_file(data: Path, split: str, part: str) -> None:
    before = opened(data).content_hash()
    path = next(data.glob(f"{split}/{part}/*/*"))
    if part == "Landmarks":
        savemat(path, {"keypoints_2d": loadmat(path)["keypoints_2d"] + np.float32(1e-4)})
    else:
        other = next(other for other in path.parent.iterdir() if other != path)
        path.write_bytes(other.read_bytes())
    assert opened(data).content_hash() != before


def test_the_hash_tells_backgrounds_and_sizes_apart(original: Path, tmp_path: Path) -> None:
    hashes = {
        opened(original, kind, size, tmp_path).content_hash()
        for kind in (HumanWithBackground, HumanWithoutBackground)
        for size in (64, 128)
    }
    assert len(hashes) == 4


def test_files_are_read_once_for_both_datasets_and_sizes(original: Path, tmp_path: Path) -> None:
    first, second, third, fourth = Progress(), Progress(), Progress(), Progress()
    opened(original, cache=tmp_path).prepare(first)
    assert first.works == {"h36m: reading frames": (84, 84), "h36m: masks of 128 px": (12, 12)}
    opened(original, cache=tmp_path).prepare(second)
    opened(original, HumanWithoutBackground, cache=tmp_path).prepare(third)
    assert not second.works
    assert not third.works
    opened(original, HumanWithoutBackground, 64, tmp_path).prepare(fourth)
    assert fourth.works == {"h36m-nobg: masks of 64 px": (12, 12)}


def test_files_that_changed_are_read_again(data: Path) -> None:
    opened(data).prepare()
    frame = data / "S9" / "{}" / "Walking.55011271" / "400.{}"
    others = [next(data.glob(f"S9/{part}/Walking*/*")) for part in ("WithBackground", "BackgroudMask", "Landmarks")]
    added = [Path(str(frame).format(path.parts[-3], path.suffix[1:])) for path in others]
    for path, other in zip(added, others, strict=True):
        shutil.copy(other, path)
    assert len(opened(data).images("train")) == 73
    savemat(added[2], {"keypoints_2d": np.full((32, 2), 0.25)})
    assert (opened(data).labels("regression").joints[-1] == -0.5).all()
    for path in added:
        path.unlink()
    assert len(opened(data).images("train")) == 72


def test_an_interrupted_pass_leaves_nothing_half_done(data: Path) -> None:
    def interrupt(what: str, done: int, total: int, note: str = "") -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened(data).prepare(interrupt)
    assert not list((data.parent / "cache").rglob("*.npy"))
    assert len(opened(data).images("train")) == 72


def test_depth_with_background_is_that_of_the_store(data: Path) -> None:
    depth = fill_store(data)
    dataset = opened(data)
    assert dataset.why_no_depth() is None
    assert dataset.depth_source == "made-up"
    for split, subjects in (("train", TRAINING), ("test", TEST)):
        paths = of_subjects(every_file(data, "WithBackground"), subjects)
        expected = np.stack([depth[path.relative_to(data).as_posix()] for path in paths])
        np.testing.assert_allclose(dataset.images(split).depth(np.arange(len(paths))), expected, atol=1e-4)


@pytest.mark.parametrize("size", [64, 128])
def test_depth_without_background_is_far_there(data: Path, size: int) -> None:
    depth = fill_store(data)
    dataset = opened(data, HumanWithoutBackground, size)
    found = dataset.images("test").depth(np.arange(12))
    for index, path in enumerate(of_subjects(every_file(data, "BackgroudMask"), TEST)):
        image = path.relative_to(data).with_suffix(".jpg").as_posix().replace("BackgroudMask", "WithBackground")
        expected = np.where(np.asarray(Image.open(path)), depth[image], depth[image].min())
        resized = Image.fromarray(expected.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR)
        np.testing.assert_allclose(found[index], np.asarray(resized), atol=1e-3)


def fill_store(data: Path) -> dict[str, np.ndarray]:
    """Random maps for every image, by their names."""
    rng, dataset = np.random.default_rng(3), opened(data)
    depth = {name: rng.uniform(1, 9, (128, 128)).astype(np.float32) for name in dataset.photographs()}
    assert all((data / name).is_file() for name in depth)
    open_for_writing(dataset.depth_root, "made-up", {"model": "random"}).add(depth)
    return depth


def test_joints_outside_the_image_are_told(data: Path) -> None:
    path = next(data.glob("S1/Landmarks/Posing*/*"))
    table = np.full((32, 2), 0.5)
    table[5] = 1.25, -0.5
    savemat(path, {"keypoints_2d": table})
    assert opened(data).notes() == (
        "72 images to train and fit on, 12 of subject 11 to test on",
        "landmarks from -0.500 to 1.250, where the image is 0 to 1",
        "1 of 2,688 joints lie outside their image",
    )
