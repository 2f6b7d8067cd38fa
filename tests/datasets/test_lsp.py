import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from dkp_bench.datasets.lsp.dataset import MIN_JOINTS, Lsp
from dkp_bench.datasets.lsp.files import ENLARGE, LEAST_SIDE
from dkp_bench.depth.store import open_for_writing
from dkp_bench.errors import DkpError
from dkp_bench.imaging import read_rgb
from dkp_bench.progress import heard_by

COUNT = 20
FEW = (3, 18)
"""Images of the fixture with too few visible joints: one of the first 80 %, one of the last 20 %."""


def annotate(seed: int = 0) -> NDArray[np.float64]:
    """Joints ``(14, 3, COUNT)`` as they are published: joints that are not visible lie at negative coordinates."""
    rng = np.random.default_rng(seed)
    table = np.empty((14, 3, COUNT))
    table[:, 0], table[:, 1] = rng.uniform(30, 150, (14, COUNT)), rng.uniform(20, 190, (14, COUNT))
    table[:, 2] = 1
    for image in FEW:
        table[: 14 - MIN_JOINTS + 1, :, image] = (-40.5, -7.25, 0)
    table[5, :, 0] = (-40.5, -7.25, 0)
    return table


def publish(folder: Path, table: NDArray[np.float64]) -> Path:
    """Write the published layout: each photograph is dark with a bright spot at its joint 13 (head top)."""
    (folder / "images").mkdir(parents=True)
    savemat(folder / "joints.mat", {"joints": table})
    for number in range(table.shape[2]):
        photograph = np.full((200, 180, 3), 10, dtype=np.uint8)
        x, y = np.floor(table[13, :2, number]).astype(int)
        photograph[y - 4 : y + 5, x - 4 : x + 5] = (0, 0, 255)  # red, in OpenCV's order
        cv2.imwrite(str(folder / "images" / f"im{number + 1:05}.jpg"), photograph, [cv2.IMWRITE_JPEG_QUALITY, 98])
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("published") / "lspet", annotate())


@pytest.fixture
def published(original: Path, tmp_path: Path) -> Path:
    """A copy of the published files for a test to spoil."""
    return Path(shutil.copytree(original, tmp_path / "lspet"))


def opened(data: Path | None, tmp_path: Path, size: int = 64) -> Lsp:
    return Lsp(size, cache=tmp_path / "cache", data=data)


def test_splits_leave_out_what_has_too_few_joints(original: Path, tmp_path: Path) -> None:
    dataset = opened(original, tmp_path)
    dataset.prepare()
    assert [len(dataset.images(split)) for split in ("train", "regression", "test")] == [16, 15, 3]
    assert len(dataset.labels("regression")) == 15
    assert len(dataset.labels("test")) == 3
    everything = dataset.images("train").rgb(np.arange(16))
    fitted_on = dataset.images("regression").rgb(np.arange(15))
    np.testing.assert_array_equal(fitted_on, np.delete(everything, FEW[0], axis=0))


def test_left_out_images_are_counted(original: Path, tmp_path: Path) -> None:
    total, used, left_out = opened(original, tmp_path).notes()
    assert total.startswith("20 images, 94.6% ")  # 280 joints, 2 × 7 + 1 of them not visible
    assert used == "16 to train on, 15 of them to fit the regression on, 3 to test on"
    assert left_out.startswith("2 images have fewer than 8 visible joints")
    assert left_out.endswith("(1 of them are trained on, 1 are not used)")


@pytest.mark.parametrize("size", [64, 128])
def test_joints_lie_where_the_photograph_shows_them(original: Path, tmp_path: Path, size: int) -> None:
    dataset = opened(original, tmp_path, size)
    labels, images = dataset.labels("regression"), dataset.images("regression").rgb(np.arange(15))
    red = np.clip(images[..., 0].astype(np.float64) - images[..., 2] - 60, 0, None)
    grid = np.linspace(-1, 1, size)
    found = np.stack([(red.sum(axis=1) * grid).sum(axis=1), (red.sum(axis=2) * grid).sum(axis=1)], axis=1)
    found /= red.sum(axis=(1, 2))[:, None]
    assert np.abs(labels.joints[:, 13] - found).max() < 2 / size, "more than a pixel off"


def test_visibility_is_respected(original: Path, tmp_path: Path) -> None:
    labels = opened(original, tmp_path).labels("regression")
    assert np.argwhere(~labels.visible).tolist() == [[0, 5]]
    assert np.isfinite(labels.joints).all()
    assert (np.abs(labels.joints[labels.visible]) <= 1).all()
    assert labels.mask is None


