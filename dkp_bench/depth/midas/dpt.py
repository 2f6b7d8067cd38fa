"""The DPT head: feature maps of four (or three) depths become one depth map.

Each map is projected to 256 channels; from the deepest to the shallowest, a fusion block adds the next map and
upsamples; three convolutions make the depth. All upsampling here is bilinear with ``align_corners``.

Source: Ranftl et al., arXiv 2103.13413, section 3; MiDaS, official code at 4545977, ``midas/dpt_depth.py`` and
``midas/blocks.py``.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

FEATURES = 256


class DptHead(nn.Module):
    """From feature maps to depth.

    Args:
        channels: channels of the maps, the shallowest first.
        upsampling: a network between the last fusion block and the output convolutions; nothing by default.
        widths: input and last hidden channels of the output convolutions.
    """

    def __init__(
        self, channels: Sequence[int], upsampling: nn.Module | None = None, widths: tuple[int, int] = (FEATURES, 32)
    ) -> None:
        super().__init__()
        self.projections = nn.ModuleList(nn.Conv2d(width, FEATURES, 3, padding=1, bias=False) for width in channels)
        self.fusions = nn.ModuleList(Fusion() for _ in channels)
        self.upsampling = upsampling or nn.Identity()
        self.output = nn.ModuleList(
            [
                nn.Conv2d(widths[0], widths[0] // 2, 3, padding=1),
                nn.Conv2d(widths[0] // 2, widths[1], 3, padding=1),
                nn.Conv2d(widths[1], 1, 1),
            ]
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return depth ``(B, H, W)``, not negative, from maps ``(B, C, h, w)``, the shallowest first."""
        projected = [projection(part) for projection, part in zip(self.projections, maps, strict=True)]
        sizes = [_doubled(projected[0]), *(part.shape[-2:] for part in projected[:-1])]
        path = self.fusions[-1](None, projected[-1], sizes[-1])
        for index in reversed(range(len(projected) - 1)):
            path = self.fusions[index](path, projected[index], sizes[index])
        hidden = self.output[0](self.upsampling(path))
        hidden = F.relu(self.output[1](_resize(hidden, _doubled(hidden))))
        return F.relu(self.output[2](hidden)).squeeze(1)

    def published(self) -> Mapping[str, str]:
        """Return the names of its parts here, and in the published files."""
        names = {f"head.output.{ours}": f"scratch.output_conv.{theirs}" for ours, theirs in enumerate((0, 2, 4))}
        for index in range(len(self.projections)):
            ours, theirs = f"head.fusions.{index}", f"scratch.refinenet{index + 1}"
            names |= {f"head.projections.{index}": f"scratch.layer{index + 1}_rn"}
            names |= {f"{ours}.projection": f"{theirs}.out_conv"}
            for our_unit, their_unit in (("incoming", "resConfUnit1"), ("merged", "resConfUnit2")):
                names[f"{ours}.{our_unit}.first"] = f"{theirs}.{their_unit}.conv1"
                names[f"{ours}.{our_unit}.second"] = f"{theirs}.{their_unit}.conv2"
        return names


class Fusion(nn.Module):
    """Adds a projected map to the path from the deeper ones and upsamples the sum.

    The deepest block has no path to add to and leaves ``incoming`` unused, but the published files fill it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.incoming = ResidualUnit()
        self.merged = ResidualUnit()
        self.projection = nn.Conv2d(FEATURES, FEATURES, 1)

    def forward(self, path: Tensor | None, part: Tensor, size: Sequence[int]) -> Tensor:
        """Return the path ``(B, 256, *size)`` after map ``part``, ``(B, 256, h, w)``; ``path`` is None at first."""
        total = part if path is None else path + self.incoming(part)
        upsampled: Tensor = self.projection(_resize(self.merged(total), size))
        return upsampled


class ResidualUnit(nn.Module):
    """Two 3×3 convolutions, each after a ReLU, beside the identity."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(FEATURES, FEATURES, 3, padding=1)
        self.second = nn.Conv2d(FEATURES, FEATURES, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Return ``(B, 256, h, w)`` from ``(B, 256, h, w)``."""
        hidden: Tensor = self.second(F.relu(self.first(F.relu(image))))
        return image + hidden


def _doubled(image: Tensor) -> list[int]:
    return [2 * side for side in image.shape[-2:]]


def _resize(image: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(image, size=list(size), mode="bilinear", align_corners=True)
