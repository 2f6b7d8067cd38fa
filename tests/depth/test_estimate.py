from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dkp_bench.depth import estimate
from dkp_bench.depth.estimate import MidasEstimator
from dkp_bench.depth.midas.registry import MODELS
from dkp_bench.errors import DkpError

LEVIT, BEIT = MODELS["dpt_levit_224"], MODELS["dpt_beit_large_512"]
CPU = torch.device("cpu")


class Constant(nn.Module):
    """A network whose depth is one number."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = nn.Parameter(torch.full((), 3.0))

    def forward(self, image: Tensor) -> Tensor:
        return self.depth.expand(len(image), *image.shape[-2:])


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, int]]:
    """Weights and seeds of the networks that were asked for."""
    asked: list[tuple[Path | None, int]] = []

    def load(model: object, weights: Path | None, seed: int) -> nn.Module:
        asked.append((weights, seed))
        return Constant()

    monkeypatch.setattr(estimate, "load", load)
    return asked


def test_random_weights_are_called_so_everywhere(loaded: list[tuple[Path | None, int]]) -> None:
    made = MidasEstimator(LEVIT, None, seed=3, device=CPU)
    assert made.store_name == "dpt_levit_224-random3"
    assert (made.weights, made.identity["weights"], made.identity["seed"]) == ("random", "random", 3)
    assert made.circumstances["weights_file"] is None
    assert loaded == [(None, 3)]


def test_the_same_bytes_are_the_same_weights_whatever_the_file_is_called(tmp_path: Path) -> None:
    for name, content in (("a.pt", b"one"), ("b.pt", b"one"), ("c.pt", b"two")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (MidasEstimator(LEVIT, tmp_path / name, seed=0, device=CPU) for name in ("a.pt", "b.pt", "c.pt"))
    assert (a.identity, a.store_name) == (b.identity, b.store_name)
    assert a.circumstances["weights_file"] != b.circumstances["weights_file"]
    assert a.identity != c.identity
    assert a.store_name != c.store_name
    assert a.store_name == f"dpt_levit_224-{a.weights[:8]}"
    assert len(a.weights) == 64


def test_photographs_join_that_enter_the_network_at_one_size() -> None:
    square, wide = (MidasEstimator(model, None, seed=0, device=CPU) for model in (LEVIT, BEIT))
    assert square.joins(100, 300) == square.joins(300, 100) == (224, 224)
    assert wide.joins(300, 400) == wide.joins(301, 402) == (384, 512)
    assert wide.joins(300, 400) != wide.joins(400, 300)
    assert square.identity["transform"] != wide.identity["transform"]


def test_a_map_has_the_size_of_its_photograph() -> None:
    made = MidasEstimator(LEVIT, None, seed=0, device=CPU)
    maps = made([np.zeros((*size, 3), dtype=np.uint8) for size in ((30, 20), (5, 90))])
    assert [map_.shape for map_ in maps] == [(30, 20), (5, 90)]
    assert all(map_.dtype == np.float32 for map_ in maps)
    np.testing.assert_allclose(maps[1], 3, rtol=1e-6)


def test_too_little_memory_is_answered_with_a_smaller_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory")

    made = MidasEstimator(LEVIT, None, seed=0, device=CPU)
    monkeypatch.setattr(estimate, "estimate", full)
    with pytest.raises(DkpError, match="the memory of cpu does not hold a batch of 2 photographs") as error:
        made([np.zeros((4, 4, 3), dtype=np.uint8)] * 2)
    assert "--batch-size 1" in error.value.hint
