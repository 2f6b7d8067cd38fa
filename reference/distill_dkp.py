"""Distill-DKP: AutoLink on RGB images, guided by a frozen teacher that sees depth (Anand et al., arXiv 2410.14700).

    student loss = perceptual loss − γ · cosine similarity(student's embedding, teacher's embedding)

The embedding is the output layer of the keypoint detector. At inference the student works alone, on RGB. What the
paper leaves open is a setting here, and a row in the register of ambiguities in reference/README.md.
"""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator, Field
from torch import Tensor
from torch.nn import functional as F

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings, AutoLinkTask
from dkp_bench.datasets.base import ImageSet
from dkp_bench.datasets.other_depth import SEEDS, WorseMaps
from dkp_bench.depth.corruption import THEN, parse_corruption
from dkp_bench.errors import DkpError
from dkp_bench.methods import DepthUse, FitContext, FitResult
from dkp_bench.reference.teacher_only import TeacherOnly
from dkp_bench.training.batches import Batch
from dkp_bench.training.loop import Losses

Embedding = Literal["logits", "probabilities"]
CosineOver = Literal["image", "keypoint", "pixel"]


def _corruptions(text: str) -> str:
    """Return corruptions by their names, as records write them."""
    try:
        return THEN.join(str(parse_corruption(one)) for one in text.split(THEN)) if text else ""
    except DkpError as error:  # what pydantic reports with the name of the setting
        raise ValueError(f"{error.problem}; {error.hint}") from error


class DistillSettings(AutoLinkSettings):
    """AutoLink's hyper-parameters, γ, and the choices the paper leaves open."""

    gamma: float = Field(0.1, ge=0)
    """Distillation coefficient."""
    embedding: Embedding = "logits"
    """The detector's maps before the softmax, or after it."""
    cosine_over: CosineOver = "image"
    """What one cosine is taken over: all maps of an image, each map, or each pixel's K scores; then averaged."""
    teacher_flip: Literal["shared", "unflipped"] = "shared"
    """Whether the teacher sees the depth map mirrored together with the student's image."""
    student_start: Literal["scratch", "teacher"] = "scratch"
    """The student's first weights: random, or the teacher's."""
    guide_corruption: Annotated[str, AfterValidator(_corruptions)] = ""
    """What makes the depth maps worse that the teacher guides from, as in a depth source's name: ``gaussian-0.38``. It
    has learned from the maps as they are. A control, not the paper's."""


def cosine_similarity(student: Tensor, teacher: Tensor, embedding: Embedding, over: CosineOver) -> Tensor:
    """Mean cosine similarity of two detectors' score maps.

    Args:
        student: ``(B, K, H, W)`` score maps before the softmax.
        teacher: the same of the teacher; no gradient reaches it.
        embedding: whether to compare them before or after the softmax.
        over: the dimensions one cosine is taken over; it is averaged over the others.

    Returns:
        A scalar in [−1, 1], float32.

    Source: arXiv 2410.14700.
    """
    a, b = student.float().flatten(2), teacher.detach().float().flatten(2)
    if embedding == "probabilities":
        a, b = a.softmax(-1), b.softmax(-1)
    if over == "image":
        return F.cosine_similarity(a.flatten(1), b.flatten(1), dim=1).mean()
    return F.cosine_similarity(a, b, dim=2 if over == "keypoint" else 1).mean()


class DistillTask(AutoLinkTask):
    """AutoLink's objective and the teacher's pull."""

    def __init__(self, student: AutoLinkTask, teacher: TeacherOnly, settings: DistillSettings) -> None:
        super().__init__(student.model, student.perceptual, student.encode)
        self.reads_depth = teacher.predicts_from_depth
        self.settings = settings
        self.see = teacher.encode
        self.teacher = teacher.model.detector.requires_grad_(False)

    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        logits, perceptual = self.rebuild(batch, generator)
        with torch.no_grad():
            guide = self.teacher.eval()(self.see(self._teacher_view(batch)))
        similarity = cosine_similarity(logits, guide, self.settings.embedding, self.settings.cosine_over)
        total = perceptual - self.settings.gamma * similarity
        return Losses(total=total, parts={"perceptual": perceptual, "cosine": similarity})

    def _teacher_view(self, batch: Batch) -> Batch:
        if self.settings.teacher_flip == "shared" or batch.flipped is None or batch.depth is None:
            return batch
        depth = torch.where(batch.flipped[:, None, None], batch.depth.flip(-1), batch.depth)
        return replace(batch, depth=depth)


class DistillDKP(AutoLink):
    """The student."""

    name = "distill_dkp"
    summary = "Distill-DKP (arXiv 2410.14700): AutoLink on RGB, guided by a frozen depth teacher"
    settings_type: ClassVar[type[DistillSettings]] = DistillSettings
    depth: ClassVar[DepthUse] = "train"
    requires: ClassVar[tuple[str, ...]] = ("teacher_only",)

    settings: DistillSettings

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        corruptions = [parse_corruption(one) for one in self.settings.guide_corruption.split(THEN) if one]
        return super().fit(WorseMaps(images, corruptions, SEEDS["train"]) if corruptions else images, context)

    def task(self, context: FitContext) -> AutoLinkTask:
        if self.settings.gamma == 0:
            return super().task(context)
        teacher = context.required.get("teacher_only")
        if not isinstance(teacher, TeacherOnly):
            raise DkpError("distill_dkp was given no depth teacher", "hand it a fitted teacher_only, or set gamma to 0")
        if teacher.keypoints != self.keypoints:
            problem = f"the teacher has {teacher.keypoints} keypoints and the student {self.keypoints}"
            raise DkpError(problem, "give both the same number in their presets")
        if self.settings.student_start == "teacher":
            self._start_from(teacher)
        return DistillTask(super().task(context), teacher, self.settings)

    def _start_from(self, teacher: TeacherOnly) -> None:
        try:
            self.model.load_state_dict(teacher.model.state_dict())
        except RuntimeError as error:
            hint = "give both the same detector_width and decoder_width, or --set student_start=scratch"
            raise DkpError(f"the student cannot start from the teacher's weights: {error}", hint) from error
