"""Depth becomes the same image on every device."""

import cv2
import numpy as np
import pytest
import torch
from devices import on_every_device, relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dkp_bench.depth.encoding import encode_depth


def exact(depth: NDArray[np.float64], scaling: str, channels: str) -> NDArray[np.float64]:
    """The definition, one map at a time in float64, ``(B, 3, S, S)``."""
    images = []
    for one in depth:
        if scaling == "minmax":
            scaled = (one - one.min()) / (one.max() - one.min()) * 2 - 1
        else:
            scaled = np.clip((one - one.mean()) / (2 * one.std()), -1, 1)
        if channels == "repeat":
            images.append(np.stack([scaled] * 3))
        else:
            levels = np.round((scaled + 1) * 127.5).astype(np.uint8)
            images.append(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1].transpose(2, 0, 1) / 127.5 - 1)
    return np.stack(images)


@on_every_device
@pytest.mark.parametrize("scaling", ["minmax", "standardise"])
@pytest.mark.parametrize(("channels", "tolerance"), [("repeat", 1e-5), ("inferno", 1e-2)])
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1))
def test_depth_is_encoded_as_defined(device: str, scaling: str, channels: str, tolerance: float, seed: int) -> None:
    depth = np.random.default_rng(seed).random((3, 16, 16), dtype=np.float32) * 40 + 3
    found = encode_depth(torch.from_numpy(depth).to(device), scaling, channels)
    assert found.device.type == device
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    # Rounding may take the next of the 256 colours, which is up to a fiftieth away, at a pixel or two.
    assert relative_error(found, torch.from_numpy(exact(depth.astype(np.float64), scaling, channels))) < tolerance
