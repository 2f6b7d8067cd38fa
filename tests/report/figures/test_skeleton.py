"""Where joints and labels stand on a drawn skeleton, and the figure."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shifted import store

from dkp_bench.analysis.published import Published
from dkp_bench.datasets.base import Labels
from dkp_bench.report import build_report
from dkp_bench.report.blocks import Details, Figure
from dkp_bench.report.figures.joint_errors import (
    JointPanel,
    Pose,
    draw_joints,
    left_first,
    mean_pose,
    sides,
)
from dkp_bench.runs.run import load_runs

seeds = st.integers(0, 2**32 - 1)
PAIRS = [(0, 1)]


def labels(joints: list[list[tuple[float, float]]], visible: list[list[bool]] | None = None) -> Labels:
    array = np.array(joints, dtype=np.float32)
    seen = np.ones(array.shape[:2], dtype=np.bool_) if visible is None else np.array(visible)
    return Labels(array, seen)


def test_who_faces_away_is_mirrored() -> None:
    facing = [(0.4, 0.0), (-0.4, 0.0), (0.0, -0.6)]
    away = [(-0.4, 0.0), (0.4, 0.0), (0.0, -0.6)]
    assert mean_pose(labels([facing, away]), PAIRS) == pytest.approx(mean_pose(labels([facing]), PAIRS))
    pose = mean_pose(labels([away]), PAIRS)
    assert pose[0, 0] > pose[1, 0]


def test_the_pose_is_centred_and_its_larger_side_is_2() -> None:
    pose = mean_pose(labels([[(0.1, 0.1), (0.1, 0.2), (0.3, 0.5)]]), [])
    assert pose == pytest.approx(np.array([[-0.5, -1.0], [-0.5, -0.5], [0.5, 1.0]]))


def test_a_joint_that_is_not_visible_does_not_count() -> None:
    lost = labels([[(0.4, 0.0), (-0.4, 0.0), (9.0, np.nan)]], [[True, True, False]])
    assert mean_pose(lost, PAIRS) == pytest.approx(np.array([[1, 0], [-1, 0], [0, 0]]))


@given(seeds)
def test_where_people_stand_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints = rng.uniform(-0.3, 0.3, (5, 4, 2))
    moved = joints + rng.uniform(-0.5, 0.5, (5, 1, 2))
    poses = [
        mean_pose(Labels(each.astype(np.float32), np.ones((5, 4), bool)), [(0, 1), (2, 3)]) for each in (joints, moved)
    ]
    assert poses[0] == pytest.approx(poses[1], abs=1e-4)


def test_left_comes_first() -> None:
    names = ("right knee", "left knee", "a", "b")
    assert left_first([(0, 1), (2, 3)], names) == [(1, 0), (2, 3)]


@given(seeds, st.integers(1, 20))
def test_half_of_the_labels_stand_on_either_side(seed: int, count: int) -> None:
    pose = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    right = sides(pose)
    assert right.sum() == count // 2
    assert not right.any() or pose[right, 0].min() >= pose[~right, 0].max()


SKELETON = Pose(("head", "left_hand"), np.array([[0.0, -1.0], [0.5, 1.0]]), [(0, 1)])


def test_every_number_is_written_beside_its_joint() -> None:
    panels = [
        JointPanel("one", {"head": 1.25, "left_hand": 4.0}),
        JointPanel("difference", {"head": -0.5}, change=True),
    ]
    content, width, pieces = draw_joints("joints.svg", SKELETON, panels)
    text = content.decode()
    for words in ("head 1.2", "L hand 4.0", "head −0.5", "difference"):
        assert words in text
    assert "L hand 4.0" in pieces[0].content.decode()
    assert "head −0.5" in pieces[1].content.decode()
    assert width == 2 * draw_joints("joints.svg", SKELETON, panels[:1])[1]
    assert draw_joints("joints.svg", SKELETON, panels)[0] == content


def areas(content: bytes) -> list[float]:
    """Areas of the discs but for a factor: squares of the radii that their outlines start at."""
    return [float(radius) ** 2 for radius in re.findall(r' d="M 0 ([\d.]+) \nC', content.decode())]


def test_the_area_of_a_disc_is_its_number() -> None:
    content, _, _ = draw_joints("joints.svg", SKELETON, [JointPanel("one", {"head": 1.0, "left_hand": 4.0})])
    head, hand = areas(content)
    assert hand == pytest.approx(4 * head, rel=1e-3)


def test_a_fall_is_a_ring_and_a_rise_a_disc() -> None:
    panel = JointPanel("difference", {"head": -1.0, "left_hand": 1.0}, change=True)
    text = draw_joints("joints.svg", SKELETON, [panel])[0].decode()
    styles = re.findall(r'style="(fill: [^"]*stroke-width: 1.4)"', text)
    assert sum("fill: none" in style for style in styles) == 1


def test_the_section(tmp_path: Path, published: Published) -> None:
    for seed in (0, 1):
        store(tmp_path, "base", np.full(12, 2.0), seed=seed)
        store(tmp_path, "taught", np.full(12, 1.0), seed=seed)
    report = build_report(load_runs(tmp_path), published)
    (section,) = (section for section in report.sections if section.anchor == "joints")
    figure = next(block for block in section.blocks if isinstance(block, Figure))
    assert "difference: " in figure.description
    assert "−1.00" in figure.description
    table = next(block for block in section.blocks if isinstance(block, Details)).blocks[0]
    assert [column.title for column in table.columns] == ["joint", "base", "taught", "difference"]  # type: ignore[union-attr]
    assert [[cell.text for cell in row[1:]] for row in table.rows] == [["2.00", "1.00", "−1.00"]] * 4  # type: ignore[union-attr]
