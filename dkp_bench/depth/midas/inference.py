"""From an image to what a network takes: RGB in [−1, 1] at the network's size.

Source: MiDaS, official code at 4545977, ``midas/transforms.py`` and ``midas/model_loader.py``.
"""

from collections import defaultdict
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dkp_bench.depth.midas.network import DepthNetwork
from dkp_bench.depth.midas.registry import MidasModel
from dkp_bench.errors import DkpError

MULTIPLE = 32
"""Both sides of a network's input divide by it."""
MEAN = STD = 0.5


def input_size(model: MidasModel, height: int, width: int) -> tuple[int, int]:
    """Return height and width at which an image enters the network.

    Where the model keeps the aspect ratio, the side that has to be scaled the least gets the network's size. Sides are
    rounded to the nearest multiple of 32. An image so thin that a side becomes 0, where the original fails, gets 32.
    """
    down, across = model.net_size / height, model.net_size / width
    if model.keep_aspect:
        down = across = across if abs(1 - across) < abs(1 - down) else down
    return _to_multiple(down * height), _to_multiple(across * width)


def prepare(image: NDArray[np.uint8], model: MidasModel) -> Tensor:
    """Return the network's input for one image.

    The resize is OpenCV's own, bicubic without antialiasing and in float64, as the original's: ``F.interpolate`` rounds
    its coefficients otherwise and differs by up to 4e-4 where a large image is made small.

    Args:
        image: ``(H, W, 3)`` uint8 RGB.
        model: whose input.

    Returns:
        ``(3, h, w)`` float32, mostly in [−1, 1]: the resize may overshoot.

    Raises:
        ValueError: if the image is not ``(H, W, 3)`` uint8.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"an image is (H, W, 3) uint8, this one is {image.shape} {image.dtype}")
    height, width = input_size(model, *image.shape[:2])
    scaled = cv2.resize(image / 255, (width, height), interpolation=cv2.INTER_CUBIC)
    normalised = (scaled - MEAN) / STD
    return torch.from_numpy(np.ascontiguousarray(normalised.transpose(2, 0, 1), dtype=np.float32))


def _to_multiple(side: float) -> int:
    return MULTIPLE * max(1, round(side / MULTIPLE))


@torch.inference_mode()
def estimate(
    network: DepthNetwork, model: MidasModel, images: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float32]]:
    """Estimate the relative inverse depth of images, near is large.

    Images that enter the network at one size go through it as one batch. The network's output is never negative; it is
    resized to the image bicubically, which may overshoot a little below 0. Only its order and its differences mean
    something: scale and offset change from image to image.

    Args:
        network: on the device that it is to run on.
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
            raise DkpError(f"{model.name} gave a depth that is not finite", f"get {model.file} again from {model.url}")
        for index, output in zip(members, outputs, strict=True):
            size = images[index].shape[:2]
            resized = F.interpolate(output[None, None], size=size, mode="bicubic", align_corners=False)
            depths[index] = resized[0, 0].cpu().numpy()
    return [depths[index] for index in range(len(images))]