def test_crops_are_made_once_and_again_when_a_photograph_changes(published: Path, tmp_path: Path) -> None:
    first = opened(published, tmp_path)
    reports: list[tuple[int, int]] = []
    first.prepare(lambda what, done, total, note="": reports.append((done, total)))
    assert reports == [(done, COUNT) for done in range(1, COUNT + 1)]
    opened(published, tmp_path).prepare(lambda *_: pytest.fail("the crops were there"))
    shutil.copy(published / "images" / "im00002.jpg", published / "images" / "im00001.jpg")
    assert opened(published, tmp_path).content_hash() != first.content_hash()


def test_an_interrupted_preparation_is_done_again(original: Path, tmp_path: Path) -> None:
    dataset = opened(original, tmp_path)
    expected = dataset.content_hash()
    (folder,) = (tmp_path / "cache" / "lsp").iterdir()
    (folder / "content.json").unlink()
    (folder / "crops.npy").write_bytes(b"half")
    assert opened(original, tmp_path).content_hash() == expected
    assert json.loads((folder / "content.json").read_text())["facts"] == {"content_hash": expected}


def test_a_damaged_cache_is_made_again(original: Path, tmp_path: Path) -> None:
    opened(original, tmp_path).prepare()
    (folder,) = (tmp_path / "cache" / "lsp").iterdir()
    whole = (folder / "joints.npy").read_bytes()
    (folder / "joints.npy").write_bytes(b"garbage")
    said: list[str] = []
    with heard_by(said.append):
        opened(original, tmp_path).prepare()
    assert len(said) == 1
    assert str(folder) in said[0]
    assert (folder / "joints.npy").read_bytes() == whole


def test_depth_is_cropped_from_the_store_as_the_photograph_is(published: Path, tmp_path: Path) -> None:
    dataset = opened(published, tmp_path)
    photographs = dataset.photographs()
    assert list(photographs) == [f"images/im{number:05}.jpg" for number in range(1, COUNT + 1)]
    store = open_for_writing(dataset.depth_root, "redness", {"model": "redness"})
    store.add({name: read_rgb(path)[..., 0].astype(np.float32) for name, path in photographs.items()})
    dataset = opened(published, tmp_path)
    assert (dataset.why_no_depth(), dataset.depth_source) == (None, "redness")
    for split in ("train", "regression", "test"):
        images = dataset.images(split)
        every = np.arange(len(images))
        assert images.has_depth
        depth = images.depth(every)
        assert depth.dtype == np.float32
        assert np.abs(depth - images.rgb(every)[..., 0]).max() <= 1, "the same square, but for the rounding of colours"


def test_without_a_store_the_images_have_no_depth(original: Path, tmp_path: Path) -> None:
    images = opened(original, tmp_path).images("train")
    assert not images.has_depth
    with pytest.raises(DkpError, match="no depth maps") as error:
        images.depth(np.arange(2))
    assert f"dkp-bench data depth lsp --data {original}" in error.value.hint


def test_an_image_without_visible_joints_is_cropped_in_the_middle(tmp_path: Path) -> None:
    table = annotate()
    table[:, 2, 7] = 0
    dataset = opened(publish(tmp_path / "lspet", table), tmp_path)
    assert len(dataset.images("train")) == 16
    assert len(dataset.images("regression")) == 14


def test_a_folder_can_come_from_the_environment(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DKP_BENCH_LSP", str(original))
    assert len(opened(None, tmp_path).images("test")) == 3


@pytest.mark.parametrize(
    ("folder", "problem"),
    [(None, "no folder"), ("nowhere", "there is no folder"), ("empty", "lacks joints.mat, images")],
)
def test_missing_files_are_answered_with_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str | None, problem: str
) -> None:
    monkeypatch.delenv("DKP_BENCH_LSP", raising=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DkpError, match=problem) as error:
        opened(tmp_path / folder if folder else None, tmp_path).prepare()
    for needed in ("sam.johnson.io/research/lspet.html", "images/im00001.jpg", "joints.mat", "DKP_BENCH_LSP", "--data"):
        assert needed in error.value.hint


def _bad_flag(table: NDArray[np.float64]) -> dict[str, object]:
    table[2, 2, 4] = 2
    return {"joints": table}


def _not_a_number(table: NDArray[np.float64]) -> dict[str, object]:
    table[2, 0, 4] = np.nan
    return {"joints": table}


