"""AutoLink on every device: what its decoder is shown, where its keypoints lie, what its edge maps show."""

import numpy as np
import pytest
import torch
from devices import SIZE, full_float32, in_float64, noise, on_every_device, small_method, task_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.baselines.autolink import AutoLink
from dkp_bench.ops import block_mask
from dkp_bench.training.batches import make_generator, read_batch

seeds = st.integers(0, 2**32 - 1)
COUNT = 4


@on_every_device
def test_the_masks_are_those_of_the_seed(device: str) -> None:
    method = small_method("autolink", 0, missing=0.6)
    task, seen = task_of(method, method).to(device), []
    method.model.decoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().cpu()))
    batch = read_batch(noise(0, COUNT), np.arange(COUNT), torch.device(device), depth=False)
    task.losses(batch, make_generator(0, "step"))
    expected = block_mask(COUNT, SIZE, 0.6, generator=make_generator(0, "step")) > 0
    assert seen[0].shape == (COUNT, 4, SIZE, SIZE)
    assert torch.equal(seen[0][:, :3] != 0, expected.expand(-1, 3, -1, -1))  # no pixel of an image is exactly 0


def distances(found: AutoLink, exact: AutoLink, seed: int) -> tuple[float, float]:
    """How far a keypoint is at most from where it should be, in pixels, and an edge map from what it should show."""
    images = noise(seed)
    pixels = np.abs(found.predict(images) - exact.predict(images)).max() * (SIZE - 1) / 2
    return float(pixels), float(np.abs(found.edge_maps(images) - exact.edge_maps(images)).max())


@on_every_device
@pytest.mark.parametrize("name", ["autolink", "teacher_only"])
@settings(max_examples=3)
@given(seed=seeds)
def test_keypoints_and_edge_maps_are_the_same_everywhere(device: str, name: str, seed: int) -> None:
    method = small_method(name, seed)
    exact = in_float64(method)
    method.model.to(device)
    with full_float32():
        pixels, brightness = distances(method, exact, seed)
    assert pixels < 5e-3
    assert brightness < 5e-3
    # As a run predicts: a GPU's convolutions may round their factors to TF32, a two-thousandth of each.
    pixels, brightness = distances(method, exact, seed)
    assert pixels < 0.1
    assert brightness < 0.05
