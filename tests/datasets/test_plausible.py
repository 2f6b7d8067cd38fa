"""Labels that are nonsense are told from labels that are not, however sound the files look."""

from collections.abc import Callable

import numpy as np
import pytest

from dkp_bench.datasets.base import Labels
from dkp_bench.datasets.finding import Finding
from dkp_bench.datasets.mannequin.body import SKELETON
from dkp_bench.datasets.mannequin.sample import render_sample
from dkp_bench.datasets.plausible import label_findings

SAMPLES = [render_sample("mannequin", 64, "test", index) for index in range(24)]


def labels(change: Callable[[np.ndarray], np.ndarray] = lambda joints: joints, **others: np.ndarray) -> Labels:
    """Labels of rendered people, the joints changed."""
    joints = change(np.stack([sample.joints for sample in SAMPLES]).astype(np.float32))
    given = {"visible": np.ones(joints.shape[:2], dtype=bool), "mask": np.stack([each.mask for each in SAMPLES])}
    return Labels(joints.astype(np.float32), **{**given, **others})


def wrong(found: list[Finding]) -> set[str]:
    return {finding.what.removeprefix("x: ") for finding in found if not finding.ok}


def test_good_labels_are_well() -> None:
    found = label_findings("x", labels(), SKELETON)
    assert not wrong(found)
    assert len(found) == 7
    assert all(finding.expected for finding in found)


OUTSIDE, MEAN, SPAN = "joints outside their image", "mean place", "span of an image's joints"
FEET, ON, COVER = "from head to feet", "joints on the figure of the mask", "share of an image that is figure"


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        pytest.param(lambda joints: joints[..., ::-1], {FEET, ON}, id="x and y exchanged"),
        pytest.param(lambda joints: joints * (1, -1), {FEET, ON}, id="y counted from below"),
        pytest.param(lambda joints: joints * 2 + 1, {OUTSIDE, MEAN, ON}, id="images of half the size"),
        pytest.param(lambda joints: (joints - 1) / 2, {MEAN, ON}, id="images of twice the size"),
        pytest.param(lambda joints: (joints + 1) / 255 - 1, {MEAN, SPAN, ON}, id="0 to 1 for 0 to 255"),
    ],
)
def test_another_place_or_scale_is_found(change: Callable[[np.ndarray], np.ndarray], findings: set[str]) -> None:
    assert wrong(label_findings("x", labels(change), SKELETON)) == findings
    bare = label_findings("x", labels(change, mask=None), SKELETON)
    assert wrong(bare) == findings - {ON}, "without masks, too"


def test_inverted_masks_are_found() -> None:
    masks = np.stack([sample.mask for sample in SAMPLES])
    found = label_findings("x", labels(mask=~masks), SKELETON)
    assert wrong(found) == {ON, COVER}
    assert "the masks look inverted, or belong to other images" in str(found[-1])


def test_exchanged_joints_are_told_by_the_masks() -> None:
    found = label_findings("x", labels(lambda joints: joints[..., ::-1]), SKELETON)
    assert "x and y look exchanged" in str(found[-1])
    assert "x and y look exchanged" in str(next(finding for finding in found if finding.what == f"x: {FEET}"))


def test_inverted_flags_are_found() -> None:
    shown = np.ones((len(SAMPLES), len(SKELETON.names)), dtype=bool)
    shown[:, 3:] = False
    assert "visible joints" in wrong(label_findings("x", labels(visible=shown), SKELETON))
    shown[:, 3:] = True
    shown[:, :8] = False
    assert not wrong(label_findings("x", labels(visible=shown), SKELETON)), "half of the joints may be missing"


def test_no_images_and_no_visible_joint_are_no_error() -> None:
    none = labels(lambda joints: joints[:0], visible=np.ones((0, 17), dtype=bool), mask=None)
    assert label_findings("x", none, SKELETON) == []
    blind = labels(visible=np.zeros((len(SAMPLES), len(SKELETON.names)), dtype=bool))
    assert "visible joints" in wrong(label_findings("x", blind, SKELETON))
