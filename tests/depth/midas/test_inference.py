"""The network's input, against the original's sizes and another bicubic resize."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional as F

from dkp_bench.depth.midas.inference import input_size, prepare
from dkp_bench.depth.midas.registry import MODELS, MidasModel, find_model

BASE, LARGE, SWIN2 = (find_model(f"dpt_{name}") for name in ("beit_base_384", "beit_large_512", "swin2_tiny_256"))

ORIGINAL_SIZES = [
    # height, width, then what the original's Resize makes of them for 384, for 512 and for Swin 2 at 256
    (384, 384, (384, 384), (512, 512), (256, 256)),
    (480, 640, (384, 512), (512, 672), (256, 256)),
    (640, 480, (512, 384), (672, 512), (256, 256)),
    (96, 160, (224, 384), (320, 512), (256, 256)),
    (336, 500, (384, 576), (352, 512), (256, 256)),
    (1000, 300, (1280, 384), (512, 160), (256, 256)),
    (1080, 1920, (384, 672), (512, 896), (256, 256)),
    (400, 60, (384, 64), (512, 64), (256, 256)),
    (368, 400, (352, 384), (480, 512), (256, 256)),
]


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width", "base", "large", "swin2"), ORIGINAL_SIZES)
def test_the_input_has_the_size_that_the_original_gives_it(
    height: int, width: int, base: tuple[int, int], large: tuple[int, int], swin2: tuple[int, int]
) -> None:
    assert [input_size(model, height, width) for model in (BASE, LARGE, SWIN2)] == [base, large, swin2]


@given(st.sampled_from(sorted(MODELS)), st.integers(1, 3000), st.integers(1, 3000))
def test_sides_divide_by_32_and_turn_with_the_image(name: str, height: int, width: int) -> None:
    model = find_model(name)
    tall, wide = input_size(model, height, width)
    assert min(tall, wide) >= 32
    assert tall % 32 == wide % 32 == 0
    assert model.net_size in (tall, wide)
    assert sorted(input_size(model, width, height)) == sorted((tall, wide))
    assert input_size(model, height, height) == (model.net_size, model.net_size)


def test_an_image_too_thin_for_the_original_still_gets_a_side() -> None:
    assert input_size(BASE, 10, 1000) == (32, 384)


@pytest.mark.parametrize("model", [BASE, SWIN2], ids=lambda model: model.name)
@pytest.mark.parametrize("size", [(384, 384), (128, 128), (96, 160), (300, 210), (512, 384)])
def test_the_resize_is_bicubic_without_antialiasing(model: MidasModel, size: tuple[int, int]) -> None:
    image = noise(*size)
    prepared = prepare(image, model)
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].double() / 255
    expected = F.interpolate(pixels, size=input_size(model, *size), mode="bicubic", align_corners=False)[0] * 2 - 1
    assert prepared.dtype == torch.float32
    torch.testing.assert_close(prepared.double(), expected, atol=1e-4, rtol=0)


def test_an_image_of_the_networks_size_is_only_scaled() -> None:
    image = noise(256, 256)
    expected = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(prepare(image, SWIN2), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)],
    ids=["grey", "four channels", "float", "empty"],
)
def test_what_is_no_rgb_image_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"an image is \(H, W, 3\) uint8"):
        prepare(image, SWIN2)
