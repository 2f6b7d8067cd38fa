"""The perceptual loss: mean L1 between features of a fixed network.

``vgg16-imagenet`` is AutoLink's loss (VGG16 up to relu1_2, relu2_2, relu3_3, relu4_3 on 224-pixel images). Its
weights cannot be shipped: they are found where torchvision or timm would have put them, or where
``DKP_BENCH_VGG16`` points. ``vgg16-random`` is the same network with seeded random weights, ``pyramid-random`` a
three-layer one that a CPU can afford (random features as a loss: Liu et al., arXiv 2103.10571). Which one was used is
part of every signature.
"""

import hashlib
import itertools
import os
from abc import abstractmethod
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from dkp_bench.errors import DkpError, printable
from dkp_bench.tensor_files import load_tensors

PerceptualChoice = Literal["auto", "vgg16-imagenet", "vgg16-random", "pyramid-random"]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WEIGHTS_VARIABLE = "DKP_BENCH_VGG16"
TORCHVISION_FILE = "vgg16-397923af.pth"
TIMM_HUB_NAME = "timm/vgg16.tv_in1k"
RANDOM_SEED = 0


class PerceptualLoss(nn.Module):
    """Mean L1 distance of features, summed over the network's taps; the network is frozen."""

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the distance between two batches of ``(B, 3, S, S)`` images; no gradient reaches ``target``."""
        with torch.no_grad():
            wanted = self.features(target.detach())
        distances = [F.l1_loss(a, b).float() for a, b in zip(self.features(image), wanted, strict=True)]
        return torch.stack(distances).sum()

    @abstractmethod
    def features(self, image: Tensor) -> list[Tensor]:
        """Return feature maps of ``(B, 3, S, S)`` images in [−1, 1]."""

    def train(self, mode: bool = True) -> "PerceptualLoss":
        """Stay in evaluation mode in any case."""
        return super().train(False)


class Vgg16Loss(PerceptualLoss):
    """Four taps of VGG16.

    Args:
        weights: the convolutions' weights under timm's names; seeded random ones if None.

    Source: AutoLink's ``utils/loss.py``.
    """

    def __init__(self, weights: dict[str, Tensor] | None) -> None:
        import timm  # takes seconds, and only this network needs it

        super().__init__()
        with torch.device("meta"):  # timm would draw 124 million numbers for a classifier that it then drops
            self.network = timm.create_model("vgg16", features_only=True, out_indices=(0, 1, 2, 3))
        self.network.to_empty(device="cpu")
        _kaiming(self.network)
        if weights is not None:
            self.network.load_state_dict(weights)
        self.requires_grad_(False).eval()
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def features(self, image: Tensor) -> list[Tensor]:
        image = F.interpolate((image + 1) / 2, size=(224, 224), mode="bilinear")
        maps: list[Tensor] = self.network((image - self.mean) / self.std)
        return maps


class PyramidLoss(PerceptualLoss):
    """The image itself and three 3×3 convolutions with ReLU, each at half the size of the one before."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        widths = [3, width, 2 * width, 4 * width]
        with torch.random.fork_rng(devices=[]):
            self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(widths))
        _kaiming(self)
        self.requires_grad_(False).eval()

    def features(self, image: Tensor) -> list[Tensor]:
        maps = [image]
        for index, layer in enumerate(self.layers):
            image = F.relu(layer(F.avg_pool2d(image, 2) if index else image))
            maps.append(image)
        return maps


def perceptual_name(choice: PerceptualChoice) -> str:
    """Return the record's name of the network that ``choice`` means on this machine: network, weights, their hash.

    Raises:
        DkpError: as :func:`perceptual_loss`.
    """
    if choice == "auto":
        choice = "vgg16-imagenet" if imagenet_weights_file() else "vgg16-random"
    return f"{choice}-{_imagenet_weights()[1]}" if choice == "vgg16-imagenet" else choice


def perceptual_loss(choice: PerceptualChoice) -> PerceptualLoss:
    """Return the loss network that ``choice`` means on this machine.

    Raises:
        DkpError: if ImageNet weights are asked for and not found, or the file found does not fit.
    """
    name = perceptual_name(choice)
    if name == "pyramid-random":
        return PyramidLoss()
    return Vgg16Loss(None if name == "vgg16-random" else _imagenet_weights()[0])


def imagenet_weights_file() -> Path | None:
    """Return the file of VGG16's ImageNet weights on this machine, None if there is none.

    Raises:
        DkpError: if ``DKP_BENCH_VGG16`` names a file that does not exist.
    """
    given = os.environ.get(WEIGHTS_VARIABLE)
    if given:
        if not Path(given).is_file():
            raise DkpError(f"{WEIGHTS_VARIABLE} names {given}, which is not a file", "correct the variable or unset it")
        return Path(given)
    torchvision_file = Path(torch.hub.get_dir()) / "checkpoints" / TORCHVISION_FILE
    if torchvision_file.is_file():
        return torchvision_file
    from huggingface_hub import try_to_load_from_cache

    hub_file = try_to_load_from_cache(TIMM_HUB_NAME, "model.safetensors")
    return Path(hub_file) if isinstance(hub_file, str) else None


def _imagenet_weights() -> tuple[dict[str, Tensor], str]:
    """Return the convolutions' weights under timm's names, and eight hexadecimal digits of their hash."""
    path = imagenet_weights_file()
    if path is None:
        wanted = f"{TORCHVISION_FILE} (528 MB, torchvision's VGG16_Weights.IMAGENET1K_V1)"
        hint = f"put {wanted} into {torch.hub.get_dir()}/checkpoints, or name the file in {WEIGHTS_VARIABLE}"
        raise DkpError("VGG16's ImageNet weights are not on this machine", hint)
    return _read_weights(path)


@cache
def _read_weights(path: Path) -> tuple[dict[str, Tensor], str]:
    try:
        state = load_file(path) if path.suffix == ".safetensors" else load_tensors(path)
        expected = Vgg16Loss(None).network.state_dict()
        weights = {name: state[name.replace("features_", "features.")].float() for name in expected}
        for name, tensor in weights.items():
            if tensor.shape != expected[name].shape:
                raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {tuple(expected[name].shape)}")
    except Exception as error:  # each way a weights file can be damaged raises a type of its own
        problem = f"{path} does not hold VGG16's weights: {printable(error)}"
        raise DkpError(problem, f"get {TORCHVISION_FILE} again") from error
    digest = hashlib.sha256(b"".join(weights[name].numpy().tobytes() for name in sorted(weights)))
    return weights, digest.hexdigest()[:8]


def _kaiming(network: nn.Module) -> None:
    """Fill the convolutions from the seed, so that the numbers depend on nothing else."""
    chance = torch.Generator().manual_seed(RANDOM_SEED)
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=chance)
            nn.init.zeros_(module.bias)
