import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dkp_bench.datasets.deepfashion.dataset import DeepFashion
from dkp_bench.datasets.deepfashion.files import FIX, read_labels, read_list
from dkp_bench.depth.store import open_for_writing
from dkp_bench.errors import DkpError

FIT, TEST = 40, 14
FIRST = "WOMEN/Blouses_Shirts/id_00000001/01_1_front.jpg"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, publish: Callable[[str, Path], Path]) -> Path:
    return publish("deepfashion", tmp_path_factory.mktemp("published") / "deepfashion")


@pytest.fixture
def published(original: Path, tmp_path: Path) -> Path:
    """A copy of the published files for a test to spoil."""
    return Path(shutil.copytree(original, tmp_path / "deepfashion"))


def opened(data: Path, tmp_path: Path, size: int = 64) -> DeepFashion:
    return DeepFashion(size, cache=tmp_path / "cache", data=data)


def test_the_training_images_are_fitted_on(original: Path, tmp_path: Path) -> None:
    dataset = opened(original, tmp_path)
    assert [len(dataset.images(split)) for split in ("train", "regression", "test")] == [FIT, FIT, TEST]
    assert dataset.names("train") == dataset.names("regression")
    assert dataset.names("regression")[0] == f"img/{FIRST}"


def test_every_joint_counts(original: Path, tmp_path: Path) -> None:
    labels = opened(original, tmp_path).labels("regression")
    assert labels.visible.all()
    assert labels.mask is None


@pytest.mark.parametrize("size", [64, 128])
def test_joints_lie_where_the_image_shows_them(published: Path, tmp_path: Path, size: int) -> None:
    path = published / "data_test.json"
    rows = json.loads(path.read_text())
    for number, row in enumerate(rows):
        x, y = row["keypoints"][9] = (150 + 5 * number, 60 + 3 * number)
        picture = np.zeros((256, 256, 3), dtype=np.uint8)
        picture[y - 4 : y + 5, x - 4 : x + 5] = 255
        cv2.imwrite(str(published / "img" / row["image_path"]), picture)
    path.write_text(json.dumps(rows))
    dataset = opened(published, tmp_path, size)
    labels, images = dataset.labels("test"), dataset.images("test").rgb(np.arange(TEST)).mean(axis=3)
    grid = np.linspace(-1, 1, size)
    found = np.stack([(images.sum(axis=1) * grid).sum(axis=1), (images.sum(axis=2) * grid).sum(axis=1)], axis=1)
    found /= images.sum(axis=(1, 2))[:, None]
    assert np.abs(labels.joints[:, 9] - found).max() < 2 / size, "more than a pixel off"
    assert labels.joints[0, 9].tolist() == pytest.approx([2 * 150 / 255 - 1, 2 * 60 / 255 - 1])


def test_images_of_a_garment_belong_together(original: Path, tmp_path: Path) -> None:
    sequence = opened(original, tmp_path).labels("regression").groups["sequence"]
    assert len(sequence) == FIT
    assert sequence[:4].tolist() == [*["WOMEN/Blouses_Shirts/id_00000001"] * 3, "WOMEN/Dresses/id_00000002"]


def test_notes(original: Path, tmp_path: Path) -> None:
    assert opened(original, tmp_path).notes() == (
        "40 images to train and to fit the regression on, 14 to test on",
        "1 of 5 garments to test on (2 of 14 images) are also trained on",
        "the labels are detections of AlphaPose, not made by people; every joint counts",
    )


def test_the_hash_is_of_the_content_and_not_of_the_copy(published: Path, tmp_path: Path) -> None:
    first = opened(published, tmp_path).content_hash()
    for path in published.rglob("*.*"):
        os.utime(path, (1, 1))
    assert DeepFashion(64, cache=tmp_path / "other", data=published).content_hash() == first


def _move_a_joint(folder: Path) -> None:
    rows = json.loads((folder / "data_test.json").read_text())
    rows[3]["keypoints"][5][0] += 0.01
    (folder / "data_test.json").write_text(json.dumps(rows))


