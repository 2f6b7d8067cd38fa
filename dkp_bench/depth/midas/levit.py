"""LeViT as a backbone: a map from inside each of its three stages.

Source: Graham et al., arXiv 2104.01136; MiDaS, official code at 4545977, ``midas/backbones/levit.py``.
"""

import itertools
from collections.abc import Mapping
from typing import Any, cast

import timm
from torch import Tensor, nn

from dkp_bench.depth.midas.dpt import FEATURES, DptHead

TAPS = (1, 0, 0)
"""The block of each stage whose output is a map; the original counts only attention and MLP: 3, 11 and 21."""
WIDTHS = (64, 8)
"""Channels of the head's output convolutions."""

STEM = {f"conv{index + 1}": f"{2 * index}" for index in range(4)}
STEP = {"kv": "kv", "q.ln": "q.1", "proj.ln": "proj.1"}
ATTENTION = {"qkv": "qkv", "proj.ln": "proj.1"}
MLP = {"ln1": "0", "ln2": "2"}
"""What layers are called by timm now, and in the published files."""


class Levit(nn.Module):
    """timm's LeViT, whole.

    Args:
        name: what timm calls it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.transformer = cast("Any", timm.create_model(name))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return three maps of images ``(B, 3, 224, 224)``, 14, 7 and 4 pixels wide."""
        embedded = self.transformer.stem(image)
        grid = embedded.shape[-2:]
        tokens = embedded.flatten(2).transpose(1, 2)
        maps: list[Tensor] = []
        for stage, tap in zip(self.transformer.stages, TAPS, strict=True):
            if maps:
                tokens = stage.downsample(tokens)
                grid = [(side + 1) // 2 for side in grid]
            for index, block in enumerate(stage.blocks):
                tokens = block(tokens)
                if index == tap:
                    maps.append(tokens.transpose(1, 2).reshape(len(image), -1, *grid))
        return maps

    def head(self) -> DptHead:
        """Return the head that was trained with it: one that upsamples as far as the stem went down."""
        half, quarter = FEATURES // 2, FEATURES // 4
        upsampling = nn.Sequential(
            nn.ConvTranspose2d(FEATURES, half, 3, stride=2, padding=1, output_padding=1, bias=False),
            nn.BatchNorm2d(half),
            nn.Hardswish(),
            nn.ConvTranspose2d(half, quarter, 3, stride=2, padding=1, output_padding=1, bias=False),
            nn.BatchNorm2d(quarter),
            nn.Hardswish(),
        )
        return DptHead(self.transformer.embed_dim, upsampling, WIDTHS)

    def published(self) -> Mapping[str, str]:
        """Name its parts as they are called here, and as in the published files.

        Those count every attention, every MLP and every step between two stages as a block of one long row.
        """
        ours, theirs = "backbone.transformer", "pretrained.model"
        row = (f"{theirs}.blocks.{position}" for position in itertools.count())
        names = {
            ours: theirs,
            f"{ours}.head.linear": f"{theirs}.head.l",
            f"{ours}.head_dist.linear": f"{theirs}.head_dist.l",
        }
        names |= _layers(f"{ours}.stem", f"{theirs}.patch_embed", STEM)
        for index, stage in enumerate(self.transformer.stages):
            place = f"{ours}.stages.{index}"
            if index:
                names |= _layers(f"{place}.downsample.attn_downsample", next(row), STEP)
                names |= _layers(f"{place}.downsample.mlp", f"{next(row)}.m", MLP)
            for block in range(len(stage.blocks)):
                names |= _layers(f"{place}.blocks.{block}.attn", f"{next(row)}.m", ATTENTION)
                names |= _layers(f"{place}.blocks.{block}.mlp", f"{next(row)}.m", MLP)
        upsampling = enumerate(("0.c", "0.bn", "1", "2.c", "2.bn"))
        return names | {f"head.upsampling.{index}": f"scratch.stem_transpose.{part}" for index, part in upsampling}


def _layers(ours: str, theirs: str, names: Mapping[str, str]) -> dict[str, str]:
    """Return the names of a part and of its layers, each without bias and with a batch normalisation after it."""
    found = {ours: theirs}
    for our_layer, their_layer in names.items():
        found[f"{ours}.{our_layer}"] = f"{theirs}.{their_layer}"
        found[f"{ours}.{our_layer}.linear"] = f"{theirs}.{their_layer}.c"
    return found
