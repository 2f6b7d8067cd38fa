"""Published weights: every tensor of the original's state dicts finds its place, and gives the original's depth.

``keys/`` lists the tensors of the original models, ``original.json`` what these make of a picture; both were made with
the official code. No published file is needed: files like them are written here.
"""

import hashlib
import itertools
import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dkp_bench.depth.midas.inference import estimate
from dkp_bench.depth.midas.registry import MODELS, find_model
from dkp_bench.depth.midas.weights import DERIVED, WEIGHTS_VARIABLE, find_weights, load
from dkp_bench.errors import DkpError

HERE = Path(__file__).parent
ORIGINAL = json.loads((HERE / "original.json").read_text(encoding="utf-8"))["models"]
LEVIT = find_model("dpt_levit_224")
LAST_BIAS = "scratch.output_conv.4.bias"

State = dict[str, Tensor]


def published(name: str, fill: Callable[[int, str, tuple[int, ...], torch.dtype], Tensor]) -> State:
    """A state dict with the original's keys, types and shapes."""
    state = {}
    lines = (HERE / "keys" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    for pattern, dtype, *shape in (line.split() for line in lines if not line.startswith("#")):
        for key in expanded(pattern):
            state[key] = fill(len(state), key, tuple(map(int, shape)), getattr(torch, dtype))
    return state


def expanded(pattern: str) -> list[str]:
    """``a.{0..2}.b.{3,5}`` as six keys."""
    parts = re.split(r"\{(.*?)\}", pattern)
    choices = [numbers(part) if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(parts) for parts in itertools.product(*choices)]


def numbers(text: str) -> list[str]:
    first, _, last = text.partition("..")
    return [str(number) for number in range(int(first), int(last) + 1)] if last else text.split(",")


def counted(index: int, key: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A tensor full of its place in the list; it takes no memory, whatever its shape."""
    return torch.tensor(index, dtype=dtype).expand(shape)


def by_formula(index: int, key: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """The numbers with which the original was run for ``original.json``: the same on every machine."""
    if key.split(".")[-1] in DERIVED or dtype == torch.int64:
        return torch.zeros(shape, dtype=dtype)
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    noise = np.random.PCG64(seed).random_raw(math.prod(shape)) / 2.0**63 - 1
    if key.endswith("running_var") or (len(shape) == 1 and key.endswith(".weight")):
        values = 1 + noise / 4
    elif key.endswith(".weight"):
        values = noise * math.sqrt(3 / math.prod(shape[1:]))
    else:
        values = noise / 2 + 2 * (key == LAST_BIAS)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    def save(state: Any) -> Path:
        torch.save(state, tmp_path / "weights.pt")
        return tmp_path / "weights.pt"

    return save


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_tensor_of_a_published_file_gets_one_place(name: str, write: Callable[[Any], Path]) -> None:
    state = published(name, counted)
    network = load(find_model(name), write(state))
    places = sorted(int(tensor.flatten()[0]) for tensor in network.state_dict().values())
    assert places == [index for index, key in enumerate(state) if key.split(".")[-1] not in DERIVED]
    assert not network.training
    assert all(not part.requires_grad and part.dtype == torch.float32 for part in network.parameters())
    assert not any(part.is_meta for part in [*network.parameters(), *network.buffers()])


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_size_that_is_told_is_that_of_the_tensors(name: str) -> None:
    tensors = published(name, counted).values()
    assert find_model(name).megabytes == round(sum(part.numel() * part.element_size() for part in tensors) / 1e6)


LARGE = pytest.param("dpt_beit_large_512", marks=pytest.mark.bench)
"""Half a minute and 2.5 GB of memory, so that it runs with ``nox -s bench`` alone."""


@pytest.mark.parametrize("name", [*sorted(ORIGINAL.keys() - {"dpt_beit_large_512"}), LARGE])
def test_depth_is_that_of_the_original(name: str, write: Callable[[Any], Path]) -> None:
    expected = ORIGINAL[name]
    file = write(published(name, by_formula))
    network = load(find_model(name), file)
    file.unlink()  # pytest would keep hundreds of megabytes
    y, x = np.mgrid[0:96, 0:160]
    channels = [(x * 7 + y * 3) % 256, (x * y) // 5 % 256, (x // 9 + y // 7) % 2 * 200 + 20]
    depth = estimate(network, find_model(name), [np.stack(channels, axis=2).astype(np.uint8)])[0]
    found = {"mean": depth.mean(), "std": depth.std(), "min": depth.min(), "max": depth.max()}
    assert found == pytest.approx({key: expected[key] for key in found}, abs=1e-3)
    np.testing.assert_allclose(depth[8::20, 8::36], expected["grid"], atol=1e-3)


def test_a_training_checkpoint_and_half_precision_will_do(write: Callable[[Any], Path]) -> None:
    state = {
        key: part.half() if part.is_floating_point() else part for key, part in published(LEVIT.name, counted).items()
    }
    network = load(LEVIT, write({"optimizer": {}, "model": state}))
    assert all(part.dtype == torch.float32 for part in network.parameters())


FAULTS: dict[str, tuple[Callable[[State], object], str]] = {
    "missing": (lambda state: state.pop(LAST_BIAS), f"{LAST_BIAS} is missing"),
    "shape": (
        lambda state: state.update({LAST_BIAS: torch.zeros(2)}),
        rf"{LAST_BIAS} is real \(2,\), not real \(1,\)",
    ),
    "type": (lambda state: state.update({LAST_BIAS: torch.tensor([1])}), r"is whole \(1,\), not real \(1,\)"),
    "unexpected": (lambda state: state.update(extra=torch.zeros(1)), "extra is not a tensor of dpt_levit_224"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_tensor_that_does_not_fit_is_named(fault: str, write: Callable[[Any], Path]) -> None:
    change, message = FAULTS[fault]
    state = published(LEVIT.name, counted)
    change(state)
    path = write(state)
    with pytest.raises(DkpError, match=message) as caught:
        load(LEVIT, path)
    assert str(path) in caught.value.problem
    assert LEVIT.url in caught.value.hint


def test_the_file_of_another_model_shows_a_few_keys_and_counts_the_rest(write: Callable[[Any], Path]) -> None:
    with pytest.raises(DkpError, match="does not hold the weights of dpt_levit_224") as caught:
        load(LEVIT, write(published("dpt_swin2_tiny_256", counted)))
    assert re.fullmatch(
        r"(\n    pretrained\..* is not a tensor .*){3}\n    and \d+ more", caught.value.problem.partition(":")[2]
    )


class Code:
    """What a pickle runs when it is loaded unrestricted: it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_code_in_a_file_is_not_run(write: Callable[[Any], Path], tmp_path: Path) -> None:
    with pytest.raises(DkpError, match=r"holds code, which is never run: \w+\.mkdir"):
        load(LEVIT, write({"weight": Code(tmp_path / "made")}))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("state", [[torch.zeros(1)], {"epoch": 3}, {1: torch.zeros(1)}, {"optimizer": {}}])
def test_a_file_of_something_else_is_refused(state: object, write: Callable[[Any], Path]) -> None:
    with pytest.raises(DkpError, match="does not hold named tensors"):
        load(LEVIT, write(state))


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"cut off"])
def test_a_damaged_file_is_refused(content: bytes, write: Callable[[Any], Path]) -> None:
    path = write(published(LEVIT.name, counted))
    path.write_bytes(path.read_bytes()[:20_000] if content == b"cut off" else content)
    with pytest.raises(DkpError, match="is damaged or no file of weights") as caught:
        load(LEVIT, path)
    assert LEVIT.url in caught.value.hint


