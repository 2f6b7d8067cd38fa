"""AutoLink: a keypoint detector that learns by drawing its own skeleton (He, Wandt, Rhodin, arXiv 2205.10636).

The detector finds K keypoints, every two of them are joined by an edge with a learned weight, and a decoder must
rebuild the image from the edge map and the few blocks of the image that masking left. Nothing but that loss says
where a keypoint belongs. This file is the whole model; the training loop is :mod:`dkp_bench.training.loop`.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from dkp_bench.datasets.base import ImageSet
from dkp_bench.errors import DkpError
from dkp_bench.methods import FitContext, FitResult, Method
from dkp_bench.ops import block_mask, draw_edges, soft_argmax
from dkp_bench.training.batches import Batch
from dkp_bench.training.inference import batched, load_module, save_module
from dkp_bench.training.loop import Losses, Trainable, TrainingSettings, train
from dkp_bench.training.perceptual import PerceptualChoice, PerceptualLoss, perceptual_loss, perceptual_name


class AutoLinkSettings(TrainingSettings):
    """Hyper-parameters of AutoLink; the defaults are the official code's."""

    keypoints: int = Field(16, ge=2)
    thickness: float = Field(2.5e-3, gt=0)
    """σ² of an edge, in squared keypoint units."""
    missing: float = Field(0.8, ge=0, le=1)
    """Share of the image's 16 × 16 blocks that masking hides."""
    edge_scale: float = Field(512.0, gt=0)
    """s in softplus(s·w): how much faster edge weights learn ("sklr")."""
    detector_width: int = Field(64, ge=1)
    """Channels after the detector's first block; doubled by each of the next three."""
    decoder_width: int = Field(64, ge=1)
    perceptual: PerceptualChoice = "auto"
    """The loss network; ``auto`` is VGG16 with ImageNet weights where they are found, else with random ones."""


