"""BEiT as a backbone: maps from four of its blocks, for images of any size in patches.

timm's own BEiT is bound to one image size. Here the blocks are timm's, but the relative position bias is not: it is
resized from the trained table to the patches at hand in every forward pass, as MiDaS does.

Source: Bao et al., arXiv 2106.08254; MiDaS, official code at 4545977, ``midas/backbones/beit.py`` and ``utils.py``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import timm
import torch
from timm.models.beit import gen_relative_position_index
from torch import Tensor, nn
from torch.nn import functional as F

from dkp_bench.depth.midas.dpt import DptHead

MAPS = 4
CLASS_TOKEN_BIASES = 3
"""The last rows of a table: from the class token to a patch, from a patch to it, and to itself."""
CHANNELS: Mapping[int, Sequence[int]] = {768: (96, 192, 384, 768), 1024: (256, 512, 1024, 1024)}
"""Channels of the four maps, by the width of the transformer (base, large)."""


class Beit(nn.Module):
    """timm's BEiT without its relative position bias, and what turns its tokens into maps.

    Args:
        name: what timm calls it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.transformer = cast("Any", timm.create_model(name, use_rel_pos_bias=False))
        depth, heads = len(self.transformer.blocks), self.transformer.blocks[0].attn.num_heads
        height, width = self.transformer.patch_embed.grid_size
        rows = (2 * height - 1) * (2 * width - 1) + CLASS_TOKEN_BIASES
        self.trained_grid = (height, width)
        self.bias_tables = nn.ParameterList(torch.zeros(rows, heads) for _ in range(depth))
        self.taps = [depth * part // MAPS - 1 for part in range(1, MAPS + 1)]
        self.channels = CHANNELS[self.transformer.embed_dim]
        resamplings = (
            nn.ConvTranspose2d(self.channels[0], self.channels[0], 4, stride=4),
            nn.ConvTranspose2d(self.channels[1], self.channels[1], 2, stride=2),
            nn.Identity(),
            nn.Conv2d(self.channels[3], self.channels[3], 3, stride=2, padding=1),
        )
        self.reassembly = nn.ModuleList(
            Reassemble(self.transformer.embed_dim, width, resampling)
            for width, resampling in zip(self.channels, resamplings, strict=True)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return four maps of images ``(B, 3, H, W)``, H and W multiples of 32, at 1/4, 1/8, 1/16 and 1/32 of it."""
        patches = self.transformer.patch_embed.proj(image)
        grid = (patches.shape[-2], patches.shape[-1])
        start = self.transformer.cls_token.expand(len(image), -1, -1)
        tokens = torch.cat([start, patches.flatten(2).transpose(1, 2)], dim=1)
        index = gen_relative_position_index(grid, device=image.device)
        maps: list[Tensor] = []
        for depth, block in enumerate(self.transformer.blocks):
            bias = _resize_table(self.bias_tables[depth], self.trained_grid, grid)[index]
            tokens = block(tokens, shared_rel_pos_bias=bias.permute(2, 0, 1).contiguous()[None])
            if depth in self.taps:
                maps.append(self.reassembly[len(maps)](tokens, grid))
        return maps

    def head(self) -> DptHead:
        """Return the head that was trained with it."""
        return DptHead(self.channels)

    def published(self) -> Mapping[str, str]:
        """Return the names of its parts here, and in the published files."""
        names = {"backbone.transformer": "pretrained.model"}
        for index in range(len(self.bias_tables)):
            table = f"pretrained.model.blocks.{index}.attn.relative_position_bias_table"
            names[f"backbone.bias_tables.{index}"] = table
        for index in range(MAPS):
            ours, theirs = f"backbone.reassembly.{index}", f"pretrained.act_postprocess{index + 1}"
            names |= {f"{ours}.readout": f"{theirs}.0.project.0", f"{ours}.projection": f"{theirs}.3"}
            names[f"{ours}.resampling"] = f"{theirs}.4"
        return names


class Reassemble(nn.Module):
    """From tokens to a map: joins the class token to every patch, and sets the channels and the size.

    Args:
        width: width of the tokens.
        channels: channels of the map.
        resampling: what brings the map to its size.

    Source: arXiv 2103.13413, section 3, with the readout "project".
    """

    def __init__(self, width: int, channels: int, resampling: nn.Module) -> None:
        super().__init__()
        self.readout = nn.Linear(2 * width, width)
        self.projection = nn.Conv2d(width, channels, 1)
        self.resampling = resampling

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Return the map of tokens ``(B, 1 + grid height × grid width, width)``, the class token first."""
        patches = tokens[:, 1:]
        joined = torch.cat([patches, tokens[:, :1].expand_as(patches)], dim=-1)
        image = F.gelu(self.readout(joined)).transpose(1, 2).reshape(len(tokens), -1, *grid)
        resampled: Tensor = self.resampling(self.projection(image))
        return resampled


def _resize_table(table: Tensor, trained: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """Resize a table of biases by relative position, ``(rows, heads)``, to another grid of patches; bilinear."""
    old, new = ([2 * side - 1 for side in sides] for sides in (trained, grid))
    image = table[:-CLASS_TOKEN_BIASES].T.reshape(1, -1, *old)
    resized = F.interpolate(image, size=new, mode="bilinear", align_corners=False)
    return torch.cat([resized[0].flatten(1).T, table[-CLASS_TOKEN_BIASES:]])
