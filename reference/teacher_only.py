"""The teacher on its own: AutoLink trained on depth maps, and scored on depth maps.

Which maps these are the dataset's depth source says: exact or estimated ones, worse ones, silhouettes
(docs/depth-sources.md). A control sees the RGB images instead: what a student gains from a teacher that sees what it
sees itself is no knowledge of depth.

Source: Distill-DKP (arXiv 2410.14700), the teacher; its ablation "teacher only".
"""

from dataclasses import replace
from typing import Literal

from torch import Tensor

from dkp_bench.baselines.autolink import AutoLink, AutoLinkSettings, AutoLinkTask
from dkp_bench.datasets.base import ImageSet
from dkp_bench.depth.encoding import DepthChannels, DepthScaling, encode_depth
from dkp_bench.methods import FitContext, FitResult
from dkp_bench.training.batches import Batch

OTHER_SEED = 1000
"""Added to the seed of a teacher that sees RGB: with the student's own seed both would be one training."""


class TeacherSettings(AutoLinkSettings):
    """AutoLink's hyper-parameters, what the teacher sees, and how depth becomes an image (see reference/README.md)."""

    sees: Literal["depth", "rgb"] = "depth"
    """Depth maps, as published; or, as a control, the RGB images: then it is AutoLink with another seed."""
    depth_scaling: DepthScaling = "minmax"
    depth_channels: DepthChannels = "repeat"


class TeacherOnly(AutoLink):
    """AutoLink on depth maps."""

    name = "teacher_only"
    summary = "the depth teacher: AutoLink trained and scored on depth maps"
    settings_type = TeacherSettings
    depth = "test"

    settings: TeacherSettings

    @property
    def predicts_from_depth(self) -> bool:
        return self.settings.sees == "depth"

    def encode(self, batch: Batch) -> Tensor:
        if not self.predicts_from_depth:
            return batch.rgb
        if batch.depth is None:
            raise ValueError("this batch was read without depth")
        return encode_depth(batch.depth, self.settings.depth_scaling, self.settings.depth_channels)

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        if not self.predicts_from_depth:
            context = replace(context, seed=context.seed + OTHER_SEED)
        return super().fit(images, context)

    def task(self, context: FitContext) -> AutoLinkTask:
        task = super().task(context)
        task.reads_depth = self.predicts_from_depth
        return task
