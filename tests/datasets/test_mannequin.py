"""Mannequin's samples: pure functions of their name, with ground truth that agrees with the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, maximum_filter, minimum_filter

from dkp_bench.datasets.mannequin import Sample, render_sample
from dkp_bench.datasets.mannequin.body import SKELETON, posed, sample_proportions
from dkp_bench.datasets.mannequin.pose import LIMITS, sample_pose
from dkp_bench.datasets.mannequin.room import GAP
from dkp_bench.datasets.mannequin.sample import JOINT_DEPTH
from dkp_bench.datasets.mannequin.scene import sample_scene

SETTINGS = ("mannequin", "mannequin-studio", "mannequin-plain")
SPLITS = ("train", "regression", "test")
FIELDS = ("rgb", "depth", "mask", "joints", "joints3d", "occluded")

names = st.tuples(st.sampled_from(SETTINGS), st.sampled_from(SPLITS), st.integers(0, 10**6))


def same(a: Sample, b: Sample) -> bool:
    return all(getattr(a, field).tobytes() == getattr(b, field).tobytes() for field in FIELDS)


def pixels(joints: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    return (joints.astype(np.float64) + 1) / 2 * (size - 1)


@given(names, names)
@settings(max_examples=15)
def test_a_sample_does_not_depend_on_what_came_before(name: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    setting, split, index = name
    first = render_sample(setting, 64, split, index)
    render_sample(other[0], 64, *other[1:])
    assert same(first, render_sample(setting, 64, split, index))


@pytest.mark.parametrize("setting", SETTINGS)
def test_samples_of_different_names_differ(setting: str) -> None:
    samples = [render_sample(setting, 64, split, index) for split in SPLITS for index in range(8)]
    for field in ("rgb", "joints"):
        assert len({getattr(sample, field).tobytes() for sample in samples}) == len(samples)


def test_settings_and_seeds_differ() -> None:
    scenes = [sample_scene(setting, "train", 0) for setting in SETTINGS] + [
        sample_scene("mannequin", "train", 0, seed=1)
    ]
    assert len({scene.joints.tobytes() for scene in scenes}) == len(scenes)


@given(names)
@settings(max_examples=40)
def test_types_shapes_and_ranges(name: tuple[str, str, int]) -> None:
    setting, split, index = name
    sample = render_sample(setting, 64, split, index)
    shapes = {"rgb": (64, 64, 3), "depth": (64, 64), "mask": (64, 64)}
    shapes |= {"joints": (17, 2), "joints3d": (17, 3), "occluded": (17,)}
    assert {field: getattr(sample, field).shape for field in FIELDS} == shapes
    kinds = {"rgb": "uint8", "depth": "float32", "mask": "bool", "joints": "float32", "joints3d": "float32"}
    assert {field: str(getattr(sample, field).dtype) for field in FIELDS} == kinds | {"occluded": "bool"}
    assert np.isfinite(sample.depth).all()
    assert (sample.depth > 0).all()
    assert 0.02 < sample.mask.mean() < 0.5
    assert (np.abs(sample.joints) <= 1).all()


@given(names)
@settings(max_examples=20)
def test_both_sizes_show_one_scene(name: tuple[str, str, int]) -> None:
    setting, split, index = name
    small, large = (render_sample(setting, size, split, index) for size in (64, 128))
    for field in ("joints", "joints3d", "occluded"):
        np.testing.assert_array_equal(getattr(small, field), getattr(large, field))
    assert abs(small.mask.mean() - large.mask.mean()) < 0.02
    np.testing.assert_allclose(small.rgb.mean(axis=(0, 1)), large.rgb.mean(axis=(0, 1)), atol=6)
    corners = np.ix_([0, -1], [0, -1])
    np.testing.assert_allclose(small.depth[corners], large.depth[corners], rtol=1e-5, err_msg="±1 are corner pixels")


@given(names)
@settings(max_examples=60)
def test_unoccluded_joints_lie_on_the_figure(name: tuple[str, str, int]) -> None:
    setting, split, index = name
    sample = render_sample(setting, 128, split, index)
    away = distance_transform_edt(~sample.mask)
    x, y = pixels(sample.joints, 128)[~sample.occluded].round().astype(int).T
    assert away[y, x].max() <= 1.5


@given(names)
@settings(max_examples=60)
def test_depth_at_a_joint_is_that_of_its_surface(name: tuple[str, str, int]) -> None:
    setting, split, index = name
    sample = render_sample(setting, 128, split, index)
    x, y = pixels(sample.joints, 128).round().astype(int).T
    shown = (distance_transform_edt(sample.mask)[y, x] > 2) & ~sample.occluded
    # A pixel's ray passes up to 0.7 px beside the joint, where another part may begin: the neighbours know better.
    near, far = maximum_filter(sample.depth, 3)[y, x], minimum_filter(sample.depth, 3)[y, x]
    assert (sample.joints3d[:, 2] > 1 / near)[shown].all(), "a joint is inside the body, so the surface is nearer"
    assert (sample.joints3d[:, 2] - 1 / far < JOINT_DEPTH + 0.03)[shown].all()


@given(names)
@settings(max_examples=30)
def test_joints_are_the_projection_of_the_3d_joints(name: tuple[str, str, int]) -> None:
    setting, split, index = name
    scene = sample_scene(setting, split, index)
    sample = render_sample(setting, 64, split, index)
    assert (sample.joints3d[:, 2] > 1).all()
    # A pinhole's image is a scaling and a shift of (X/Z, Y/Z), the scale being one number for both axes.
    flat = sample.joints3d[:, :2].astype(np.float64) / sample.joints3d[:, 2:]
    system = np.zeros((34, 3))
    system[:17, 0], system[17:, 0], system[:17, 1], system[17:, 2] = flat[:, 0], flat[:, 1], 1, 1
    (focal, *centre), *_ = np.linalg.lstsq(system, sample.joints.T.ravel().astype(np.float64))
    np.testing.assert_allclose(flat * focal + centre, sample.joints, atol=1e-5)
    assert focal == pytest.approx(scene.packed.focal, rel=1e-4)


@given(st.integers(0, 10**6), st.sampled_from(SPLITS))
@settings(max_examples=20)
def test_plain_is_grey_and_far_away_from_the_figure(index: int, split: str) -> None:
    sample = render_sample("mannequin-plain", 64, split, index)
    beyond = distance_transform_edt(~sample.mask) > 1.5
    assert (sample.rgb[beyond] == 128).all()
    assert np.unique(sample.depth[~sample.mask]).tolist() == [np.float32(0.1)]
    assert sample.depth[sample.mask].min() > 0.1


@pytest.mark.parametrize("setting", ["mannequin", "mannequin-studio"])
def test_the_figure_stands_out_in_depth_and_not_in_colour(setting: str) -> None:
    nearness, colours = [], []
    for index in range(40):
        sample = render_sample(setting, 64, "train", index)
        scaled = (sample.depth - sample.depth.min()) / np.ptp(sample.depth)
        nearness.append(scaled[sample.mask].mean() - scaled[~sample.mask].mean())
        means = [sample.rgb[part].mean() for part in (sample.mask, ~sample.mask)]
        colours.append(abs(means[0] - means[1]) / 255)
    assert np.mean(nearness) > 0.3
    assert np.mean(colours) < 0.2


@given(st.integers(0, 10**6))
@settings(max_examples=40)
def test_clutter_is_behind_the_figure(index: int) -> None:
    packed = sample_scene("mannequin", "train", index).packed
    z, radii = packed.cones[[2, 5]], np.stack([packed.cones[11], packed.cones[11] - packed.cones[12]])
    farthest = (z + radii)[:, : packed.figure_cones].max()
    clutter = [*(z - radii)[:, packed.figure_cones :].min(axis=0), *packed.corners[~packed.inside, :, 2].min(axis=1)]
    assert len(clutter) >= 9
    assert min(clutter) >= farthest + GAP - 1e-5


def test_occlusion_happens_but_not_to_most_joints() -> None:
    hidden = np.stack([render_sample("mannequin", 64, "train", index).occluded for index in range(60)])
    assert 0.03 < hidden.mean() < 0.3


def mirrored(pose: dict[str, float]) -> dict[str, float]:
    swap = {"left": "right", "right": "left"}
    result = {}
    for name, angle in pose.items():
        side, _, rest = name.partition("_")
        turned = -angle if name in ("torso_roll", "torso_twist", "neck_roll", "neck_yaw") else angle
        result[f"{swap[side]}_{rest}" if side in swap else name] = turned
    return result


@given(st.integers(0, 2**32))
def test_left_and_right_mirror_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, pose = sample_proportions(rng), dict(sample_pose(rng))
    order = np.arange(17)
    for a, b in SKELETON.pairs:
        order[[a, b]] = b, a
    there, back = posed(size, pose), posed(size, mirrored(pose))
    np.testing.assert_allclose(back.joints[order] * [-1, 1, 1], there.joints, atol=1e-9)
    np.testing.assert_allclose(back.toes[::-1] * [-1, 1, 1], there.toes, atol=1e-9)
    np.testing.assert_allclose(back.fingers[::-1] * [-1, 1, 1], there.fingers, atol=1e-9)


@given(st.integers(0, 2**32))
def test_poses_keep_to_their_limits_and_bones_to_their_lengths(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, pose = sample_proportions(rng), sample_pose(rng)
    assert all(LIMITS[name][0] <= angle <= LIMITS[name][1] for name, angle in pose.items())
    body = posed(size, pose)
    lengths = dict.fromkeys(("right hip", "left hip"), size.thigh)
    lengths |= dict.fromkeys(("right knee", "left knee"), size.shank)
    lengths |= dict.fromkeys(("right shoulder", "left shoulder"), size.upper_arm)
    lengths |= dict.fromkeys(("right elbow", "left elbow"), size.forearm)
    for start, length in lengths.items():
        at = SKELETON.names.index(start)
        assert np.linalg.norm(body.joints[at + 1] - body.joints[at]) == pytest.approx(length)
    assert min(body.joints[:, 1].min(), body.toes[:, 1].min()) == pytest.approx(0.05)


def test_people_face_the_camera_more_often_than_not_and_every_way() -> None:
    left, right = SKELETON.names.index("left shoulder"), SKELETON.names.index("right shoulder")
    joints = np.stack([sample_scene("mannequin", "train", index).joints3d for index in range(200)])
    across = joints[:, left] - joints[:, right]
    facing = across[:, 0] > 0
    assert 0.55 < facing.mean() < 0.9
    angles = np.arctan2(across[:, 2], across[:, 0])
    assert (np.histogram(angles, bins=8, range=(-np.pi, np.pi))[0] > 0).all()