def _far_away(table: NDArray[np.float64]) -> dict[str, object]:
    table[2, 1, 4] = 1e9
    return {"joints": table}


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda table: {"points": table}, "no variable 'joints'"),
        (lambda table: {"joints": table[:, :2]}, r"\(14, 2, 20\)"),
        (lambda table: {"joints": table[:13]}, r"\(13, 3, 20\)"),
        (lambda table: {"joints": table[:, :, 0]}, r"\(14, 3\)"),
        (lambda table: {"joints": table + 1j}, "complex128"),
        (lambda table: {"joints": "ankle"}, "not numbers"),
        (_bad_flag, "neither 0 nor 1"),
        (_not_a_number, "joint 3 of im00005.jpg lies at .*nan"),
        (_far_away, "joint 3 of im00005.jpg"),
    ],
)
def test_a_wrong_annotation_is_refused(published: Path, tmp_path: Path, spoil, problem: str) -> None:
    savemat(published / "joints.mat", spoil(annotate()))
    with pytest.raises(DkpError, match=problem) as error:
        opened(published, tmp_path).prepare()
    assert "joints.mat" in error.value.problem


@pytest.mark.parametrize("kept", [0, 60, 130, 700])
def test_a_truncated_annotation_is_refused(published: Path, tmp_path: Path, kept: int) -> None:
    path = published / "joints.mat"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DkpError, match=r"joints\.mat"):
        opened(published, tmp_path).prepare()


def test_nan_of_a_joint_that_is_not_visible_does_not_matter(published: Path, tmp_path: Path) -> None:
    table = annotate()
    table[5, :2, 0] = np.nan
    savemat(published / "joints.mat", {"joints": table})
    assert np.isfinite(opened(published, tmp_path).labels("regression").joints).all()


def test_an_annotated_photograph_that_is_absent_is_named(published: Path, tmp_path: Path) -> None:
    (published / "images" / "im00004.jpg").unlink()
    with pytest.raises(DkpError, match=r"do not belong together: im00004\.jpg is annotated and absent\."):
        opened(published, tmp_path).prepare()


def test_a_photograph_without_annotation_is_named(published: Path, tmp_path: Path) -> None:
    shutil.copy(published / "images" / "im00004.jpg", published / "images" / "im00021.jpg")
    with pytest.raises(DkpError, match=r"do not belong together: im00021\.jpg is not annotated\."):
        opened(published, tmp_path).prepare()


def test_every_damaged_photograph_is_named(published: Path, tmp_path: Path) -> None:
    images = published / "images"
    whole = (images / "im00001.jpg").read_bytes()
    (images / "im00001.jpg").write_bytes(whole[: len(whole) // 2])
    (images / "im00005.jpg").write_bytes(b"")
    (images / "im00009.jpg").write_bytes(b"no image \xff\xd9")
    with pytest.raises(DkpError, match="3 of 20 photographs") as error:
        opened(published, tmp_path).prepare()
    for name in ("im00001.jpg (it ends too early)", "im00005.jpg (it is empty)", "im00009.jpg (it is no image)"):
        assert name in error.value.problem
    assert "dkp-bench data check lsp" in error.value.hint
    assert not list((tmp_path / "cache").rglob("content.json"))


def test_the_content_of_the_real_files_is_what_it_always_was(shared: Path, tmp_path: Path) -> None:
    if not (shared / "lspet").is_dir():
        pytest.skip("Leeds Sports Pose Extended is not there")
    dataset = opened(shared / "lspet", tmp_path)
    dataset.prepare()
    if len(dataset.photographs()) != 3_000:
        pytest.skip("the hash is of the first 3,000 images")
    assert dataset.content_hash() == "6fcc051aecee568f", "the README's measured signature"


def test_the_real_annotation_reads_as_documented(shared: Path, tmp_path: Path) -> None:
    if not (shared / "lspet").is_dir():
        pytest.skip("Leeds Sports Pose Extended is not there")
    dataset = opened(shared / "lspet", tmp_path)
    labels = dataset.labels("regression")
    margin = (1 / ENLARGE + 1 / LEAST_SIDE) * 64 / 63  # the square is of whole pixels, ±1 are centres of pixels
    assert (np.abs(labels.joints[labels.visible]) <= margin).all(), "a visible joint outside the person's box"
    x, y = (np.ma.masked_array(labels.joints[..., axis], ~labels.visible).mean(axis=0) for axis in (0, 1))
    names = dataset.skeleton.names.index
    assert y[names("head top")] < y[names("neck")] < y[names("left hip")] < y[names("left ankle")]
    for joint in ("shoulder", "hip", "elbow"):
        assert x[names(f"right {joint}")] < x[names(f"left {joint}")], "most people face the camera"
