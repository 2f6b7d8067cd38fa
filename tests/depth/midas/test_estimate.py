"""Depth of images: sizes, order, batches."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dkp_bench.depth.midas.inference import estimate, input_size, prepare
from dkp_bench.depth.midas.network import DepthNetwork
from dkp_bench.depth.midas.registry import MODELS, MidasModel, find_model
from dkp_bench.depth.midas.weights import load
from dkp_bench.errors import DkpError

Estimator = tuple[DepthNetwork, MidasModel]
FAST = ["dpt_levit_224", "dpt_swin2_tiny_256", "dpt_beit_base_384"]


@pytest.fixture(scope="module")
def levit() -> Estimator:
    return random_weights("dpt_levit_224")


@pytest.fixture(scope="module", params=FAST)
def estimator(request: pytest.FixtureRequest) -> Estimator:
    return random_weights(request.param)


def random_weights(name: str) -> Estimator:
    model = find_model(name)
    return load(model, None), model


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_network_gives_each_image_of_a_batch_its_own_depth_and_none_below_0(estimator: Estimator) -> None:
    network, model = estimator
    images = torch.stack([prepare(noise(24, 72, seed), model) for seed in range(2)])
    first, second = depths = network(images)
    assert depths.shape == (2, *images.shape[2:])
    assert depths.min() >= 0
    spread = float(second.max() - second.min())
    assert (first - second).abs().max() > 0.05 * spread
    torch.testing.assert_close(network(images[1:])[0], second, atol=1e-4 * spread, rtol=0)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_takes_every_size_that_its_images_may_have(name: str) -> None:
    model = find_model(name)
    with torch.device("meta"):  # shapes without numbers
        network = DepthNetwork(model)
        for size in {input_size(model, 100, 100), input_size(model, 100, 170)}:
            assert network(torch.zeros(2, 3, *size)).shape == (2, *size)


def test_depth_has_the_size_of_its_image_in_the_order_given(levit: Estimator) -> None:
    images = [noise(40, 60, seed=1), noise(224, 224, seed=2), noise(60, 40, seed=3), noise(40, 60, seed=4)]
    depths = estimate(*levit, images)
    assert [depth.shape for depth in depths] == [image.shape[:2] for image in images]
    assert all(depth.dtype == np.float32 for depth in depths)
    for image, depth in zip(images, depths, strict=True):
        np.testing.assert_allclose(depth, estimate(*levit, [image])[0], atol=1e-5)
    assert estimate(*levit, []) == []


def test_depth_that_is_not_finite_is_an_error() -> None:
    network, model = random_weights("dpt_levit_224")
    network.head.output[2].bias.fill_(torch.inf)
    with pytest.raises(DkpError, match="dpt_levit_224 gave a depth that is not finite"):
        estimate(network, model, [noise(32, 32)])


@pytest.mark.slow
def test_the_largest_model_runs() -> None:
    depth = estimate(*random_weights("dpt_beit_large_512"), [noise(64, 64)])[0]
    assert depth.shape == (64, 64)
    assert depth.std() > 0


@pytest.mark.gpu
@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_gpu_agrees_with_the_cpu(name: str) -> None:
    network, model = random_weights(name)
    image = noise(64, 64)
    expected = estimate(network, model, [image])[0]
    found = estimate(network.cuda(), model, [image])[0]
    np.testing.assert_allclose(found, expected, atol=0.02 * np.ptp(expected))  # convolutions round to TF32 there
