"""Images and joints that AutoLink's own loaders gave for the miniatures, once, as digests: ours must be the same.

The official loaders of datasets/taichi.py, deepfashion.py, h36m.py and h36m_wobg.py at 3fbde11 ran as they are at 128
px on Pillow 13.0 and torchvision 0.29, the mirroring of ``TrainSet`` taken out; images as whole numbers, joints in
pixels of a 256-px image, rounded to hundredths; pandas 2.3 read the published labels of Taichi. A grey of 0 in [−1, 1]
(the background of h36m-nobg) is rounded to 128.
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from dkp_bench.datasets import open_dataset
from dkp_bench.datasets.base import Labels
from dkp_bench.datasets.taichi.files import read_landmarks

FILES = {"taichi": "1f78e724fad0b9fa", "deepfashion": "c23aa8c9ef7ddb2f", "h36m": "0962016c057528b7"}
"""The miniatures' images as they were then: another library of JPEG may write others."""
IMAGES = {
    "taichi": "fb8408364bbb6867",
    "deepfashion": "96b7c7d727c5a888",
    "h36m": "ad3db796bb7a2e17",
    "h36m-nobg": "d57703832b4a41ef",
}
JOINTS = {
    "taichi": "9be8fc476f4cbc05",
    "deepfashion": "0f5a7cb967d4a785",
    "h36m": "b8296a5c71a0c134",
    "h36m-nobg": "b8296a5c71a0c134",
}
PUBLISHED_TAICHI = {"train": "ed4cfebe2e8acaba", "test": "376fb1548683a3d0"}


def digest(parts: Iterable[bytes]) -> str:
    every = hashlib.sha256()
    for part in parts:
        every.update(part)
    return every.hexdigest()[:16]


def in_pixels(labels: Labels) -> bytes:
    joints = (labels.joints.astype(np.float64) + 1) / 2 * 255
    return (np.round(np.where(labels.visible[..., None], joints, -1), 2) + 0.0).tobytes()


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_images_and_joints_are_those_of_the_official_loaders(
    name: str, publish: Callable[[str, Path], Path], tmp_path: Path
) -> None:
    published = name.removesuffix("-nobg")
    folder = publish(published, tmp_path / published)
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))
    dataset = open_dataset(name, 128, cache=tmp_path / "cache", data=folder)
    assert digest(in_pixels(dataset.labels(split)) for split in ("regression", "test")) == JOINTS[name]
    if digest(path.read_bytes() for path in files) != FILES[published]:
        pytest.skip("this machine draws or compresses the miniature's images in another way")
    splits = (dataset.images(split) for split in ("train", "regression", "test"))
    assert digest(images.rgb(np.arange(len(images))).tobytes() for images in splits) == IMAGES[name]


@pytest.mark.parametrize("split", sorted(PUBLISHED_TAICHI))
def test_the_published_labels_of_taichi_are_read_as_pandas_reads_them(shared: Path, split: str) -> None:
    path = shared / "taichi" / "landmark" / f"taichi_{split}_gt.pkl"
    if not path.is_file():
        pytest.skip(f"no {path.name} in the shared data")
    joints = read_landmarks(path).joints.astype(np.float64)
    assert digest([np.ascontiguousarray(joints).tobytes()]) == PUBLISHED_TAICHI[split]
