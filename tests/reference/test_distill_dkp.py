"""Distill-DKP's training: what the teacher does to the student, and what it does not do."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings
from dkp_bench.baselines.mean_pose import MeanPose
from dkp_bench.datasets import ArrayImages
from dkp_bench.depth.encoding import encode_depth
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, Method, Settings
from dkp_bench.reference.distill_dkp import DistillDKP, DistillSettings, cosine_similarity
from dkp_bench.reference.no_teacher import NoTeacher, NoTeacherSettings
from dkp_bench.reference.teacher_only import TeacherOnly, TeacherSettings
from dkp_bench.training.batches import Batch, make_generator, read_batch

SMALL = {
    "steps": 3,
    "batch_size": 4,
    "keypoints": 4,
    "detector_width": 4,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
    "learning_rate": 1e-3,
}
CPU = torch.device("cpu")


def images() -> ArrayImages:
    rng = np.random.default_rng(0)
    return ArrayImages(rng.integers(0, 256, (10, 64, 64, 3), dtype=np.uint8), rng.random((10, 64, 64)))


def teacher_of(**chosen: object) -> TeacherOnly:
    torch.manual_seed(11)
    return TeacherOnly(TeacherSettings.model_validate(SMALL | chosen), 64)


def student_of(**chosen: object) -> DistillDKP:
    torch.manual_seed(12)
    return DistillDKP(DistillSettings.model_validate(SMALL | chosen), 64)


def context(folder: Path, teacher: Method | None = None) -> FitContext:
    return FitContext(5, "cpu", folder, {} if teacher is None else {"teacher_only": teacher})


def state_after_fit(
    method: AutoLink, folder: Path, teacher: Method | None = None, seen: ArrayImages | None = None
) -> dict[str, Tensor]:
    method.fit(seen or images(), context(folder, teacher))
    return method.model.state_dict()


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def batch(flips: list[bool]) -> Batch:
    return read_batch(images(), np.arange(4), CPU, depth=True, flip=torch.tensor(flips))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_without_the_teacher_it_is_autolink_bit_for_bit(precision: str, tmp_path: Path) -> None:
    chosen = SMALL | {"precision": precision}
    methods = {
        "autolink": AutoLink(AutoLinkSettings.model_validate(chosen), 64),
        "no teacher": NoTeacher(NoTeacherSettings.model_validate(chosen), 64),
        "gamma 0": DistillDKP(DistillSettings.model_validate(chosen | {"gamma": 0}), 64),
    }
    states = {name: state_after_fit(method, tmp_path / name) for name, method in methods.items()}
    assert equal(states["no teacher"], states["autolink"])
    assert equal(states["gamma 0"], states["autolink"])
    guided = student_of(precision=precision, gamma=0.1)
    assert not equal(state_after_fit(guided, tmp_path / "guided", teacher_of()), states["autolink"])


def test_no_teacher_has_no_other_gamma() -> None:
    assert NoTeacherSettings().gamma == 0
    with pytest.raises(ValueError, match="gamma"):
        NoTeacherSettings(gamma=0.1)


def test_the_teacher_is_as_it_was(tmp_path: Path) -> None:
    teacher = teacher_of()
    before = {name: tensor.clone() for name, tensor in teacher.model.state_dict().items()}
    state_after_fit(student_of(gamma=1.0), tmp_path, teacher)
    assert equal(teacher.model.state_dict(), before)
    assert all(parameter.grad is None for parameter in teacher.model.parameters())


@pytest.mark.parametrize("embedding", ["logits", "probabilities"])
@pytest.mark.parametrize("over", ["image", "keypoint", "pixel"])
def test_the_loss_is_perceptual_minus_gamma_times_cosine(embedding: str, over: str, tmp_path: Path) -> None:
    student, teacher = student_of(gamma=0.7, embedding=embedding, cosine_over=over), teacher_of()
    seen = batch([True, False, True, False])
    task = student.task(context(tmp_path, teacher)).train()
    losses = task.losses(seen, make_generator(0, "step"))
    logits, perceptual = student_of().task(context(tmp_path, teacher)).train().rebuild(seen, make_generator(0, "step"))
    assert seen.depth is not None
    guide = teacher.model.eval().detector(encode_depth(seen.depth))
    cosine = cosine_similarity(logits, guide, embedding, over)
    torch.testing.assert_close(losses.parts["perceptual"], perceptual)
    torch.testing.assert_close(losses.parts["cosine"], cosine)
    torch.testing.assert_close(losses.total, perceptual - 0.7 * cosine)


@pytest.mark.parametrize("teacher_flip", ["shared", "unflipped"])
def test_the_teacher_sees_the_depth_map_mirrored_or_not(teacher_flip: str, tmp_path: Path) -> None:
    flips = [True, False, False, True]
    task = student_of(teacher_flip=teacher_flip).task(context(tmp_path, teacher_of()))
    views: list[Batch] = []
    see = task.see

    def watch(view: Batch) -> Tensor:
        views.append(view)
        return see(view)

    task.see = watch
    task.losses(batch(flips), make_generator(0, "step"))
    expected = batch(flips if teacher_flip == "shared" else [False] * 4).depth
    (view,) = views
    assert view.depth is not None
    assert expected is not None
    assert torch.equal(view.depth, expected)


def test_a_teacher_may_guide_from_worse_maps_than_it_learned_from(tmp_path: Path) -> None:
    teacher, every = teacher_of(), np.arange(10)
    flat = ArrayImages(images().rgb(every), np.full((10, 64, 64), 0.5))
    asked = state_after_fit(student_of(guide_corruption="invert+uniform"), tmp_path / "asked", teacher)
    assert equal(asked, state_after_fit(student_of(), tmp_path / "flat", teacher, flat))
    assert not equal(asked, state_after_fit(student_of(), tmp_path / "exact", teacher))


def test_a_corruption_of_the_guidance_has_one_name_and_is_known() -> None:
    assert DistillSettings(guide_corruption="gaussian-0.380+invert").guide_corruption == "gaussian-0.38+invert"
    with pytest.raises(ValueError, match=r"guide_corruption\n.*'gausian'.*known: gaussian"):
        DistillSettings(guide_corruption="gausian-0.38")


def test_depth_enters_as_the_teacher_was_trained_to_see_it(tmp_path: Path) -> None:
    teacher = teacher_of(depth_scaling="standardise", depth_channels="inferno")
    task = student_of().task(context(tmp_path, teacher))
    seen = batch([False] * 4)
    assert seen.depth is not None
    assert torch.equal(task.see(seen), encode_depth(seen.depth, "standardise", "inferno"))


def test_the_student_starts_from_scratch_or_from_the_teacher(tmp_path: Path) -> None:
    teacher = teacher_of()
    for start in ("scratch", "teacher"):
        student = student_of(student_start=start)
        student.task(context(tmp_path, teacher))
        assert equal(student.model.state_dict(), teacher.model.state_dict()) == (start == "teacher")


def test_a_student_that_starts_from_the_teacher_leaves_it_alone(tmp_path: Path) -> None:
    teacher = teacher_of()
    before = {name: tensor.clone() for name, tensor in teacher.model.state_dict().items()}
    after = state_after_fit(student_of(student_start="teacher"), tmp_path, teacher)
    assert equal(teacher.model.state_dict(), before)
    assert not equal(after, before)


def test_the_wrong_number_of_keypoints_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="the teacher has 5 keypoints and the student 4"):
        student_of().fit(images(), context(tmp_path, teacher_of(keypoints=5)))


@pytest.mark.parametrize("teacher", [None, MeanPose(Settings(), 64)])
def test_a_student_without_a_depth_teacher_is_an_error(teacher: Method | None, tmp_path: Path) -> None:
    with pytest.raises(DkpError, match="no depth teacher"):
        student_of().fit(images(), context(tmp_path, teacher))


def test_a_teacher_of_another_width_guides_but_lends_no_weights(tmp_path: Path) -> None:
    teacher = teacher_of(detector_width=6)
    student_of(steps=1).fit(images(), context(tmp_path / "guided", teacher))
    with pytest.raises(DkpError, match="cannot start from the teacher's weights"):
        student_of(student_start="teacher").fit(images(), context(tmp_path / "started", teacher))
