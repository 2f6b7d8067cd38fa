"""AutoLink's step beside the one written as the official code writes it: the same numbers, the same gradients.

In float64, but for what our step itself does in float32: drawing edges, and the loss at the end. At first biases of
zero, where nothing is drawn LeakyReLU stands at its corner, so the weights compared are shaken. A bias that batch
normalisation takes away again has no gradient but rounding, hence the tolerance that goes by the largest gradients.
"""

import functools
import statistics

import pytest
import torch
from devices import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from narrow_vgg import narrow_vgg
from official_step import OfficialAutoLink, OfficialStep, Outcome, Slices
from torch import Tensor

from dkp_bench.baselines.autolink import AutoLinkModel, AutoLinkSettings, AutoLinkTask
from dkp_bench.ops import block_mask, soft_argmax
from dkp_bench.training.batches import Batch
from dkp_bench.training.perceptual import Vgg16Loss

seeds = st.integers(0, 2**32 - 3)
CPU = torch.device("cpu")
SIZE, BATCH = 64, 2
vgg = functools.cache(lambda: narrow_vgg(16).double())


def pair(seed: int, keypoints: int) -> tuple[AutoLinkTask, OfficialStep]:
    """Our task and the official step with the same weights, both in float64."""
    torch.manual_seed(seed)
    chosen = AutoLinkSettings(keypoints=keypoints, detector_width=4, decoder_width=2, learning_rate=1e-3)
    model = AutoLinkModel(chosen)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1 and name != "raw_edge_weights":
            parameter.data += torch.randn_like(parameter) / 10
    official = OfficialStep(OfficialAutoLink(model, vgg()).double(), CPU)
    return AutoLinkTask(model.double(), vgg(), lambda batch: batch.rgb).train(), official


def pictures(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(BATCH, 3, SIZE, SIZE, generator=generator, dtype=torch.float64) * 2 - 1


def mask_of(seed: int) -> Tensor:
    """The mask that our task draws from a generator with this seed."""
    return block_mask(BATCH, SIZE, 0.8, generator=torch.Generator().manual_seed(seed)).double()


def our_outcome(task: AutoLinkTask, image: Tensor, seed: int) -> Outcome:
    keypoints = soft_argmax(task.model.detector(image))
    edge_map = task.model.edge_map(keypoints, SIZE)
    rebuilt = task.model.reconstruct(image, keypoints, mask_of(seed))
    return Outcome(keypoints, edge_map, rebuilt, task.perceptual(rebuilt, image))


def backward(task: AutoLinkTask, image: Tensor, seed: int) -> None:
    task.zero_grad()
    task.losses(Batch(image), torch.Generator().manual_seed(seed)).total.backward()


@settings(max_examples=6)
@given(seeds, st.sampled_from([2, 5, 16]))
def test_forward(seed: int, keypoints: int) -> None:
    task, official = pair(seed, keypoints)
    ours, theirs = our_outcome(task, pictures(seed), seed), official.model(pictures(seed), mask_of(seed))
    row_column = ours.keypoints.flip(-1)
    torch.testing.assert_close(row_column, theirs.keypoints, atol=1e-7, rtol=0)
    torch.testing.assert_close(ours.edge_map[:, None].double(), theirs.edge_map, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(ours.rebuilt, theirs.rebuilt, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(ours.loss.double(), theirs.loss, atol=0, rtol=1e-6)


def gradient_errors(seed: int, keypoints: int) -> dict[str, float]:
    """How far each parameter's gradient is from the official step's, relative to that one and to the largest."""
    task, official = pair(seed, keypoints)
    backward(task, pictures(seed), seed)
    official.model(pictures(seed), mask_of(seed)).loss.backward()
    ours = official.model.translated({name: value.grad for name, value in task.model.named_parameters()})
    theirs = {name: value.grad for name, value in official.model.named_parameters() if value.requires_grad}
    assert ours.keys() == theirs.keys()
    least = 1e-4 * max(gradient.norm().item() for gradient in theirs.values())
    return {name: relative_error(ours[name], gradient, least=least) for name, gradient in theirs.items()}


# With one seed in a hundred, a feature of image and reconstruction differs by less than float32 can tell. The sign of
# that difference is then the machine's, and decides over a hundredth of a gradient: hence the median of three seeds.
@settings(max_examples=2, derandomize=True)
@given(seeds, st.sampled_from([2, 5, 16]))
def test_the_gradient_of_every_parameter(seed: int, keypoints: int) -> None:
    errors = [gradient_errors(each, keypoints) for each in (seed, seed + 1, seed + 2)]
    for name in errors[0]:
        assert statistics.median(error[name] for error in errors) <= 1e-4, name


# The same seeds always: in its first steps Adam goes by signs, and a gradient within rounding of 0 may have either.
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_three_steps_later_the_weights_still_agree(seed: int) -> None:
    task, official = pair(seed, 5)
    chosen = task.model.settings
    before = {name: value.detach().clone() for name, value in official.model.named_parameters() if value.requires_grad}
    optimizer = torch.optim.AdamW(task.model.parameters(), chosen.learning_rate, weight_decay=1e-3, fused=True)
    for step in range(3):
        backward(task, pictures(seed + step), seed + step)
        optimizer.step()
        official(pictures(seed + step), mask_of(seed + step))
    ours, theirs = official.model.translated(task.model.state_dict()), official.model.state_dict()
    for name, start in before.items():
        furthest = 3 * chosen.learning_rate * start.numel() ** 0.5
        assert (theirs[name] - start).norm() > 0, name
        assert (ours[name] - theirs[name]).norm() <= 1e-2 * furthest, name
    for name in ours.keys() - before.keys():  # running statistics
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-5, rtol=1e-5)


def test_the_whole_vgg16() -> None:
    ours = Vgg16Loss(None)
    rebuilt, image = pictures(0).float()[:1].requires_grad_(), pictures(1).float()[:1]
    losses = ours(rebuilt, image), Slices(ours)(rebuilt, image)
    one, other = (torch.autograd.grad(loss, rebuilt)[0] for loss in losses)
    torch.testing.assert_close(*losses, atol=0, rtol=1e-5)
    assert (one - other).norm() <= 1e-4 * other.norm()


def test_the_mask_it_draws_hides_four_fifths_in_sixteen_blocks() -> None:
    _, official = pair(0, 2)
    seen = []
    official.model.decoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0][:, :3]))
    torch.manual_seed(0)
    official.model(torch.ones(8, 3, SIZE, SIZE, dtype=torch.float64))
    blocks = seen[0][:, 0].reshape(8, 16, SIZE // 16, 16, SIZE // 16)
    assert (blocks == blocks[:, :, :1, :, :1]).all()
    assert abs((blocks != 0).double().mean().item() - 0.2) < 6 * (0.2 * 0.8 / (8 * 16 * 16)) ** 0.5
