"""From an image to what a network takes: RGB in [−1, 1] at the network's size.

Source: MiDaS, official code at 4545977, ``midas/transforms.py`` and ``midas/model_loader.py``.
"""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dkp_bench.depth.midas.registry import MidasModel

MULTIPLE = 32
"""Both sides of a network's input divide by it."""
MEAN = STD = 0.5


def input_size(model: MidasModel, height: int, width: int) -> tuple[int, int]:
    """Height and width at which an image enters the network.

    Where the model keeps the aspect ratio, the side that has to be scaled the least gets the network's size. Sides are
    rounded to the nearest multiple of 32. An image so thin that a side becomes 0, where the original fails, gets 32.
    """
    down, across = model.net_size / height, model.net_size / width
    if model.keep_aspect:
        down = across = across if abs(1 - across) < abs(1 - down) else down
    return _to_multiple(down * height), _to_multiple(across * width)


def prepare(image: NDArray[np.uint8], model: MidasModel) -> Tensor:
    """The network's input for one image.

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
