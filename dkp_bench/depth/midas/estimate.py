"""Depth of images with a MiDaS network."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from dkp_bench.depth.midas.network import DepthNetwork
from dkp_bench.depth.midas.registry import MidasModel
from dkp_bench.depth.midas.transform import prepare
from dkp_bench.errors import DkpError


@torch.inference_mode()
def estimate(
    network: DepthNetwork, model: MidasModel, images: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float32]]:
    """Relative inverse depth of images, near is large.

    Images that enter the network at one size go through it as one batch. The network's output is never negative; it is
    resized to the image bicubically, which may overshoot a little below 0. Only its order and its differences mean
    something: scale and offset change from image to image.

    Args:
        network: on whatever device it is to run.
        model: which one it is.
        images: each ``(H, W, 3)`` uint8 RGB; the sizes may differ.

    Returns:
        For each image ``(H, W)`` float32.

    Raises:
        DkpError: if a depth is not a finite number.
        ValueError: if an image is not ``(H, W, 3)`` uint8.

    Source: MiDaS, official code at 4545977, ``run.py``.
    """
    device = next(network.parameters()).device
    prepared = [prepare(image, model) for image in images]
    batches = defaultdict(list)
    for index, image in enumerate(prepared):
        batches[image.shape].append(index)
    depths: dict[int, NDArray[np.float32]] = {}
    for members in batches.values():
        outputs = network(torch.stack([prepared[index] for index in members]).to(device))
        if not torch.isfinite(outputs).all():
            raise DkpError(f"{model.name} gave a depth that is not finite", f"get {model.file} anew from {model.url}")
        for index, output in zip(members, outputs, strict=True):
            size = images[index].shape[:2]
            resized = F.interpolate(output[None, None], size=size, mode="bicubic", align_corners=False)
            depths[index] = resized[0, 0].cpu().numpy()
    return [depths[index] for index in range(len(images))]
