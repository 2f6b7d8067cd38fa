"""The control on depth is the teacher before its first step."""

from pathlib import Path

import numpy as np
import torch

from dkp_bench.baselines.untrained import Untrained
from dkp_bench.datasets import ArrayImages
from dkp_bench.methods import FitContext, built_in_methods, find_method
from dkp_bench.reference.teacher_only import TeacherOnly, TeacherSettings
from dkp_bench.reference.untrained_depth import UntrainedDepth

SETTINGS = TeacherSettings(
    steps=1,
    batch_size=2,
    keypoints=4,
    detector_width=4,
    decoder_width=2,
    perceptual="pyramid-random",
    learning_rate=1e-12,
)
CONTROLS = {"mean_pose", "untrained", "untrained_depth"}


def test_it_is_where_the_teacher_starts_and_sees_depth_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rgb, depth = rng.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8), rng.random((4, 64, 64), dtype=np.float32)
    images = ArrayImages(rgb, depth)
    untrained, teacher = UntrainedDepth(SETTINGS, 64), TeacherOnly(SETTINGS, 64)
    assert untrained.fit(images, FitContext(3, "cpu", tmp_path / "untrained")).steps == 0
    teacher.fit(images, FitContext(3, "cpu", tmp_path / "teacher"))
    for one, other in zip(untrained.model.parameters(), teacher.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-9, rtol=0)
    np.testing.assert_array_equal(untrained.predict(images), untrained.predict(ArrayImages(255 - rgb, depth)))
    assert not np.array_equal(untrained.predict(images), untrained.predict(ArrayImages(rgb, depth[::-1].copy())))


def test_it_has_the_weights_of_the_untrained_detector_on_rgb(tmp_path: Path) -> None:
    images = ArrayImages(np.zeros((1, 64, 64, 3), dtype=np.uint8))
    one, other = UntrainedDepth(SETTINGS, 64), Untrained(SETTINGS, 64)
    for method in (one, other):
        method.fit(images, FitContext(5, "cpu", tmp_path))
    for name, weights in one.model.state_dict().items():
        assert torch.equal(weights, other.model.state_dict()[name])


def test_the_controls_say_that_they_learn_nothing() -> None:
    assert {name for name in built_in_methods() if not find_method(name).learns} == CONTROLS