CHANGES: dict[str, Callable[[Path], object]] = {
    "an image": lambda folder: cv2.imwrite(str(folder / "img" / FIRST), np.zeros((256, 256, 3), dtype=np.uint8)),
    "a joint": _move_a_joint,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_hash_changes_with_the_content(published: Path, tmp_path: Path, change: str) -> None:
    first = opened(published, tmp_path).content_hash()
    CHANGES[change](published)
    assert opened(published, tmp_path).content_hash() != first


def test_images_that_no_row_names_do_not_matter(published: Path, tmp_path: Path) -> None:
    first = opened(published, tmp_path).content_hash()
    shutil.copy(published / "img" / FIRST, published / "img" / "another.jpg")
    dataset = opened(published, tmp_path)
    assert dataset.content_hash() == first
    assert "img/another.jpg" not in dataset.photographs()


def test_the_files_are_read_once(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(published, tmp_path).prepare()
    monkeypatch.setattr(
        "dkp_bench.datasets.deepfashion.dataset.read_list", lambda path: pytest.fail("it was read again")
    )
    again = opened(published, tmp_path, 128)
    again.prepare(lambda *_: pytest.fail("the images were read again"))
    assert len(again.labels("test")) == TEST


def test_depth_comes_from_the_store(published: Path, tmp_path: Path) -> None:
    names = opened(published, tmp_path).photographs()
    assert len(names) == FIT + TEST
    assert names[f"img/{FIRST}"] == published / "img" / FIRST
    store = open_for_writing(published / "depth", "flat", {})
    store.add({name: np.full((32, 32), number, dtype=np.float32) for number, name in enumerate(names)})
    again = opened(published, tmp_path)
    assert again.images("train").depth(np.array([3]))[0, 0, 0] == 3
    assert again.images("test").depth(np.array([0])).max() == FIT


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [("truncated", "it ends too early"), ("empty", "it is empty"), ("oblong", "it is 8×9 pixels, not square")],
)
def test_a_damaged_image_is_named_when_it_is_read(published: Path, tmp_path: Path, spoil: str, problem: str) -> None:
    path = published / "img" / FIRST
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2]}.get(spoil, b""))
    if spoil == "oblong":
        cv2.imwrite(str(path), np.zeros((9, 8, 3), dtype=np.uint8))
    images = opened(published, tmp_path).images("train")
    with pytest.raises(DkpError, match=f"deepfashion: {path} cannot be read: {problem}") as error:
        images.rgb(np.array([0]))
    assert "dkp-bench data check deepfashion" in error.value.hint


def test_images_that_rows_name_must_be_there(published: Path, tmp_path: Path) -> None:
    (published / "img" / FIRST).unlink()
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    asked = f"lacks 1 of {FIT} files that data_train.csv asks for: img/{FIRST}."
    assert error.value.problem == f"deepfashion: {published} {asked}"


def test_the_training_labels_are_asked_for_by_name(published: Path, tmp_path: Path) -> None:
    (published / "data_train.json").unlink()
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    assert error.value.problem == f"deepfashion: {published} lacks data_train.json."
    assert "data_train.json, the labels that the regression is fitted on" in error.value.hint
    assert "no copy of it could be had when this loader was written" in error.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty, without the columns id and filename"),
        ("id,name\n1,a.jpg\n", "has the columns id, name, not id and filename"),
        ("filename\na.jpg\n", "has the columns filename, not id and filename"),
        ("id,filename\n", "has no rows"),
        ("id,filename\n1,a.jpg\n\n2,b.jpg\n", "1 of 3 rows are wrong, the first: line 3: it is empty"),
        ("id,filename\n1,a.jpg\n2\n", "line 3: it has 1 fields, not 2"),
        ("id,filename\n1,a.jpg,5\n", "line 2: it has 3 fields, not 2"),
        ("id,filename\n1,\n", "line 2: the name is empty"),
        ("id,filename\nx,a.jpg\n", "line 2: the id 'x' is no number"),
        ("id,filename\n1,a.jpg\n2,a.jpg\n", "line 3: the id or the file name of a.jpg occurs again"),
        ("id,filename\n1,a.jpg\n1,b.jpg\n", "line 3: the id or the file name of b.jpg occurs again"),
        ("id,filename\n1,../../a.jpg\n", "line 2: the name '../../a.jpg' leads out of the folder"),
        ("id,filename\n1,/etc/passwd\n", "line 2: the name '/etc/passwd' leads out of the folder"),
        ("id,filename\n1,WOMEN\\a.jpg\n", "line 2: the name 'WOMEN\\\\a.jpg' has backslashes; write / in their place"),
        ("id,filename\n1,..\\a.jpg\n", "leads out of the folder"),
        ('id,filename\n1,"a.jpg\n', "is no CSV file: unexpected end of data"),
        ("id,filename\n1,\udcff.jpg\n", "cannot be read as text (line 2 is not UTF-8)"),
    ],
)
def test_a_wrong_list_is_refused(published: Path, tmp_path: Path, text: str, problem: str) -> None:
    path = published / "data_test.csv"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    assert str(path) in error.value.problem
    assert problem in error.value.problem
    assert error.value.hint == FIX


def changed(number: int, **changes: Any) -> Callable[[list[dict[str, Any]]], object]:
    """Changes a row of labels."""
    return lambda rows: rows[number].update(changes)


def moved(joint: int, point: Any) -> Callable[[list[dict[str, Any]]], object]:
    """Changes a joint of the third row."""

    def change(rows: list[dict[str, Any]]) -> None:
        rows[2]["keypoints"][joint] = point

    return change


