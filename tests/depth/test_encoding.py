"""How depth becomes an image."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dkp_bench.depth.encoding import encode_depth

seeds = st.integers(0, 2**32 - 1)
scalings = st.sampled_from(["minmax", "standardise"])
channels = st.sampled_from(["repeat", "inferno"])
units = st.floats(1e-6, 1e6)


def maps(seed: int, count: int = 3, size: int = 8) -> Tensor:
    return torch.rand(count, size, size, generator=torch.Generator().manual_seed(seed))


@given(seeds, scalings, channels, units)
def test_it_is_an_image_in_the_range_of_images(seed: int, scaling: str, channel: str, unit: float) -> None:
    image = encode_depth(maps(seed).double() * unit, scaling, channel)
    assert image.shape == (3, 3, 8, 8)
    assert image.dtype == torch.float32
    assert image.is_contiguous(memory_format=torch.channels_last)
    assert image.min() >= -1
    assert image.max() <= 1


@given(seeds, units, st.floats(-100, 100))
def test_minmax_takes_each_image_to_the_full_range(seed: int, unit: float, shift: float) -> None:
    depth = maps(seed)
    encoded = encode_depth(depth)
    assert torch.equal(encoded.amin(dim=(1, 2, 3)), torch.full((3,), -1.0))
    assert torch.equal(encoded.amax(dim=(1, 2, 3)), torch.full((3,), 1.0))
    scaled = encode_depth(((depth.double() + shift) * unit).float())
    torch.testing.assert_close(scaled, encoded, atol=1e-3, rtol=0)


@given(seeds, units)
def test_standardise_is_its_definition(seed: int, unit: float) -> None:
    depth = maps(seed) * unit
    exact = depth.double().numpy()
    mean, std = exact.mean(axis=(1, 2), keepdims=True), exact.std(axis=(1, 2), keepdims=True)
    expected = np.clip((exact - mean) / (2 * std), -1, 1)
    encoded = encode_depth(depth, "standardise").numpy()
    np.testing.assert_allclose(encoded, expected[:, None].repeat(3, axis=1), atol=1e-5)


@given(seeds, scalings)
def test_near_stays_near(seed: int, scaling: str) -> None:
    depth = maps(seed, count=1).flatten()
    encoded = encode_depth(depth.view(1, 8, 8), scaling)[0, 0].flatten()
    assert (encoded[depth.argsort()].diff() >= 0).all()


@given(seeds, scalings, channels)
def test_an_image_does_not_depend_on_the_others_of_its_batch(seed: int, scaling: str, channel: str) -> None:
    depth = maps(seed)
    alone = torch.cat([encode_depth(one[None], scaling, channel) for one in depth])
    assert torch.equal(encode_depth(depth, scaling, channel), alone)


@pytest.mark.parametrize(("scaling", "value"), [("minmax", -1.0), ("standardise", 0.0)])
@pytest.mark.parametrize("depth", [0.0, 0.1, 3.3, 1000.1, 1e-9, -2.7])
def test_a_constant_map_carries_nothing(scaling: str, value: float, depth: float) -> None:
    for size in (8, 61):
        assert encode_depth(torch.full((2, size, size), depth), scaling).unique().tolist() == [value]


@given(seeds, scalings)
def test_repeat_gives_three_equal_channels(seed: int, scaling: str) -> None:
    red, green, blue = encode_depth(maps(seed), scaling, "repeat").unbind(dim=1)
    assert torch.equal(red, green)
    assert torch.equal(red, blue)


@given(seeds)
def test_inferno_is_opencvs(seed: int) -> None:
    levels = np.random.default_rng(seed).permutation(256).astype(np.uint8).reshape(16, 16)
    drawn = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    encoded = encode_depth(torch.from_numpy(levels.astype(np.float32))[None], "minmax", "inferno")
    np.testing.assert_array_equal(((encoded[0].permute(1, 2, 0) + 1) * 127.5).round().numpy(), drawn)