class ResidualBlock(nn.Module):
    """3×3 conv, halve, BN, LeakyReLU, 3×3 conv, BN, beside a skip of 3×3 conv, halve, BN.

    Halving is bilinear ×0.5, which is the mean of 2×2 pixels. A 3×3 convolution followed by that mean is one 4×4
    convolution of stride 2 whose kernel is the 3×3 one spread over four places; both branches start with such a pair
    on the same input, so one convolution computes both, at under half the arithmetic and without full-size maps.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.enter_norm = nn.BatchNorm2d(outputs)
        self.inner = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.inner_norm = nn.BatchNorm2d(outputs)
        self.skip = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.skip_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        kernel = F.pad(torch.cat([self.enter.weight, self.skip.weight]), (1, 1, 1, 1))
        kernel = F.avg_pool2d(kernel, 2, stride=1)
        bias = torch.cat([self.enter.bias, self.skip.bias])  # type: ignore[list-item]
        main, skip = F.conv2d(x, kernel, bias, stride=2, padding=1).chunk(2, dim=1)
        main = F.leaky_relu(self.enter_norm(main), 0.2, inplace=True)
        main = self.inner_norm(self.inner(main))
        return F.leaky_relu(main + self.skip_norm(skip), 0.2, inplace=True)


def _leaky_relu() -> nn.Module:
    """Apply in place, since nothing needs what it replaces: at full size the maps of a step are gigabytes."""
    return nn.LeakyReLU(0.2, inplace=True)


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), *_conv_norm_relu(inputs, outputs))


def _conv_norm_relu(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), _leaky_relu()


class Detector(nn.Module):
    """Images ``(B, 3, S, S)`` in [−1, 1] to score maps ``(B, K, S/4, S/4)`` before the softmax."""

    def __init__(self, keypoints: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            ResidualBlock(3, width),
            ResidualBlock(width, 2 * width),
            ResidualBlock(2 * width, 4 * width),
            ResidualBlock(4 * width, 8 * width),
            _up(8 * width, 4 * width),
            _up(4 * width, 2 * width),
            nn.Conv2d(2 * width, keypoints, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


class Decoder(nn.Module):
    """A U-Net from the masked image and the edge map, ``(B, 4, S, S)``, to the image, ``(B, 3, S, S)``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        self.enter = nn.Sequential(nn.Conv2d(4, width, 3, padding=1), _leaky_relu())
        self.down = nn.ModuleList(self._halve(a, b) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(
            [self._double(widths[4], widths[3])]
            + [self._double(2 * a, b) for a, b in zip(widths[3:0:-1], widths[2::-1], strict=True)]
        )
        self.leave = nn.Conv2d(2 * width, 3, 3, padding=1)

    @staticmethod
    def _halve(inputs: int, outputs: int) -> nn.Sequential:
        second = nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)
        return nn.Sequential(*_conv_norm_relu(inputs, outputs), *second, nn.AvgPool2d(2), _leaky_relu())

    @staticmethod
    def _double(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(*_up(inputs, outputs), *_conv_norm_relu(outputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.enter(x)]
        for halve in self.down:
            skips.append(halve(skips[-1]))
        x = skips.pop()
        for double in self.up:
            x = torch.cat([double(x), skips.pop()], dim=1)
        image: Tensor = self.leave(x)
        return image


class AutoLinkModel(nn.Module):
    """Detector, edge weights and decoder.

    Source: the official code's ``models/encoder.py`` and ``models/decoder.py``.
    """

    def __init__(self, settings: AutoLinkSettings) -> None:
        super().__init__()
        self.settings = settings
        self.detector = Detector(settings.keypoints, settings.detector_width)
        self.decoder = Decoder(settings.decoder_width)
        self.alpha = nn.Parameter(torch.ones(()))
        edges = settings.keypoints * (settings.keypoints - 1) // 2
        self.raw_edge_weights = nn.Parameter((torch.randn(edges) / 10 - 4) / settings.edge_scale)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.kaiming_normal_(module.weight, a=0.2)
                nn.init.zeros_(module.bias)

    def edge_map(self, keypoints: Tensor, size: int) -> Tensor:
        """Draw the edge map of ``(B, K, 2)`` keypoints, ``(B, size, size)``."""
        weights = F.softplus(self.raw_edge_weights * self.settings.edge_scale)
        return draw_edges(keypoints.float(), weights, size, self.settings.thickness)

    def reconstruct(self, image: Tensor, keypoints: Tensor, mask: Tensor) -> Tensor:
        """Rebuild the image from its edge map and the blocks that ``mask`` kept."""
        edges = self.edge_map(keypoints, image.shape[-1])
        rebuilt: Tensor = self.decoder(torch.cat([image * mask * self.alpha, edges[:, None]], dim=1))
        return rebuilt


class AutoLinkTask(Trainable):
    """The training objective: the perceptual distance between the image and its reconstruction."""

    model: AutoLinkModel

    def __init__(self, model: AutoLinkModel, perceptual: PerceptualLoss, encode: Callable[[Batch], Tensor]) -> None:
        super().__init__()
        self.model, self.perceptual, self.encode = model, perceptual, encode

    def losses(self, batch: Batch, generator: torch.Generator) -> Losses:
        _, loss = self.rebuild(batch, generator)
        return Losses(total=loss, parts={"perceptual": loss})

    def rebuild(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Score maps of the detector and the perceptual loss of the reconstruction."""
        image, missing = self.encode(batch), self.model.settings.missing
        logits = self.model.detector(image)

        def masks(count: int) -> Tensor:
            return block_mask(count, image.shape[-1], missing, generator=generator, device=image.device)

        rebuilt = self.model.reconstruct(image, soft_argmax(logits), batch.drawn(masks))
        return logits, self.perceptual(rebuilt, image)


class AutoLink(Method):
    """AutoLink on RGB images."""

    name = "autolink"
    summary = "AutoLink (NeurIPS 2022): learns keypoints by redrawing the image from their skeleton"
    settings_type: ClassVar[type[AutoLinkSettings]] = AutoLinkSettings

    settings: AutoLinkSettings

    def __init__(self, settings: AutoLinkSettings, image_size: int) -> None:
        super().__init__(settings, image_size)
        self.model = AutoLinkModel(settings)

    @property
    def keypoints(self) -> int:
        return self.settings.keypoints

    @property
    def resolved(self) -> dict[str, str]:
        return {"perceptual": perceptual_name(self.settings.perceptual)}

    def encode(self, batch: Batch) -> Tensor:
        """Return what the detector sees of a batch, ``(B, 3, S, S)`` in [−1, 1]."""
        return batch.rgb

    def fit(self, images: ImageSet, context: FitContext) -> FitResult:
        if images.size // 2**4 == 1 and self.settings.batch_size == 1:
            # Four halvings leave one pixel a channel, and batch normalisation has no variance of a single number.
            problem = f"{self.name} cannot learn from batches of one image of {images.size} px"
            raise DkpError(problem, "--set batch_size=2 or more, or take larger images")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(context.seed)
            self.model = AutoLinkModel(self.settings)
        return train(self.task(context), images, self.settings, context)

    def task(self, context: FitContext) -> AutoLinkTask:
        """Return the objective to minimise."""
        return AutoLinkTask(self.model, perceptual_loss(self.settings.perceptual), self.encode)

    def predict(self, images: ImageSet) -> NDArray[np.float32]:
        def locate(model: AutoLinkModel, batch: Batch) -> Tensor:
            return soft_argmax(model.detector(self.encode(batch)))

        return batched(self.model, images, locate, depth=self.predicts_from_depth)

    def edge_maps(self, images: ImageSet) -> NDArray[np.float32]:
        def draw(model: AutoLinkModel, batch: Batch) -> Tensor:
            edges = model.edge_map(soft_argmax(model.detector(self.encode(batch))), self.image_size)
            return edges / edges.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)

        return batched(self.model, images, draw, depth=self.predicts_from_depth)

    def save(self, folder: Path) -> None:
        save_module(self.model, folder)

    def load(self, folder: Path) -> None:
        load_module(self.model, folder)
