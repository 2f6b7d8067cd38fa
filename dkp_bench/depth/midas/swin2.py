"""Swin Transformer V2 as a backbone: the maps at the end of its four stages.

Source: Liu et al., arXiv 2111.09883; MiDaS, official code at 4545977, ``midas/backbones/swin2.py``.
"""

from collections.abc import Mapping
from typing import Any, cast

import timm
from torch import Tensor, nn

from dkp_bench.depth.midas.dpt import DptHead


class Swin2(nn.Module):
    """timm's Swin Transformer V2, whole.

    Args:
        name: what timm calls it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.transformer = cast("Any", timm.create_model(name))
        self.channels: list[int] = [stage["num_chs"] for stage in self.transformer.feature_info]

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return four maps of images ``(B, 3, S, S)``, at 1/4, 1/8, 1/16 and 1/32 of their size."""
        maps: list[Tensor] = self.transformer.forward_intermediates(image, intermediates_only=True)
        return maps

    def head(self) -> DptHead:
        """Return the head that was trained with it."""
        return DptHead(self.channels)

    def published(self) -> Mapping[str, str]:
        """Name its parts as they are called here, and as in the published files.

        Those count the step between two stages to the first of them, timm now to the second.
        """
        ours, theirs = "backbone.transformer", "pretrained.model"
        names = {ours: theirs, f"{ours}.head.fc": f"{theirs}.head"}
        for stage in range(1, len(self.channels)):
            names[f"{ours}.layers.{stage}.downsample"] = f"{theirs}.layers.{stage - 1}.downsample"
        return names
