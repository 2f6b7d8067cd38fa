"""AutoLink's model against its description."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from dkp_bench.baselines.autolink import AutoLinkModel, AutoLinkSettings, AutoLinkTask, ResidualBlock
from dkp_bench.ops import draw_edges_plain, edge_index
from dkp_bench.training.batches import Batch
from dkp_bench.training.perceptual import PyramidLoss

seeds = st.integers(0, 2**32 - 1)
SMALL = AutoLinkSettings(keypoints=5, detector_width=4, decoder_width=2, perceptual="pyramid-random")
PUBLISHED = AutoLinkSettings()


def published_model() -> AutoLinkModel:
    """The model at its published size, without numbers."""
    with torch.device("meta"):
        return AutoLinkModel(PUBLISHED)


def pictures(seed: int, count: int = 2, size: int = 64) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def written_out(block: ResidualBlock, x: Tensor) -> Tensor:
    """The residual block as the official code writes it."""

    def halve(maps: Tensor) -> Tensor:
        return F.interpolate(maps, scale_factor=0.5, mode="bilinear", align_corners=False)

    main = F.leaky_relu(block.enter_norm(halve(block.enter(x))), 0.2)
    main = block.inner_norm(block.inner(main))
    return F.leaky_relu(main + block.skip_norm(halve(block.skip(x))), 0.2)


@settings(max_examples=20)
@given(seeds, st.integers(1, 4), st.integers(1, 5), st.sampled_from([4, 6, 10]), st.booleans())
def test_the_merged_convolution_is_the_block_as_written(
    seed: int, inputs: int, outputs: int, size: int, training: bool
) -> None:
    torch.manual_seed(seed)
    block = ResidualBlock(inputs, outputs).double().train(training)
    results = []
    x = torch.randn(3, inputs, size, size, dtype=torch.float64, requires_grad=True)
    weighting = torch.randn(3, outputs, size // 2, size // 2, dtype=torch.float64)
    for function in (block, lambda x: written_out(block, x)):
        value = function(x)
        gradients = torch.autograd.grad((value * weighting).sum(), [x, *block.parameters()])
        results.append([value, *gradients])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_the_defaults_are_the_published_ones() -> None:
    assert PUBLISHED.model_dump() == {
        "steps": 20_001,
        "batch_size": 64,
        "learning_rate": 1e-4,
        "weight_decay": 1e-3,
        "schedule": "constant",
        "flip": True,
        "precision": "auto",
        "keypoints": 16,
        "thickness": 2.5e-3,
        "missing": 0.8,
        "edge_scale": 512.0,
        "detector_width": 64,
        "decoder_width": 64,
        "perceptual": "auto",
    }


def test_the_detector_has_the_published_shape() -> None:
    x = torch.empty(2, 3, 128, 128, device="meta")
    shapes = []
    for layer in published_model().detector.layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    halvings = [(64, 64, 64), (128, 32, 32), (256, 16, 16), (512, 8, 8)]
    assert shapes == [*halvings, (256, 16, 16), (128, 32, 32), (16, 32, 32)]


def test_the_decoder_has_the_published_shape() -> None:
    decoder = published_model().decoder
    shapes = []
    for part in (decoder.enter, *decoder.down, *decoder.up, decoder.leave):
        part.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    decoder(torch.empty(2, 4, 128, 128, device="meta"))
    down = [(64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 16, 16), (512, 8, 8)]
    up = [(512, 16, 16), (256, 32, 32), (128, 64, 64), (64, 128, 128)]
    assert shapes == [*down, *up, (3, 128, 128)]


def test_the_published_model_has_as_many_parameters_as_the_table_says() -> None:
    def conv(inputs: int, outputs: int) -> int:
        return 9 * inputs * outputs + outputs

    def norm(channels: int) -> int:
        return 2 * channels

    def double_conv(inputs: int, outputs: int) -> int:
        return conv(inputs, outputs) + conv(outputs, outputs) + 2 * norm(outputs)

    detector = sum(double_conv(a, b) + conv(a, b) + norm(b) for a, b in itertools.pairwise([3, 64, 128, 256, 512]))
    detector += sum(conv(a, b) + norm(b) for a, b in [(512, 256), (256, 128)]) + conv(128, 16)
    down = sum(double_conv(a, b) for a, b in [(64, 128), (128, 256), (256, 512), (512, 512)])
    up = sum(double_conv(a, b) for a, b in [(512, 512), (512 + 512, 256), (256 + 256, 128), (128 + 128, 64)])
    decoder = conv(4, 64) + down + up + conv(64 + 64, 3)
    edges_and_alpha = 16 * 15 // 2 + 1
    counted = sum(parameter.numel() for parameter in published_model().parameters())
    assert counted == detector + decoder + edges_and_alpha


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256])
def test_the_score_maps_are_a_quarter_of_the_image(size: int) -> None:
    model = AutoLinkModel(SMALL)
    assert model.detector(pictures(0, size=size)).shape == (2, 5, size // 4, size // 4)
    rebuilt = model.reconstruct(pictures(0, size=size), torch.zeros(2, 5, 2), torch.ones(2, 1, size, size))
    assert rebuilt.shape == (2, 3, size, size)


@settings(max_examples=10)
@given(seeds)
def test_the_first_weights_are_kaimings(seed: int) -> None:
    torch.manual_seed(seed)
    model = AutoLinkModel(SMALL)
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert convolutions
    for module in convolutions:
        expected = math.sqrt(2 / (1 + 0.2**2) / (9 * module.in_channels))
        deviation = 6 / math.sqrt(2 * module.weight.numel())
        assert abs(module.weight.std().item() / expected - 1) < deviation
        assert module.bias is not None
        assert not module.bias.any()
    assert model.alpha.item() == 1


@settings(max_examples=10)
@given(seeds)
def test_the_first_edge_weights_are_faint_and_nearly_alike(seed: int) -> None:
    torch.manual_seed(seed)
    model = AutoLinkModel(SMALL.model_copy(update={"keypoints": 16}))
    raw = model.raw_edge_weights.detach() * 512
    assert raw.shape == (120,)
    assert abs(raw.mean().item() + 4) < 6 * 0.1 / math.sqrt(120)
    assert abs(raw.std().item() / 0.1 - 1) < 6 / math.sqrt(2 * 120)
    two_far_ends = torch.linspace(-1, 1, 32).view(1, 16, 2).flip(-1)
    assert model.edge_map(two_far_ends, 64).max().item() == pytest.approx(F.softplus(raw).max().item(), rel=1e-2)


@settings(max_examples=10)
@given(seeds)
def test_the_edge_map_is_the_formula(seed: int) -> None:
    torch.manual_seed(seed)
    model = AutoLinkModel(SMALL)
    keypoints = torch.rand(2, 5, 2) * 2 - 1
    weights = torch.log1p(torch.exp(model.raw_edge_weights.detach().double() * 512))
    assert edge_index(5).shape[1] == len(weights)
    expected = draw_edges_plain(keypoints.double(), weights, 32, 2.5e-3)
    torch.testing.assert_close(model.edge_map(keypoints, 32).double(), expected, atol=1e-6, rtol=1e-4)


def test_the_decoder_sees_the_masked_image_times_alpha_and_the_edges() -> None:
    model, seen = AutoLinkModel(SMALL), []
    model.decoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    nn.init.constant_(model.alpha, 0.5)
    image, keypoints, mask = pictures(0), torch.rand(2, 5, 2), (torch.rand(2, 1, 64, 64) < 0.2).float()
    model.reconstruct(image, keypoints, mask)
    assert torch.equal(seen[0][:, :3], image * mask * 0.5)
    assert torch.equal(seen[0][:, 3], model.edge_map(keypoints, 64).detach())


def test_a_step_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    model = AutoLinkModel(SMALL)
    task = AutoLinkTask(model, PyramidLoss(), lambda batch: batch.rgb)
    losses = task.losses(Batch(pictures(0, count=4)), torch.Generator().manual_seed(0))
    losses.total.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert model.alpha.grad.abs() > 0
    assert model.raw_edge_weights.grad.abs().max() > 0
    assert model.detector.layers[0].enter.weight.grad.abs().max() > 0
    assert {name for name, parameter in task.named_parameters() if parameter.requires_grad} == {
        f"model.{name}" for name, _ in model.named_parameters()
    }
