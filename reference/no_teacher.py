"""The reference's own training without the teacher: Distill-DKP with γ = 0.

What is left is AutoLink's loss on AutoLink's model in AutoLink's order, so on a CPU it must equal ``autolink`` to the
last bit; a test holds it to that. It shows that a difference between ``distill_dkp`` and ``autolink`` comes from the
teacher and from nothing else in this implementation.

Source: Distill-DKP (arXiv 2410.14700), the ablation without the depth teacher.
"""

from pydantic import Field

from dkp_bench.reference.distill_dkp import DistillDKP, DistillSettings


class NoTeacherSettings(DistillSettings):
    """Distill-DKP's hyper-parameters with γ held at zero."""

    gamma: float = Field(0.0, ge=0, le=0)


class NoTeacher(DistillDKP):
    """The student on its own."""

    name = "no_teacher"
    summary = "the ablation: Distill-DKP's training with γ = 0, so without the teacher"
    settings_type = NoTeacherSettings
    depth = "none"
    requires = ()

    settings: NoTeacherSettings
