"""Checkpoints: whole, or an error that names the file."""

import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from dkp_bench.errors import DkpError
from dkp_bench.training.checkpoint import FILE, Position, load_checkpoint, save_checkpoint


def model_and_optimizer(width: int = 3) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width))
    return model, torch.optim.AdamW(model.parameters(), 0.1, fused=True)


def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    model, optimizer = model_and_optimizer()
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(8, 4)).pow(3).sum().backward()
        optimizer.step()
    return model, optimizer


def test_without_a_checkpoint_a_run_is_at_its_beginning(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, *model_and_optimizer()) == Position(step=0, seconds=0.0, pending={})


def test_everything_comes_back(tmp_path: Path) -> None:
    model, optimizer = trained()
    position = Position(step=3, seconds=1.5, pending={"loss": [0.25, 0.5]})
    save_checkpoint(tmp_path, model, optimizer, position)
    restored, restored_optimizer = model_and_optimizer()
    assert load_checkpoint(tmp_path, restored, restored_optimizer) == position
    for name, tensor in model.state_dict().items():
        assert torch.equal(restored.state_dict()[name], tensor)
    for key, state in optimizer.state_dict()["state"].items():
        for name, tensor in state.items():
            assert torch.equal(restored_optimizer.state_dict()["state"][key][name], tensor)


def test_saving_leaves_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        save_checkpoint(tmp_path, *trained(), Position(step=1))
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_off_checkpoint_is_named(tmp_path: Path, share: float) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3))
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DkpError, match=FILE) as caught:
        load_checkpoint(tmp_path, *model_and_optimizer())
    assert str(tmp_path / FILE) in caught.value.problem
    assert "delete that file" in caught.value.hint


def test_the_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3))
    with pytest.raises(DkpError, match="size mismatch"):
        load_checkpoint(tmp_path, *model_and_optimizer(width=5))


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, tmp_path / FILE)
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())


class Hostile:
    """An object whose unpickling would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    torch.save({"model": Hostile(tmp_path / "made by a pickle")}, tmp_path / FILE)
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())
    (tmp_path / FILE).write_bytes(pickle.dumps(Hostile(tmp_path / "made by a pickle")))
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())
    assert not (tmp_path / "made by a pickle").exists()
