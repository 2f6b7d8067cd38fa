"""The depth teacher is AutoLink that sees depth."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.datasets import ArrayImages
from dkp_bench.depth.encoding import encode_depth
from dkp_bench.methods import FitContext
from dkp_bench.reference.distill_dkp import DistillDKP, DistillSettings
from dkp_bench.reference.teacher_only import OTHER_SEED, TeacherOnly, TeacherSettings
from dkp_bench.reference.untrained_depth import UntrainedDepth
from dkp_bench.training.batches import Batch

SMALL = {"steps": 3, "batch_size": 4, "keypoints": 4, "detector_width": 4, "decoder_width": 2, "flip": False}


def test_on_depth_it_is_autolink_on_the_encoded_depth(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (6, 64, 64), dtype=np.uint8)
    levels[:, 0, :2] = 0, 255
    noise = rng.integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
    chosen = SMALL | {"perceptual": "pyramid-random", "precision": "fp32"}
    teacher = TeacherOnly(TeacherSettings.model_validate(chosen), 64)
    autolink = AutoLink(AutoLinkSettings.model_validate(chosen), 64)
    teacher.fit(ArrayImages(noise, levels.astype(np.float32) * 3 + 7), FitContext(0, "cpu", tmp_path / "teacher"))
    autolink.fit(ArrayImages(levels[..., None].repeat(3, axis=3)), FitContext(0, "cpu", tmp_path / "autolink"))
    for one, other in zip(teacher.model.parameters(), autolink.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("scaling", ["minmax", "standardise"])
@pytest.mark.parametrize("channels", ["repeat", "inferno"])
def test_it_encodes_depth_as_its_settings_say(scaling: str, channels: str) -> None:
    settings = TeacherSettings.model_validate(SMALL | {"depth_scaling": scaling, "depth_channels": channels})
    depth = torch.rand(2, 64, 64)
    batch = Batch(torch.zeros(2, 3, 64, 64), depth)
    assert torch.equal(TeacherOnly(settings, 64).encode(batch), encode_depth(depth, scaling, channels))


def test_a_batch_without_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="without depth"):
        TeacherOnly(TeacherSettings.model_validate(SMALL), 64).encode(Batch(torch.zeros(2, 3, 64, 64)))


def test_one_that_sees_rgb_is_autolink_with_another_seed_and_reads_no_depth(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
    chosen = SMALL | {"perceptual": "pyramid-random", "precision": "fp32"}
    teacher = TeacherOnly(TeacherSettings.model_validate(chosen | {"sees": "rgb"}), 64)
    autolink = AutoLink(AutoLinkSettings.model_validate(chosen), 64)
    images = ArrayImages(rgb)  # reading depth of these raises
    teacher.fit(images, FitContext(3, "cpu", tmp_path / "teacher"))
    autolink.fit(images, FitContext(3 + OTHER_SEED, "cpu", tmp_path / "autolink"))
    for one, other in zip(teacher.model.parameters(), autolink.model.parameters(), strict=True):
        assert torch.equal(one, other)
    np.testing.assert_array_equal(teacher.predict(images), autolink.predict(images))
    assert not teacher.predicts_from_depth
    student = DistillDKP(DistillSettings.model_validate(chosen), 64)
    student.fit(images, FitContext(3, "cpu", tmp_path / "student", {"teacher_only": teacher}))


def test_no_steps_leave_the_network_as_it_was_drawn(tmp_path: Path) -> None:
    images = ArrayImages(np.zeros((2, 64, 64, 3), dtype=np.uint8), np.random.default_rng(0).random((2, 64, 64)))
    chosen = TeacherSettings.model_validate(SMALL | {"perceptual": "pyramid-random", "steps": 0})
    teacher, drawn = TeacherOnly(chosen, 64), UntrainedDepth(chosen, 64)
    result = teacher.fit(images, FitContext(3, "cpu", tmp_path / "teacher"))
    drawn.fit(images, FitContext(3, "cpu", tmp_path / "drawn"))
    assert (result.steps, result.images_per_second) == (0, 0)
    np.testing.assert_array_equal(teacher.predict(images), drawn.predict(images))
