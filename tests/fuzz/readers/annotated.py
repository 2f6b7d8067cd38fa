"""Annotations of datasets as they are published: CSV, JSON, pickles, MATLAB tables."""

from pathlib import Path

import numpy as np
from published.taichi import write_landmarks
from scipy.io import savemat

from dkp_bench.datasets.deepfashion.files import LABELS, LISTS, all_rows, read_labels, read_list
from dkp_bench.datasets.h36m.frames import read_landmarks as read_h36m
from dkp_bench.datasets.lsp.files import read_joints
from dkp_bench.datasets.taichi.files import all_landmarks
from fuzz.reader import Reader, written

NAMES = [f"WOMEN/Dresses/id_{number:08}/01_1_front.jpg" for number in range(3)]


def _lists(folder: Path) -> list[Path]:
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(NAMES))
    return written(folder, {LISTS["regression"]: f"id,filename\n{rows}".encode()})


def _labels(folder: Path) -> list[Path]:
    points = [[round(10.25 * joint, 2), 200 - 5 * joint] for joint in range(17)]
    entries = ",".join(f'{{"image_path": "{name}", "keypoints": {points}}}' for name in NAMES)
    return written(folder, {LABELS["regression"]: f"[{entries}]".encode()})


def _taichi(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    values = [rng.integers(0, 256, (18, 2)).astype(np.float64) for _ in range(3)]
    write_landmarks(folder / "taichi_train_gt.pkl", [f"{number:05}.png" for number in range(3)], values)
    return [folder / "taichi_train_gt.pkl"]


def _matlab(name: str, table: np.ndarray, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for compressed in (False, True):
        savemat(folder / f"{compressed}.mat", {"other": "text", name: table}, do_compression=compressed)
    return [folder / "False.mat", folder / "True.mat"]


def _lsp(folder: Path) -> list[Path]:
    table = np.ones((14, 3, 2))
    table[:, :2] = np.random.default_rng(0).uniform(20, 120, (14, 2, 2))
    return _matlab("joints", table, folder)


def _h36m(folder: Path) -> list[Path]:
    return _matlab("keypoints_2d", np.random.default_rng(0).random((32, 2)), folder)


def _are_in_range(value: object) -> None:
    assert isinstance(value, np.ndarray)
    assert value.dtype == np.float32
    assert (np.abs(value) <= 3).all()


def _are_visible_in_range(value: object) -> None:
    for joints, visible in value:  # type: ignore[attr-defined]
        assert np.isfinite(joints[visible]).all()


READERS = (
    Reader(
        "DeepFashion lists",
        ("datasets.deepfashion.files",),
        _lists,
        lambda folder: all_rows(folder, read_list(folder / LISTS["regression"])),
    ),
    Reader(
        "DeepFashion labels",
        ("datasets.deepfashion.files",),
        _labels,
        lambda folder: all_rows(folder, read_labels(folder / LABELS["regression"], NAMES)),
    ),
    Reader(
        "Taichi landmarks",
        ("datasets.taichi.files", "datasets.taichi.table_pickle"),
        _taichi,
        lambda folder: all_landmarks(folder / "taichi_train_gt.pkl"),
    ),
    Reader(
        "LSP joints",
        ("datasets.lsp.files", "datasets.mat_file"),
        _lsp,
        lambda folder: [read_joints(path) for path in sorted(folder.glob("*.mat"))],
        check=_are_visible_in_range,
    ),
    Reader(
        "Human3.6M landmarks",
        ("datasets.h36m.frames",),
        _h36m,
        lambda folder: np.stack([read_h36m(path) for path in sorted(folder.glob("*.mat"))]),
        errors=(ValueError,),
        check=_are_in_range,
    ),
)
