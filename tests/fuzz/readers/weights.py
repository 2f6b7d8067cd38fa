"""Weights and checkpoints: pickles in zips, and safetensors."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from dkp_bench.depth.midas import weights as midas
from dkp_bench.depth.midas.registry import find_model
from dkp_bench.runs.kept_weights import halved_weights, read_kept_weights
from dkp_bench.training import perceptual
from dkp_bench.training.checkpoint import CHECKPOINT_FILE, Position, load_checkpoint, save_checkpoint
from dkp_bench.training.inference import WEIGHTS_FILE, load_module, save_module
from fuzz.reader import Reader


def _model() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    return model, torch.optim.AdamW(model.parameters(), 0.1, fused=True)


def _trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    model, optimizer = _model()
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.ones(4, 2) * torch.arange(4)[:, None]).pow(3).sum().backward()
        optimizer.step()
    return model, optimizer


def _checkpoint(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(folder, *_trained(), Position(step=2, seconds=1.5, pending={"loss": [0.25, 0.5]}))
    return [folder / CHECKPOINT_FILE]


def _go_on(folder: Path) -> Position:
    """A checkpoint that was read must also do to go on from."""
    model, optimizer = _model()
    position = load_checkpoint(folder, model, optimizer)
    model(torch.ones(4, 2)).sum().backward()
    optimizer.step()
    return position


def _is_position(value: object) -> None:
    assert isinstance(value, Position)
    assert type(value.step) is int
    assert value.step >= 0
    assert value.seconds >= 0
    assert all(isinstance(number, float) for values in value.pending.values() for number in values)


def _module(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    save_module(_trained()[0], folder)
    return [folder / WEIGHTS_FILE]


def _kept(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    content = halved_weights(_trained()[0].state_dict(), "ab" * 32, ["0.weight"])
    (folder / "kept.safetensors").write_bytes(content)
    return [folder / "kept.safetensors"]


def _are_tensors(value: object) -> None:
    assert isinstance(value, dict)
    assert all(isinstance(tensor, torch.Tensor) for tensor in value.values())


def _tensors(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.contiguous() for name, tensor in _model()[0].state_dict().items()}
    torch.save(tensors, folder / "a.pt")
    torch.save({"model": tensors, "optimizer": {}}, folder / "b.pt")
    save_file(tensors, folder / "c.safetensors")
    return [folder / "a.pt", folder / "b.pt", folder / "c.safetensors"]


def _midas(folder: Path) -> list[object]:
    model = find_model("dpt_levit_224")
    return [midas._read(model, folder / name) for name in ("a.pt", "b.pt")]


def _vgg(folder: Path) -> object:
    """None of them has VGG16's weights, so each is refused in the end, and first it is read."""
    for path in sorted(folder.iterdir()):
        perceptual._read_weights.__wrapped__(path)
    raise AssertionError("these are no weights of VGG16")


READERS = (
    Reader("checkpoint", ("training.checkpoint",), _checkpoint, _go_on, check=_is_position, restores=True),
    Reader("weights", ("training.inference",), _module, lambda folder: load_module(_model()[0], folder)),
    Reader(
        "kept weights",
        ("runs.kept_weights",),
        _kept,
        lambda folder: read_kept_weights(folder / "kept.safetensors"),
        check=_are_tensors,
    ),
    Reader("MiDaS weights", ("depth.midas.weights", "tensor_files"), _tensors, _midas),
    Reader("VGG16 weights", ("training.perceptual",), _tensors, _vgg, refuses=True),
)
