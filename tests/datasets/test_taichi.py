import os
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dkp_bench.datasets.taichi.dataset import Taichi
from dkp_bench.datasets.taichi.files import LANDMARKS
from dkp_bench.depth.store import open_for_writing
from dkp_bench.errors import DkpError

FIT, TEST, FRAMES = 40, 14, 24


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, publish: Callable[[str, Path], Path]) -> Path:
    return publish("taichi", tmp_path_factory.mktemp("published") / "taichi")


@pytest.fixture
def published(original: Path, tmp_path: Path) -> Path:
    """A copy of the published files for a test to spoil."""
    return Path(shutil.copytree(original, tmp_path / "taichi"))


@pytest.fixture(scope="session")
def write_landmarks(repository: Path) -> Callable[..., None]:
    path = repository / "tests" / "fixtures" / "published" / "taichi.py"
    function: Callable[..., None] = runpy.run_path(str(path))["write_landmarks"]
    return function


def opened(data: Path, tmp_path: Path, size: int = 64) -> Taichi:
    return Taichi(size, cache=tmp_path / "cache", data=data)


def red_at(folder: Path, name: str, points: np.ndarray) -> None:
    """Overwrite an image with black, and white squares at points of 0 … 255."""
    picture = np.zeros((256, 256, 3), dtype=np.uint8)
    for x, y in points.astype(int):
        picture[y - 4 : y + 5, x - 4 : x + 5] = 255
    cv2.imwrite(str(folder / name), picture)


def test_splits(original: Path, tmp_path: Path) -> None:
    dataset = opened(original, tmp_path)
    assert [len(dataset.images(split)) for split in ("train", "regression", "test")] == [FRAMES, FIT, TEST]
    assert dataset.labels("regression").mask is None
    assert not dataset.labels("test").groups


def test_frames_are_sorted_by_video_and_then_by_name(original: Path, tmp_path: Path) -> None:
    names = opened(original, tmp_path).names("train")
    assert [name.split("/")[1] for name in names[::8]] == [
        "GQ0ef8nh9H8",  # ImageFolder's order; as paths, "#" comes before "/"
        "GQ0ef8nh9H8#002530#002818",
        "mndSqTrxpts#002234#002406",
    ]
    assert names[:2] == ["train/GQ0ef8nh9H8/0000000.png", "train/GQ0ef8nh9H8/0000001.png"]


def test_folders_in_a_video_come_in_image_folders_order(published: Path, tmp_path: Path) -> None:
    video = published / "train" / "GQ0ef8nh9H8"
    expected = ["0000003.png", "0000007.png", "0000001/a.png", "0000001 b/a.png", "0000001/c/a.png", "part/0.png"]
    frames = sorted(video.glob("*.png"))
    for name in expected[2:]:
        (video / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(frames[0], video / name)
    for frame in frames:
        if frame.name not in expected:
            frame.unlink()
    names = [name for name in opened(published, tmp_path).names("train") if "/GQ0ef8nh9H8/" in name]
    assert [name.removeprefix("train/GQ0ef8nh9H8/") for name in names] == sorted(
        expected, key=lambda name: (str((video / name).parent), Path(name).name)
    )
    assert names[0].endswith("H8/0000003.png"), "the frames of the video's own folder come first"


@pytest.mark.parametrize("size", [64, 128])
def test_joints_lie_where_the_image_shows_them(
    published: Path, tmp_path: Path, size: int, write_landmarks: Callable[..., None]
) -> None:
    joints = np.full((2, 18, 2), -1.0)
    joints[:, 3] = (200, 60), (30, 190)
    write_landmarks(published / LANDMARKS["test"], ["00001.png", "00000.png"], list(joints))
    for name, points in zip(("00001.png", "00000.png"), joints[:, 3:4], strict=True):
        red_at(published / "eval_images" / "taichi-256" / "test", name, points)
    dataset = opened(published, tmp_path, size)
    labels, images = dataset.labels("test"), dataset.images("test").rgb(np.arange(2)).mean(axis=3)
    assert np.argwhere(labels.visible).tolist() == [[0, 3], [1, 3]]
    grid = np.linspace(-1, 1, size)
    found = np.stack([(images.sum(axis=1) * grid).sum(axis=1), (images.sum(axis=2) * grid).sum(axis=1)], axis=1)
    found /= images.sum(axis=(1, 2))[:, None]
    assert np.abs(labels.joints[:, 3] - found).max() < 2 / size, "more than a pixel off"
    assert labels.joints[0, 3].tolist() == pytest.approx([2 * 200 / 255 - 1, 2 * 60 / 255 - 1])


def test_missing_joints_are_not_visible(original: Path, tmp_path: Path) -> None:
    labels = opened(original, tmp_path).labels("regression")
    assert labels.visible[:, [1, 2, 5, 11]].all()
    assert 0.05 < 1 - labels.visible.mean() < 0.1
    assert (np.abs(labels.joints[labels.visible]) <= 1).all()


def test_masks_cover_the_figure(original: Path, tmp_path: Path) -> None:
    labels = opened(original, tmp_path).labels("test")
    assert labels.mask is not None
    neck = np.round((labels.joints[:, 1] + 1) / 2 * 63).astype(int)
    assert labels.mask[np.arange(TEST), neck[:, 1], neck[:, 0]].mean() > 0.8


def test_masks_of_ones_are_masks_too(published: Path, tmp_path: Path) -> None:
    expected = opened(published, tmp_path).labels("test").mask
    for path in (published / "taichi-test-masks").iterdir():
        cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) // 255)
    np.testing.assert_array_equal(opened(published, tmp_path).labels("test").mask, expected)


