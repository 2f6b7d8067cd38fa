"""Which images make up a step: functions of the seed alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dkp_bench.datasets import ArrayImages
from dkp_bench.errors import DkpError
from dkp_bench.training import batches
from dkp_bench.training.batches import Batch, Share, make_generator, read_batch, step_indices

seeds = st.integers(0, 2**32 - 1)
CPU = torch.device("cpu")


def images(seed: int, *, count: int = 5, size: int = 4, depth: bool = True) -> ArrayImages:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    return ArrayImages(rgb, rng.random((count, size, size), dtype=np.float32) if depth else None)


@given(st.integers(1, 40), st.integers(1, 50), seeds)
def test_every_epoch_is_a_permutation(count: int, batch_size: int, seed: int) -> None:
    steps = 3 * count // batch_size + 1
    order = np.concatenate([step_indices(count, batch_size, seed, step) for step in range(steps)])
    for epoch in range(len(order) // count):
        assert sorted(order[epoch * count : (epoch + 1) * count]) == list(range(count))


@given(st.integers(1, 40), st.integers(1, 50), seeds, st.integers(0, 10**6))
def test_a_step_is_a_function_of_seed_and_step(count: int, batch_size: int, seed: int, step: int) -> None:
    torch.manual_seed(0)
    first = step_indices(count, batch_size, seed, step)
    torch.manual_seed(1)
    assert first.shape == (batch_size,)
    np.testing.assert_array_equal(step_indices(count, batch_size, seed, step), first)


@given(seeds)
def test_seeds_and_epochs_have_orders_of_their_own(seed: int) -> None:
    count = 50
    orders = [step_indices(count, count, seed + s, epoch) for s in range(2) for epoch in range(2)]
    assert len({tuple(order) for order in orders}) == 4


@given(st.integers(1, 40), st.integers(1, 20), st.integers(2, 5), seeds, st.integers(0, 20))
def test_the_order_does_not_depend_on_the_batch_size(
    count: int, batch_size: int, times: int, seed: int, step: int
) -> None:
    pieces = [step_indices(count, batch_size, seed, step * times + part) for part in range(times)]
    np.testing.assert_array_equal(np.concatenate(pieces), step_indices(count, batch_size * times, seed, step))


def test_the_order_of_an_epoch_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    draw, drawn = torch.randperm, []
    monkeypatch.setattr(torch, "randperm", lambda count, **by: (drawn.append(count), draw(count, **by))[1])
    batches._order.cache_clear()
    for step in range(25):
        step_indices(10, 4, 7, step)
    assert drawn == [10] * 10
    assert batches._order.cache_info().currsize == 2


def test_the_caller_may_change_what_it_gets() -> None:
    first = step_indices(10, 4, 7, 0)
    kept = first.copy()
    first[:] = -1
    np.testing.assert_array_equal(step_indices(10, 4, 7, 0), kept)


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_what_is_drawn_does_not_depend_on_how_many_share_the_batch(seed: int, size: int, each: int) -> None:
    def draw(share: Share | None, count: int) -> torch.Tensor:
        chance = make_generator(seed, "step")
        return Batch(torch.zeros(count, 3, 2, 2), share=share).drawn(lambda n: torch.rand(n, 5, generator=chance))

    shares = [Share(rank * each, (rank + 1) * each, size * each) for rank in range(size)]
    assert torch.equal(torch.cat([draw(share, each) for share in shares]), draw(None, size * each))


@given(seeds, st.text(max_size=8), st.integers(0, 2**40))
def test_a_generator_depends_on_its_arguments_alone(seed: int, purpose: str, index: int) -> None:
    def draw(*arguments: object) -> list[int]:
        return torch.randint(2**62, (4,), generator=make_generator(*arguments)).tolist()

    others = [(seed + 1, purpose, index), (seed, purpose + "x", index), (seed, purpose, index + 1)]
    before = [draw(seed, purpose, index), *(draw(*other) for other in others)]
    after = [*(draw(*other) for other in reversed(others)), draw(seed, purpose, index)]
    assert before == after[::-1]
    assert len({tuple(numbers) for numbers in before}) == 4


@given(seeds)
def test_pixels_become_numbers_from_minus_one_to_one(seed: int) -> None:
    source, indices = images(seed), np.array([3, 0, 3])
    batch = read_batch(source, indices, CPU, depth=True)
    expected = source.rgb(indices).astype(np.float64).transpose(0, 3, 1, 2) / 255 * 2 - 1
    np.testing.assert_allclose(batch.rgb.numpy(), expected, atol=1e-6)
    assert batch.rgb.dtype == torch.float32
    assert batch.rgb.is_contiguous(memory_format=torch.channels_last)
    assert batch.depth is not None
    np.testing.assert_array_equal(batch.depth.numpy(), source.depth(indices))
    assert batch.flipped is None


def test_the_extremes_are_exact() -> None:
    rgb = np.array([0, 255], dtype=np.uint8).reshape(1, 1, 2, 1).repeat(2, axis=1).repeat(3, axis=3)
    batch = read_batch(ArrayImages(rgb), np.array([0]), CPU, depth=False)
    assert batch.rgb.unique().tolist() == [-1, 1]


@given(seeds, st.lists(st.booleans(), min_size=4, max_size=4))
def test_depth_is_mirrored_with_its_image(seed: int, flips: list[bool]) -> None:
    source, indices = images(seed), np.array([4, 1, 1, 2])
    plain = read_batch(source, indices, CPU, depth=True)
    mirrored = read_batch(source, indices, CPU, depth=True, flip=torch.tensor(flips))
    assert plain.depth is not None
    assert mirrored.depth is not None
    assert mirrored.flipped is not None
    assert mirrored.flipped.tolist() == flips
    assert mirrored.rgb.is_contiguous(memory_format=torch.channels_last)
    for index, flip in enumerate(flips):
        columns = slice(None, None, -1) if flip else slice(None)
        np.testing.assert_array_equal(mirrored.rgb[index].numpy(), plain.rgb[index].numpy()[..., columns])
        np.testing.assert_array_equal(mirrored.depth[index].numpy(), plain.depth[index].numpy()[..., columns])


def test_depth_is_read_only_where_it_is_asked_for() -> None:
    source = images(0, depth=False)
    assert read_batch(source, np.array([0]), CPU, depth=False, flip=torch.tensor([True])).depth is None
    with pytest.raises(DkpError, match="no depth maps"):
        read_batch(source, np.array([0]), CPU, depth=True)
