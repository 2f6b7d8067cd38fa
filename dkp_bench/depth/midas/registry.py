"""The MiDaS 3.1 models by name; importing this takes no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dkp_bench.errors import choice

RELEASE = "https://github.com/isl-org/MiDaS/releases/download/v3_1"

Family = Literal["swin2", "levit", "beit"]


@dataclass(frozen=True)
class MidasModel:
    """One published model.

    Attributes:
        name: what MiDaS calls it.
        family: whose backbone file builds it.
        backbone: what timm calls the backbone.
        net_size: edge in pixels of the square images that it was trained on.
        keep_aspect: whether an image that is not square stays so on its way into the network.
        megabytes: about the size of the file: what its tensors take, in millions of bytes.

    Source: MiDaS, official code at 4545977, ``midas/model_loader.py``; the sizes were counted on models built by it.
    """

    name: str
    family: Family
    backbone: str
    net_size: int
    keep_aspect: bool
    megabytes: int

    @property
    def summary(self) -> str:
        """One line for ``dkp-bench list``."""
        return f"MiDaS 3.1, {self.net_size} px; weights of about {self.megabytes:,} MB"

    @property
    def file(self) -> str:
        """The name of the file with the published weights."""
        return f"{self.name}.pt"

    @property
    def url(self) -> str:
        """The address of that file in the release."""
        return f"{RELEASE}/{self.file}"


_ALL = (
    MidasModel("dpt_levit_224", "levit", "levit_384", 224, keep_aspect=False, megabytes=204),
    MidasModel("dpt_swin2_tiny_256", "swin2", "swinv2_tiny_window16_256", 256, keep_aspect=False, megabytes=172),
    MidasModel("dpt_beit_base_384", "beit", "beit_base_patch16_384", 384, keep_aspect=True, megabytes=478),
    MidasModel("dpt_beit_large_384", "beit", "beit_large_patch16_384", 384, keep_aspect=True, megabytes=1441),
    MidasModel("dpt_beit_large_512", "beit", "beit_large_patch16_512", 512, keep_aspect=True, megabytes=1582),
)
MODELS: Mapping[str, MidasModel] = {model.name: model for model in _ALL}
"""From the fastest to the best."""
DEFAULT = "dpt_beit_large_512"
"""The best one; which one Distill-DKP took, its paper does not say where it could be read."""


def find_model(name: str) -> MidasModel:
    """Return the model called ``name``.

    Raises:
        DkpError: if there is none; it names the nearest one.
    """
    return MODELS[choice("MiDaS model", name, MODELS)]