def test_random_weights_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, other = (load(LEVIT, None, seed).state_dict() for seed in (5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    again = load(LEVIT, None, 5).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert any(not torch.equal(tensor, other[name]) for name, tensor in first.items())


def test_the_places_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv(WEIGHTS_VARIABLE, raising=False)
    usual = tmp_path / "hub" / "checkpoints" / LEVIT.file
    with pytest.raises(DkpError, match=re.escape(f"the weights of dpt_levit_224 are not at {usual}")) as caught:
        find_weights(LEVIT)
    for part in ("v3_1 release, about 204 MB", f"curl --location --create-dirs --output {usual} {LEVIT.url}"):
        assert part in caught.value.hint
    places = [usual, tmp_path / "folder" / LEVIT.file, tmp_path / "named.pt", tmp_path / "given.pt"]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert find_weights(LEVIT) == usual
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "folder"))
    assert find_weights(LEVIT) == places[1]
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "named.pt"))
    assert find_weights(LEVIT) == places[2]
    assert find_weights(LEVIT, tmp_path / "given.pt") == places[3]
    assert find_weights(LEVIT, tmp_path / "folder") == places[1]


def test_a_place_that_is_named_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    usual = tmp_path / "hub" / "checkpoints" / LEVIT.file
    usual.parent.mkdir(parents=True)
    usual.touch()
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path))
    with pytest.raises(DkpError, match=f"not at {re.escape(str(tmp_path / LEVIT.file))} \\(from {WEIGHTS_VARIABLE}\\)"):
        find_weights(LEVIT)
    with pytest.raises(DkpError, match=r"not at nowhere\.pt\n"):
        find_weights(LEVIT, Path("nowhere.pt"))
