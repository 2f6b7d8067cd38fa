"""The depth teacher with random weights: how much an exact depth map gives without a step of training.

The control for the claim. What the teacher gains over ``untrained`` is what depth maps show a regression plus what
training learns from them; the distance between this method and ``teacher_only`` is the second part alone.
"""

from dkp_bench.baselines.untrained import Untrained
from dkp_bench.reference.teacher_only import TeacherOnly, TeacherSettings


class UntrainedDepth(Untrained, TeacherOnly):
    """The depth teacher as its training would start, drawn from the seed."""

    name = "untrained_depth"
    summary = "the depth teacher with random weights: how much depth maps and the regression alone achieve"

    settings: TeacherSettings