def test_masks_may_be_absent(published: Path, tmp_path: Path) -> None:
    assert "test masks: all there" in opened(published, tmp_path).notes()
    shutil.rmtree(published / "taichi-test-masks")
    dataset = opened(published, tmp_path)
    assert dataset.labels("test").mask is None
    assert "test masks: no folder taichi-test-masks, so no share on the figure" in dataset.notes()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda path: path.unlink(), "lacks 1 of 14 masks: taichi-test-masks/00003.png.\\nComplete"),
        (lambda path: path.write_bytes(b""), "it is empty"),
    ],
)
def test_masks_must_be_all_there(
    published: Path, tmp_path: Path, spoil: Callable[[Path], object], problem: str
) -> None:
    spoil(published / "taichi-test-masks" / "00003.png")
    with pytest.raises(DkpError, match=problem):
        opened(published, tmp_path).labels("test")


@pytest.mark.parametrize(("picture", "problem"), [(np.zeros((9, 9)), "of one colour"), (np.eye(9)[:8], "9×8 pixels")])
def test_a_mask_that_shows_nothing_is_named(published: Path, tmp_path: Path, picture: np.ndarray, problem: str) -> None:
    path = published / "taichi-test-masks" / "00003.png"
    cv2.imwrite(str(path), np.uint8(255) * picture.astype(np.uint8))
    with pytest.raises(DkpError, match=f"{path} cannot be read: it is {problem}"):
        opened(published, tmp_path).labels("test")


def test_notes(original: Path, tmp_path: Path) -> None:
    frames, counts, missing, edge, *_ = opened(original, tmp_path).notes()
    assert frames == "24 frames of 3 videos to train on"
    assert counts == "40 images to fit the regression on, 14 to test on"
    assert missing.startswith("missing joints: 6.")
    assert edge.endswith("joints at x = 0 or y = 0, which StableKeypoints' code takes for missing")


def test_the_hash_is_of_the_content_and_not_of_the_copy(published: Path, tmp_path: Path) -> None:
    first = opened(published, tmp_path).content_hash()
    for path in published.rglob("*.*"):
        os.utime(path, (1, 1))
    assert Taichi(64, cache=tmp_path / "other", data=published).content_hash() == first
    assert opened(published, tmp_path).content_hash() == first


