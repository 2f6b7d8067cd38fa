from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dkp_bench.errors import DkpError
from dkp_bench.scoring.labelled import LabelledKeypoints, join, to_unit


def arrays(images: int = 4, keypoints: int = 3, joints: int = 5) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        "keypoints": random.uniform(-1, 1, (images, keypoints, 2)).astype(np.float32),
        "joints": random.uniform(-1, 1, (images, joints, 2)).astype(np.float32),
        "visible": np.ones((images, joints), dtype=np.bool_),
        "mask": np.ones((images, 8, 8), dtype=np.bool_),
        "groups": {"subject": np.array([f"S{image % 2}" for image in range(images)])},
    }


def test_keeps_values_in_float64() -> None:
    given = arrays()
    made = LabelledKeypoints(**given)
    assert len(made) == 4
    assert made.keypoints.dtype == made.joints.dtype == np.float64
    np.testing.assert_array_equal(made.keypoints, given["keypoints"])
    np.testing.assert_array_equal(made.joints, given["joints"])


def test_invisible_joints_may_hold_anything() -> None:
    given = arrays()
    given["visible"][1, 2] = given["visible"][2, 0] = False
    given["joints"][1, 2], given["joints"][2, 0] = np.nan, 1e30
    made = LabelledKeypoints(**given)
    np.testing.assert_array_equal(made.joints[~made.visible], 0)
    assert np.isnan(given["joints"][1, 2]).all(), "the caller's array is left alone"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e7])
@pytest.mark.parametrize("name", ["keypoints", "joints"])
def test_names_the_array_and_index_that_is_no_position(name: str, bad: float) -> None:
    given = arrays()
    given[name][3, 1, 1] = bad
    with pytest.raises(DkpError, match=rf"^{name}\[3, 1\] is "):
        LabelledKeypoints(**given)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("keypoints", np.zeros((4, 3)), r"keypoints must have shape .* not \(4, 3\)"),
        ("keypoints", np.zeros((4, 3, 3)), "keypoints must have shape"),
        ("keypoints", np.zeros((4, 0, 2)), "keypoints must have shape"),
        ("keypoints", np.full((4, 3, 2), "x"), "keypoints must be numbers"),
        ("keypoints", np.full((4, 3, 2), None), "keypoints must be numbers"),
        ("joints", np.zeros((3, 5, 2)), "4 images have keypoints, 3 have joints"),
        ("visible", np.ones((4, 5)), "visible must be boolean, not float64"),
        ("visible", np.ones((4, 4), dtype=np.bool_), r"visible must have shape \(4, 5\), not \(4, 4\)"),
        ("mask", np.ones((4, 8, 8), dtype=np.uint8), "mask must be boolean, not uint8"),
        ("mask", np.ones((4, 8, 9), dtype=np.bool_), "mask must have shape"),
        ("mask", np.ones((3, 8, 8), dtype=np.bool_), "mask must have shape"),
        ("mask", np.ones((4, 8), dtype=np.bool_), "mask must have shape"),
        ("groups", {"action": np.array(["a", "b"])}, r"group 'action' must be text of shape \(4,\), not <U1 \(2,\)"),
        ("groups", {"action": np.arange(4)}, "group 'action' must be text .* not int64"),
        ("groups", {"action": np.array(["a"] * 4, dtype=object)}, "group 'action' must be text .* not object"),
    ],
)
def test_refuses_malformed_arrays(name: str, value: Any, problem: str) -> None:
    with pytest.raises(DkpError, match=problem):
        LabelledKeypoints(**{**arrays(), name: value})


def test_refuses_an_image_without_a_visible_joint() -> None:
    given = arrays()
    given["visible"][2] = False
    with pytest.raises(DkpError, match="image 2 has no visible joint"):
        LabelledKeypoints(**given)


def test_unit_coordinates_put_the_corner_pixels_at_0_and_1() -> None:
    np.testing.assert_array_equal(to_unit(np.array([-1.0, 0.0, 1.0])), [0, 0.5, 1])


def test_a_mask_on_disk_stays_there(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.ones((4, 8, 8), dtype=np.bool_))
    mask = np.load(tmp_path / "mask.npy", mmap_mode="r")
    assert LabelledKeypoints(**{**arrays(), "mask": mask}).mask is mask


def test_some_images_are_taken_with_all_that_belongs_to_them() -> None:
    given = arrays()
    given["visible"][3, 1] = False
    wanted = np.array([False, True, False, True])
    taken = LabelledKeypoints(**given).take(wanted)
    for name in ("keypoints", "visible"):
        np.testing.assert_array_equal(getattr(taken, name), given[name][wanted])
    np.testing.assert_array_equal(taken.joints[taken.visible], given["joints"][wanted][given["visible"][wanted]])
    np.testing.assert_array_equal(taken.groups["subject"], ["S1", "S1"])
    assert taken.mask is None


def test_two_sets_are_joined_in_order_with_the_groups_of_both() -> None:
    first, second = LabelledKeypoints(**arrays(images=4)), LabelledKeypoints(**arrays(images=3))
    both = join(first, second)
    assert len(both) == 7
    assert both.mask is None
    for name in ("keypoints", "joints", "visible"):
        np.testing.assert_array_equal(getattr(both, name)[:4], getattr(first, name))
        np.testing.assert_array_equal(getattr(both, name)[4:], getattr(second, name))
    np.testing.assert_array_equal(both.groups["subject"], ["S0", "S1", "S0", "S1", "S0", "S1", "S0"])
    assert join(first, LabelledKeypoints(**{**arrays(), "groups": {}})).groups == {}