SHAPE = "its keypoints are not numbers of the shape (17, 2)"
WRONG_LABELS: dict[str, tuple[Callable[[list[Any]], object], str]] = {
    "too few": (lambda rows: rows.pop(), "has 13 rows, and the CSV beside it has 14; they must go together row by row"),
    "other order": (lambda rows: rows.reverse(), "14 of 14 rows are wrong, the first: row 0: it belongs to 'MEN/"),
    "other image": (changed(5, image_path="a.jpg"), "row 5: it belongs to 'a.jpg', but the CSV has "),
    "other joints": (changed(5, joint_order={"0": "neck"}), "row 5: its joints are in another order than COCO's"),
    "16 joints": (changed(5, keypoints=[[1, 2]] * 16), f"row 5: {SHAPE}"),
    "x, y, z": (changed(5, keypoints=[[1, 2, 3]] * 17), f"row 5: {SHAPE}"),
    "no list": (changed(5, keypoints=None), f"row 5: {SHAPE}"),
    "text": (moved(4, [1, "2"]), f"row 2: {SHAPE}"),
    "boolean": (moved(4, [True, 2]), f"row 2: {SHAPE}"),
    "NaN": (moved(4, [1, float("nan")]), "row 2: joint 4 lies at (1, nan), and the image reaches from 0 to 255"),
    "infinity": (moved(4, [float("inf"), 1]), "row 2: joint 4 lies at (inf, 1)"),
    "huge": (moved(4, [1, 10**399]), "row 2: joint 4 lies at (1, 100000000000)"),
    "too far": (moved(4, [-257, 1]), "row 2: joint 4 lies at (-257, 1)"),
    "no keypoints": (lambda rows: rows[7].pop("keypoints"), "row 7: it has no keypoints"),
    "no object": (lambda rows: rows.__setitem__(7, [1]), "row 7: it has no keypoints"),
}


@pytest.mark.parametrize("wrong", WRONG_LABELS)
def test_wrong_labels_are_refused(published: Path, tmp_path: Path, wrong: str) -> None:
    change, problem = WRONG_LABELS[wrong]
    path = published / "data_test.json"
    rows = json.loads(path.read_text())
    change(rows)
    path.write_text(json.dumps(rows))
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    assert str(path) in error.value.problem
    assert problem in error.value.problem
    assert error.value.hint == FIX


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "cannot be read as JSON (Expecting value"),
        ("[", "cannot be read as JSON (Expecting value"),
        ('{"a": 1}', "holds no list but a dict"),
        ("[" * 100_000, "cannot be read as JSON (it is nested deeper than 100 levels)"),
        ("9" * 5000, "cannot be read as JSON (a number has more than 400 digits)"),
    ],
)
def test_labels_that_are_no_list_are_refused(published: Path, tmp_path: Path, text: str, problem: str) -> None:
    path = published / "data_test.json"
    path.write_text(text)
    with pytest.raises(DkpError) as error:
        opened(published, tmp_path).prepare()
    assert error.value.problem.startswith((f"{path} {problem}", f"{path}: {problem}"))


def test_a_joint_may_lie_outside_the_image(published: Path, tmp_path: Path) -> None:
    path = published / "data_test.json"
    rows = json.loads(path.read_text())
    rows[0]["keypoints"][0] = [128.0, -5.75]
    path.write_text(json.dumps(rows))
    labels = opened(published, tmp_path).labels("test")
    assert labels.joints[0, 0, 1] == pytest.approx(2 * -5.75 / 255 - 1)
    assert labels.visible[0, 0]


def test_labels_need_not_say_what_they_belong_to(published: Path, tmp_path: Path) -> None:
    expected = opened(published, tmp_path).labels("test").joints
    path = published / "data_test.json"
    path.write_text(json.dumps([{"keypoints": row["keypoints"]} for row in json.loads(path.read_text())]))
    np.testing.assert_array_equal(opened(published, tmp_path).labels("test").joints, expected)


def test_the_published_lists_read_as_documented(shared: Path) -> None:
    folder = shared / "deepfashion"
    lists = {split: read_list(folder / f"data_{split}.csv") for split in ("train", "test")}
    assert [len(rows.values) for rows in lists.values()] == [10_604, 1_179]
    assert not lists["train"].wrong
    labels = read_labels(folder / "data_test.json", lists["test"].values)
    assert not labels.wrong
    joints = np.stack(labels.values)
    assert joints.shape == (1_179, 17, 2)
    y = dict(zip(DeepFashion.skeleton.names, joints[..., 1].mean(axis=0), strict=True))
    assert y["nose"] < y["left shoulder"] < y["left hip"] < y["left knee"] < y["left ankle"]
