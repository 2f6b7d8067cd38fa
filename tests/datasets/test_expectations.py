"""Every finding that states an expectation tests it: for each of them there is a folder in which it is not met."""

import json
import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from dkp_bench.datasets import datasets, find_dataset
from dkp_bench.datasets.downloaded import DownloadedDataset
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.taichi.files import read_landmarks
from dkp_bench.errors import DkpError

DOWNLOADED = sorted(name for name, kind in datasets().items() if getattr(kind, "files", "") == name)
"""One name for each kind of files."""
Points = Callable[[np.ndarray], np.ndarray]
"""From joints, (images, joints, 2) as (x, y) in [0, 1], to others."""


def findings(name: str, data: Path) -> list[Finding]:
    return opened(name, data).check()


def opened(name: str, data: Path) -> DownloadedDataset:
    made = find_dataset(name)(64, cache=data.parent / "cache", data=data)
    assert isinstance(made, DownloadedDataset)
    return made


def is_prepared(name: str, data: Path) -> bool:
    try:
        opened(name, data).prepare()
    except DkpError:
        return False
    return True


def not_met(found: list[Finding]) -> set[str]:
    return {finding.what for finding in found if finding.expected and not finding.ok}


def move_joints(name: str, data: Path, change: Points) -> None:
    """Change every joint of a miniature."""
    if name == "lsp":
        table = loadmat(data / "joints.mat")["joints"]
        table[:, :2] = (change(table[:, :2].transpose(2, 0, 1) / (140, 150)) * (140, 150)).transpose(1, 2, 0)
        savemat(data / "joints.mat", {"joints": table})
    elif name == "taichi":
        write = runpy.run_path(str(Path(__file__).parents[1] / "fixtures" / "published" / "taichi.py"))
        for path in (data / "landmark").iterdir():
            rows = read_landmarks(path)
            moved = np.where(rows.visible[..., None], (change(rows.joints / 255) * 255).clip(0, 255).round(), -1)
            write["write_landmarks"](path, rows.names, list(moved))
    elif name == "deepfashion":
        for path in data.glob("*.json"):
            rows = json.loads(path.read_text())
            for row in rows:
                row["keypoints"] = (change(np.array([row["keypoints"]]) / 255) * 255)[0].tolist()
            path.write_text(json.dumps(rows))
    else:
        for path in data.glob("S*/Landmarks/*/*"):
            yx = loadmat(path)["keypoints_2d"]
            savemat(path, {"keypoints_2d": change(yx[None, :, ::-1])[0][:, ::-1]})


def change_masks(data: Path, change: Points) -> None:
    for path in [*data.glob("S*/BackgroudMask/*/*"), *data.glob("taichi-test-masks/*")]:
        mask = np.asarray(Image.open(path).convert("L"))
        cv2.imwrite(str(path), change(mask).astype(np.uint8))


def hide_joints(name: str, data: Path, rows: slice, joints: slice) -> None:
    """Take the flag away from some joints of some images of LSP or Taichi."""
    if name == "lsp":
        table = loadmat(data / "joints.mat")["joints"]
        table[joints, 2, rows] = 0
        savemat(data / "joints.mat", {"joints": table})
        return
    write = runpy.run_path(str(Path(__file__).parents[1] / "fixtures" / "published" / "taichi.py"))
    for path in (data / "landmark").iterdir():
        found = read_landmarks(path)
        found.joints[rows, joints] = -1
        write["write_landmarks"](path, found.names, list(found.joints))


def in_a_corner(joints: np.ndarray) -> np.ndarray:
    return joints / 10


def far_out(joints: np.ndarray) -> np.ndarray:
    return joints * 1.9


def upside_down(joints: np.ndarray) -> np.ndarray:
    return 1 - joints


def at_one_place(joints: np.ndarray) -> np.ndarray:
    return np.where(np.arange(joints.shape[1])[:, None] == 1, 0.5, joints)


SPOILS: dict[str, Callable[[str, Path], object]] = {
    "joints in a corner": lambda name, data: move_joints(name, data, in_a_corner),
    "joints far out": lambda name, data: move_joints(name, data, far_out),
    "joints upside down": lambda name, data: move_joints(name, data, upside_down),
    "a joint at one place": lambda name, data: move_joints(name, data, at_one_place),
    "masks inverted": lambda name, data: change_masks(data, lambda mask: 255 - mask),
    "masks of one colour": lambda name, data: change_masks(data, lambda mask: mask * 0),
    "joints hidden": lambda name, data: hide_joints(name, data, slice(None), slice(0, 12)),
    "last images hidden": lambda name, data: hide_joints(name, data, slice(-3, None), slice(0, 12)),
    "all hidden": lambda name, data: hide_joints(name, data, slice(None), slice(None)),
    "a part renamed": lambda name, data: next(data.iterdir()).rename(data / "other"),
    "no photographs": lambda name, data: [path.unlink() for path in data.rglob("*.jpg")],
    "a recording gone": lambda name, data: [shutil.rmtree(path) for path in data.glob("S5/*/Posing*")],
    "masks gone": lambda name, data: [path.unlink() for path in data.glob("S5/BackgroudMask/Posing*/*")],
    "landmarks gone": lambda name, data: [path.unlink() for path in data.glob("S5/Landmarks/Posing*/*")],
}

INVARIANT = re.compile(r"(: images|that can score it)$")
"""What no file can bring about, and a new dataset might: ``test_contract.py`` has it."""
PUBLISHED_ALONE = (", rows", "git's id of its content")
"""What sets a miniature, or a part of the files, apart from all that was published; it is made ready all the same."""
NEVER = {
    "h36m": {"regression: visible joints", "test: visible joints"},
    "deepfashion": {"regression: visible joints", "test: visible joints"},
    "lsp": {"photographs: from head to feet"},
    "taichi": {"regression: joints outside their image", "test: joints outside their image"},
}
"""What the form of the files leaves no room for (no flags, no joint beyond 255; noise for photographs and joints)."""


@pytest.mark.parametrize("name", DOWNLOADED)
def test_every_expectation_is_compared(name: str, publish: Callable[[str, Path], Path], tmp_path: Path) -> None:
    clean = publish(name, tmp_path / "clean")
    stated = {finding.what for finding in findings(name, clean) if finding.expected}
    missed = set()
    for number, spoil in enumerate(SPOILS):
        data = Path(shutil.copytree(clean, tmp_path / str(number) / "data"))
        before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
        try:
            SPOILS[spoil](name, data)
        except (FileNotFoundError, ValueError):
            continue  # a spoil for files that this dataset does not have
        if before == {path: path.stat().st_mtime_ns for path in data.rglob("*")}:
            continue
        found = findings(name, data)
        missed |= not_met(found)
        sound = all(finding.ok or finding.what.endswith(PUBLISHED_ALONE) for finding in found)
        assert is_prepared(name, data) == sound, f"{spoil}: check and prepare do not agree"
    unfailing = {what for what in stated - missed if not INVARIANT.search(what)}
    assert unfailing == NEVER.get(name, set())
