import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.datasets.taichi.files import FIX, all_landmarks, normalised, on_edge, read_landmarks
from dkp_bench.errors import DkpError


@pytest.fixture(scope="session")
def publisher(repository: Path) -> dict[str, Any]:
    return runpy.run_path(str(repository / "tests" / "fixtures" / "published" / "taichi.py"))


@pytest.fixture
def write_landmarks(publisher: dict[str, Any]) -> Callable[..., None]:
    function: Callable[..., None] = publisher["write_landmarks"]
    return function


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "taichi_test_gt.pkl"


def value(**joints: Any) -> np.ndarray:
    """Joints of an image at (10, 20), but for some."""
    made = np.tile([10.0, 20.0], (18, 1))
    for joint, point in joints.items():
        made[int(joint[1:])] = point
    return made


@pytest.mark.parametrize(
    ("name", "joints", "problem"),
    [
        (
            "a.png",
            np.zeros((17, 2)),
            r"row 1 \(a.png\): its value is of the shape \(17, 2\), not numbers of the shape \(18, 2\)",
        ),
        ("a.png", "text", r"row 1 \(a.png\): its value is a str, not numbers"),
        (
            "a.png",
            value(_3=(np.nan, 5)),
            r"row 1 \(a.png\): joint 3 lies at \(nan, 5\), and the image reaches from 0 to 255",
        ),
        ("a.png", value(_3=(256, 5)), r"joint 3 lies at \(256, 5\)"),
        ("a.png", value(_3=(7, -0.5)), r"joint 3 lies at \(7, -0.5\)"),
        ("a.png", value(_7=(-1, 5)), r"joint 7 lies at \(-1, 5\), which is neither a place nor \(-1, -1\)"),
        ("00000.png", value(), r"row 1 \(00000.png\): it names an image again"),
        ("../../../etc/a.png", value(), r"row 1: the name '../../../etc/a.png' leads out of the folder"),
        ("/etc/a.png", value(), "the name '/etc/a.png' leads out of the folder"),
        ("..\\a.png", value(), "leads out of the folder"),
        ("./a.png", value(), "'./a.png' is no name of a file"),
        ("a\x1b[2J.png", value(), r"'a\\x1b\[2J.png' is no name of a file"),
        ("", value(), "the name is empty"),
        (5, value(), "the name is of the type int, not text"),
    ],
)
def test_a_wrong_row_is_named(
    path: Path, write_landmarks: Callable[..., None], name: object, joints: object, problem: str
) -> None:
    write_landmarks(path, ["00000.png", name], [value(), joints])
    with pytest.raises(DkpError, match=f"{path}: 1 of 2 rows are wrong, the first: .*{problem}") as error:
        all_landmarks(path)
    assert error.value.hint == FIX


def test_a_table_needs_its_columns(path: Path, publisher: dict[str, Any]) -> None:
    publisher["write_table"](path, {"name": ["a"], "value": [value()]})
    with pytest.raises(DkpError, match=r"has the columns frame_number, name, value, but not file_name\."):
        read_landmarks(path)


def test_a_table_needs_rows(path: Path, write_landmarks: Callable[..., None]) -> None:
    write_landmarks(path, [], [])
    assert read_landmarks(path).joints.shape == (0, 18, 2)
    with pytest.raises(DkpError, match=r"taichi_test_gt\.pkl has no rows"):
        all_landmarks(path)


def test_landmarks_with_a_program_in_them_are_refused(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"cos\nsystem\n(S'touch " + bytes(tmp_path / "marker") + b"'\ntR.")
    with pytest.raises(DkpError, match=r"is refused, for it holds the class 'os\.system'"):
        read_landmarks(path)
    assert not (tmp_path / "marker").exists()


def test_right_rows_are_read_beside_wrong_ones(path: Path, write_landmarks: Callable[..., None]) -> None:
    write_landmarks(path, ["a.png", "b.png", "c.png"], [value(), None, value(_4=(-1, -1))])
    found = read_landmarks(path)
    assert found.names == ["a.png", "c.png"]
    assert found.wrong == ["row 1 (b.png): its value is a NoneType, not numbers of the shape (18, 2)"]
    assert np.argwhere(~found.visible).tolist() == [[1, 4]]


def test_corners_are_minus_one_and_one() -> None:
    joints = np.tile([[0.0, 255.0]], (1, 18, 1))
    joints[0, 7:] = 100
    joints[0, 9] = -1
    scaled, visible = normalised(joints), (joints != -1).all(axis=-1)
    assert scaled[0, 0].tolist() == [-1, 1]
    assert np.flatnonzero(on_edge(scaled, visible)).tolist() == list(range(7))
