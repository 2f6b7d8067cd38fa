"""Running a module over images, and keeping its weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dkp_bench.datasets import ArrayImages
from dkp_bench.errors import DkpError
from dkp_bench.training import inference
from dkp_bench.training.batches import Batch
from dkp_bench.training.inference import WEIGHTS_FILE, batched, load_module, save_module


def images(count: int) -> ArrayImages:
    rng = np.random.default_rng(0)
    return ArrayImages(rng.integers(0, 256, (count, 4, 4, 3), dtype=np.uint8), rng.random((count, 4, 4)))


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_every_image_is_seen_once_and_in_order(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "BATCH_SIZE", 4)
    source = images(count)
    pixels = batched(nn.Conv2d(3, 3, 1), source, lambda model, batch: (batch.rgb + 1) * 127.5)
    np.testing.assert_allclose(pixels.transpose(0, 2, 3, 1), source.rgb(np.arange(count)), atol=1e-4)


def test_depth_comes_along_where_it_is_asked_for() -> None:
    source = images(3)

    def depth(model: nn.Module, batch: Batch) -> Tensor:
        assert batch.depth is not None
        return batch.depth

    np.testing.assert_array_equal(batched(nn.Conv2d(3, 3, 1), source, depth, depth=True), source.depth(np.arange(3)))
    assert batched(nn.Conv2d(3, 3, 1), source, lambda model, batch: torch.tensor([batch.depth is None])).all()


def test_the_module_is_evaluated_not_trained() -> None:
    model = nn.BatchNorm2d(3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    result = batched(model, images(3), lambda norm, batch: norm(batch.rgb).bfloat16())
    assert result.dtype == np.float32
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_weights_come_back_in_any_memory_format(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    save_module(model, tmp_path)
    loaded = load_module(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)), tmp_path)
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)


def test_weights_that_are_absent_damaged_or_foreign_are_named(tmp_path: Path) -> None:
    def load() -> None:
        load_module(nn.Linear(3, 4), tmp_path)

    with pytest.raises(DkpError, match=f"cannot read the weights in {tmp_path / WEIGHTS_FILE}"):
        load()
    save_module(nn.Linear(3, 5), tmp_path)
    with pytest.raises(DkpError, match="size mismatch"):
        load()
    for damage in (b"", b"\xff" * 64, (tmp_path / WEIGHTS_FILE).read_bytes()[:-8]):
        (tmp_path / WEIGHTS_FILE).write_bytes(damage)
        with pytest.raises(DkpError, match=f"cannot read the weights in {tmp_path / WEIGHTS_FILE}"):
            load()