IMAGE = "eval_images/taichi-256/train/{:05}.png"
CHANGES: dict[str, Callable[[Path], object]] = {
    "an image to fit on": lambda folder: shutil.copy(folder / IMAGE.format(0), folder / IMAGE.format(1)),
    "a mask": lambda folder: shutil.copy(*(folder / f"taichi-test-masks/0000{number}.png" for number in (0, 1))),
    "no masks": lambda folder: shutil.rmtree(folder / "taichi-test-masks"),
    "another frame": lambda folder: shutil.copy(folder / IMAGE.format(0), folder / "train/GQ0ef8nh9H8/9.png"),
    "a frame's length": lambda folder: (folder / "train/GQ0ef8nh9H8/0000003.png").write_bytes(b"of another length"),
    "a video's name": lambda folder: (folder / "train/GQ0ef8nh9H8").rename(folder / "train/other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_hash_changes_with_the_content(published: Path, tmp_path: Path, change: str) -> None:
    first = opened(published, tmp_path).content_hash()
    CHANGES[change](published)
    assert opened(published, tmp_path).content_hash() != first


def test_an_image_that_no_row_names_is_not_used(published: Path, tmp_path: Path) -> None:
    first = opened(published, tmp_path).content_hash()
    shutil.copy(published / IMAGE.format(0), published / IMAGE.format(99))
    dataset = opened(published, tmp_path)
    assert dataset.content_hash() == first
    assert not any(name.endswith("00099.png") for name in dataset.photographs())


def test_the_files_are_read_once(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[tuple[str, int, int]] = []
    opened(published, tmp_path).prepare(lambda what, done, total, note="": reports.append((what, done, total)))
    assert reports == [
        ("taichi: reading the regression images", FIT, FIT),
        ("taichi: reading the test images", 2 * TEST, 2 * TEST),
    ]
    opened(published, tmp_path).prepare(lambda *_: pytest.fail("they were read again"))
    monkeypatch.setattr(
        "dkp_bench.datasets.taichi.dataset.all_landmarks", lambda path: pytest.fail("it was read again")
    )
    assert len(opened(published, tmp_path, 128).labels("regression")) == FIT


def test_depth_comes_from_the_store(published: Path, tmp_path: Path) -> None:
    dataset = opened(published, tmp_path)
    names = dataset.photographs()
    assert len(names) == FRAMES + FIT + TEST
    assert all(path == published / name and path.is_file() for name, path in names.items())
    store = open_for_writing(published / "depth", "flat", {})
    store.add({name: np.full((32, 32), number, dtype=np.float32) for number, name in enumerate(names)})
    again = opened(published, tmp_path)
    assert again.content_hash() == dataset.content_hash(), "maps are no images of the dataset"
    assert again.images("train").depth(np.array([3]))[0, 0, 0] == 3
    assert again.images("test").depth(np.array([0])).max() == FRAMES + FIT


def test_a_damaged_image_is_named_when_it_is_read(published: Path, tmp_path: Path) -> None:
    path = published / "train" / "GQ0ef8nh9H8" / "0000001.png"
    path.write_bytes(path.read_bytes()[:-20])
    images = opened(published, tmp_path).images("train")
    images.rgb(np.array([0, 2]))
    with pytest.raises(DkpError, match=f"taichi: {path} cannot be read: it ends too early") as error:
        images.rgb(np.array([1]))
    assert "dkp-bench data check taichi" in error.value.hint


def test_frames_must_lie_in_folders_of_videos(published: Path, tmp_path: Path) -> None:
    shutil.copy(published / IMAGE.format(0), published / "train" / "loose.png")
    dataset = opened(published, tmp_path)
    assert len(dataset.images("train")) == FRAMES
    assert "1 frames lie in no folder of a video and are not trained on" in dataset.notes()
    shutil.rmtree(published / "train")
    (published / "train").mkdir()
    (published / "train" / "GQ0ef8nh9H8.mp4").touch()
    with pytest.raises(DkpError, match="holds no frames") as error:
        opened(published, tmp_path).prepare()
    assert error.value.hint == "Extract the frames of the videos, each into its own folder."


def test_images_that_rows_name_must_be_there(published: Path, tmp_path: Path) -> None:
    for number in (3, 4):
        (published / IMAGE.format(number)).unlink()
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    asked = f"lacks 2 of {FIT} files that landmark/taichi_train_gt.pkl asks for"
    assert error.value.problem.startswith(f"taichi: {published} {asked}: eval_images/")
    assert not (tmp_path / "cache").exists()


def test_the_published_landmarks_read_as_documented(shared: Path, published: Path, tmp_path: Path) -> None:
    shutil.rmtree(published / "taichi-test-masks")
    for name in ("taichi_train_gt.pkl", "taichi_test_gt.pkl"):
        shutil.copy(shared / "taichi" / "landmark" / name, published / "landmark" / name)
    annotations = opened(published, tmp_path).annotations()
    fit, test = annotations["regression"], annotations["test"]
    assert (len(fit.images), len(test.images)) == (5000, 300)
    assert round(1 - fit.visible.mean(), 3) == 0.072
    assert round(1 - test.visible.mean(), 3) == 0.070
    x, y = (np.ma.masked_array(fit.joints[..., axis], ~fit.visible).mean(axis=0) for axis in (0, 1))
    names = Taichi.skeleton.names.index
    assert y[names("nose")] < y[names("neck")] < y[names("left hip")] < y[names("left knee")] < y[names("left ankle")]
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "eye", "ear"):
        assert x[names(f"right {joint}")] < x[names(f"left {joint}")], "most people face the camera"
