"""A MiDaS network: a backbone and the DPT head trained with it."""

from collections.abc import Mapping

from torch import Tensor, nn

from dkp_bench.depth.midas.beit import Beit
from dkp_bench.depth.midas.levit import Levit
from dkp_bench.depth.midas.registry import Family, MidasModel
from dkp_bench.depth.midas.swin2 import Swin2

BACKBONES: Mapping[Family, type[Swin2 | Levit | Beit]] = {"swin2": Swin2, "levit": Levit, "beit": Beit}


class DepthNetwork(nn.Module):
    """Backbone and head, under names of our own.

    Args:
        model: which one.
    """

    def __init__(self, model: MidasModel) -> None:
        super().__init__()
        self.backbone = BACKBONES[model.family](model.backbone)
        self.head = self.backbone.head()

    def forward(self, image: Tensor) -> Tensor:
        """Return relative inverse depth ``(B, h, w)``, not negative, of images ``(B, 3, H, W)`` in [−1, 1]."""
        depth: Tensor = self.head(self.backbone(image))
        return depth

    def published_names(self) -> Mapping[str, str]:
        """Return the name in the published files of each tensor of the state dict."""
        prefixes = {**self.backbone.published(), **self.head.published()}
        return {name: _translate(name, prefixes) for name in self.state_dict()}


def _translate(name: str, prefixes: Mapping[str, str]) -> str:
    """Replace the longest known prefix of a dotted name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        known = prefixes.get(".".join(parts[:end]))
        if known is not None:
            return ".".join([known, *parts[end:]])
    raise KeyError(name)
