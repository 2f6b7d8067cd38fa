"""The images that depth maps become for a detector made for RGB."""

from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

DepthScaling = Literal["minmax", "standardise"]
DepthChannels = Literal["repeat", "inferno"]


def encode_depth(depth: Tensor, scaling: DepthScaling = "minmax", channels: DepthChannels = "repeat") -> Tensor:
    """Turn depth maps into images.

    Args:
        depth: ``(B, S, S)`` relative inverse depth, near is large.
        scaling: per image, ``minmax`` maps the range to [−1, 1]; ``standardise`` takes the mean and two standard
            deviations for 0 and ±1 and clips there. A constant map becomes −1 or 0.
        channels: ``repeat`` gives three equal channels, ``inferno`` the colour map MiDaS draws its results in.

    Returns:
        ``(B, 3, S, S)`` float32 in [−1, 1], channels-last in memory.
    """
    depth = depth.float()
    tiny = torch.finfo(depth.dtype).tiny
    above = depth - depth.amin(dim=(1, 2), keepdim=True)  # exactly 0 where the map is constant, unlike depth − mean
    if scaling == "minmax":
        scaled = above / above.amax(dim=(1, 2), keepdim=True).clamp_min(tiny) * 2 - 1
    else:
        centred = above - above.mean(dim=(1, 2), keepdim=True)
        spread = centred.square().mean(dim=(1, 2), keepdim=True).sqrt()
        scaled = (centred / (2 * spread).clamp_min(tiny)).clamp(-1, 1)
    if channels == "repeat":
        return scaled[..., None].expand(-1, -1, -1, 3).contiguous().permute(0, 3, 1, 2)
    colours = _inferno().to(depth.device)
    return colours[((scaled + 1) * 127.5).round().long()].permute(0, 3, 1, 2)


def _inferno() -> Tensor:
    """Return OpenCV's inferno colour map as RGB in [−1, 1], ``(256, 3)``."""
    bgr = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO).reshape(256, 3)
    return torch.from_numpy(bgr[:, ::-1].astype(np.float32) / 127.5 - 1)
