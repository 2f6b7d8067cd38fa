"""A small U-Net that estimates inverse depth from an image: an estimator that is as good as its training was long.

Depth networks whose weights can be downloaded have one quality each. This one is trained here, on images and their
exact maps, for a chosen number of steps: the fewer, the worse its maps. It is small on purpose, so that 3,200 steps of
16 images of 64 px take a processor's core a few minutes.
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from dkp_bench.depth.corruption import min_max
from dkp_bench.progress import Progress

BATCH = 16
"""Images of a training step."""
LEARNING_RATE = 5e-3
"""Of the first step; it falls to 0 along half a cosine."""
WIDTHS = (16, 32, 48)
"""Channels at a half, a quarter and an eighth of the image's side."""
APPLY = 256
"""Images estimated at once."""


class LabelledDepth(Protocol):
    """Images with depth maps, read by index, such as :class:`dkp_bench.datasets.base.ImageSet`."""

    def __len__(self) -> int: ...

    def rgb(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return images ``(B, S, S, 3)``."""

    def depth(self, indices: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return relative inverse depth ``(B, S, S)``."""


class DepthUnet(nn.Module):
    """A U-Net from images ``(B, 3, S, S)`` in [−1, 1] to inverse depth ``(B, S, S)``; S is a multiple of 8.

    It works at half the image's side at most, and folds four pixels into channels on the way in and out of them on the
    way out, which saves three quarters of the arithmetic and no pixel.
    """

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.fold, self.unfold = nn.PixelUnshuffle(2), nn.PixelShuffle(2)
        self.down1 = _block(12, half)
        self.down2 = _block(half, quarter, stride=2)
        self.down3 = _block(quarter, eighth, stride=2)
        self.middle = _block(eighth, eighth)
        self.up2 = _block(eighth + quarter, quarter)
        self.up1 = _block(quarter + half, half)
        self.out = nn.Conv2d(half, 4, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return inverse depth, about 0 at the farthest point of an image and 1 at the nearest."""
        half = self.down1(self.fold(images))
        quarter = self.down2(half)
        eighth = self.middle(self.down3(quarter))
        quarter = self.up2(torch.cat([_doubled(eighth), quarter], dim=1))
        half = self.up1(torch.cat([_doubled(quarter), half], dim=1))
        depth: Tensor = self.unfold(self.out(half))
        return depth[:, 0]


def train_unet(images: LabelledDepth, steps: int, seed: int = 0, progress: Progress | None = None) -> DepthUnet:
    """Train the network to tell each image's inverse depth, scaled to [0, 1], by the mean absolute error.

    Args:
        images: what it learns from.
        steps: how many batches of :data:`BATCH` images; they are drawn anew for each.
        seed: with ``steps`` it fixes all that is drawn.
        progress: called with how many steps are done.
    """
    network = initialised(seed)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE)
    rng = np.random.default_rng(seed)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * step / steps)) / 2
        indices = rng.integers(0, len(images), BATCH)
        target = torch.from_numpy(min_max(images.depth(indices)))
        loss = functional.l1_loss(network(_as_input(images.rgb(indices))), target)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        if progress is not None:
            progress("training a depth network", step + 1, steps)
    return network.eval()


def initialised(seed: int = 0) -> DepthUnet:
    """Return the network as its training starts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return DepthUnet().to(memory_format=torch.channels_last)


def estimated(network: DepthUnet, images: LabelledDepth, progress: Progress | None = None) -> NDArray[np.float16]:
    """Return the inverse depth that the network sees in each image, ``(N, S, S)`` in [0, 1]."""
    found, count = [], len(images)
    with torch.inference_mode():
        for start in range(0, count, APPLY):
            indices = np.arange(start, min(start + APPLY, count))
            found.append(network(_as_input(images.rgb(indices))).numpy())
            if progress is not None:
                progress("estimating depth", int(indices[-1]) + 1, count)
    return min_max(np.concatenate(found)).astype(np.float16)


def weights_of(network: DepthUnet) -> dict[str, NDArray[np.float32]]:
    """Return the network's weights by name."""
    return {name: value.numpy() for name, value in network.state_dict().items()}


def unet_of(weights: Mapping[str, NDArray[np.float32]]) -> DepthUnet:
    """Return the network that has these weights."""
    network = initialised()
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    return network.eval()


def _as_input(rgb: NDArray[np.uint8]) -> Tensor:
    images = torch.from_numpy(np.ascontiguousarray(rgb)).permute(0, 3, 1, 2)
    return images.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _doubled(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="nearest")
