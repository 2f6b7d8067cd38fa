"""The depth teacher on its own: AutoLink trained on depth maps, and scored on depth maps.

Source: Distill-DKP (arXiv 2410.14700), the teacher; its ablation "teacher only".
"""

from torch import Tensor

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings, AutoLinkTask
from dkp_bench.depth.encoding import DepthChannels, DepthScaling, encode_depth
from dkp_bench.methods import FitContext
from dkp_bench.training.batches import Batch


class TeacherSettings(AutoLinkSettings):
    """AutoLink's hyper-parameters and how depth becomes an image (see the register in reference/README.md)."""

    depth_scaling: DepthScaling = "minmax"
    depth_channels: DepthChannels = "repeat"


class TeacherOnly(AutoLink):
    """AutoLink on depth maps."""

    name = "teacher_only"
    summary = "the depth teacher: AutoLink trained and scored on depth maps"
    settings_type = TeacherSettings
    depth = "test"

    settings: TeacherSettings

    def encode(self, batch: Batch) -> Tensor:
        if batch.depth is None:
            raise ValueError("this batch was read without depth")
        return encode_depth(batch.depth, self.settings.depth_scaling, self.settings.depth_channels)

    def task(self, context: FitContext) -> AutoLinkTask:
        task = super().task(context)
        task.reads_depth = True
        return task
