"""Properties of block masking."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dkp_bench.ops import block_mask

seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0, 1)


def mask(seed: int, missing: float, *, batch: int = 4, size: int = 64, blocks: int = 16) -> Tensor:
    return block_mask(batch, size, missing, blocks=blocks, generator=torch.Generator().manual_seed(seed))


@given(seeds, shares)
def test_keeps_the_share_it_promises(seed: int, missing: float) -> None:
    batch, blocks = 64, 16
    kept = mask(seed, missing, batch=batch, size=blocks, blocks=blocks).mean().item()
    deviation = (missing * (1 - missing) / (batch * blocks**2)) ** 0.5
    assert abs(kept - (1 - missing)) <= 6 * deviation + 1e-3


@given(seeds, shares, st.integers(1, 8), st.integers(2, 16))
def test_is_made_of_whole_blocks_of_zeros_and_ones(seed: int, missing: float, block: int, blocks: int) -> None:
    masks = mask(seed, missing, size=block * blocks, blocks=blocks)
    assert masks.shape == (4, 1, block * blocks, block * blocks)
    assert masks.dtype is torch.float32
    assert set(masks.unique().tolist()) <= {0.0, 1.0}
    corners = masks[..., ::block, ::block]
    assert torch.equal(corners.repeat_interleave(block, -1).repeat_interleave(block, -2), masks)


@given(seeds, st.floats(0.1, 0.9))
def test_a_seed_fixes_the_masks_and_no_two_are_alike(seed: int, missing: float) -> None:
    masks = mask(seed, missing)
    assert torch.equal(masks, mask(seed, missing))
    assert not torch.equal(masks, mask(seed + 1, missing))
    assert not torch.equal(masks[0], masks[1])


def test_the_extremes_keep_everything_and_nothing() -> None:
    assert mask(0, 0.0).all()
    assert not mask(0, 1.0).any()


@pytest.mark.parametrize("missing", [-0.1, 1.1, float("nan")])
def test_a_share_outside_the_unit_interval_is_refused(missing: float) -> None:
    with pytest.raises(ValueError, match="share in"):
        mask(0, missing)
