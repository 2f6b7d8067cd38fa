"""Batches on every device, and finding a device."""

import numpy as np
import pytest
import torch
from devices import noise, on_every_device
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_bench.errors import DkpError
from dkp_bench.training.batches import Share, read_arrays, to_batch
from dkp_bench.training.device import find_device


@on_every_device
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), flips=st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_batch_is_its_images_mirrored_or_not(device: str, seed: int, flips: list[bool]) -> None:
    source, indices = noise(seed), np.array([3, 0, 3])
    arrays = read_arrays(source, indices, depth=True, pinned=device == "cuda")
    assert arrays.depth is not None
    assert arrays.rgb.is_pinned() == arrays.depth.is_pinned() == (device == "cuda")
    batch = to_batch(arrays, torch.device(device), torch.tensor(flips), Share(0, 3, 6))
    assert batch.depth is not None
    assert batch.flipped is not None
    assert {tensor.device.type for tensor in (batch.rgb, batch.depth, batch.flipped)} == {device}
    assert batch.rgb.is_contiguous(memory_format=torch.channels_last)
    assert batch.flipped.tolist() == flips
    rgb, depth = source.rgb(indices).astype(np.float64) / 255 * 2 - 1, source.depth(indices)
    for index, flip in enumerate(flips):
        columns = slice(None, None, -1) if flip else slice(None)
        found, expected = batch.rgb[index].cpu().numpy(), rgb[index, :, columns].transpose(2, 0, 1)
        np.testing.assert_allclose(found, expected, atol=1e-6)  # a GPU divides by multiplying
        np.testing.assert_array_equal(batch.depth[index].cpu().numpy(), depth[index, :, columns])


@pytest.mark.gpu
def test_a_gpu_is_found_and_one_that_is_not_there_does_no_harm() -> None:
    assert find_device().type == "cuda"
    with pytest.raises(DkpError, match="cannot use the device 'cuda:99'"):
        find_device("cuda:99")
    assert torch.ones(3, device=find_device("cuda:0")).sum().item() == 3
