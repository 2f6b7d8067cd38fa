"""Checkpoints: whole, or an error that names the file, which a run sets aside."""

import math
import os
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from dkp_bench.errors import DkpError
from dkp_bench.progress import heard_by
from dkp_bench.training.checkpoint import CHECKPOINT_FILE, Position, load_checkpoint, resume, save_checkpoint


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
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT_FILE]


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_off_checkpoint_is_named(tmp_path: Path, share: float) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3))
    content = (tmp_path / CHECKPOINT_FILE).read_bytes()
    (tmp_path / CHECKPOINT_FILE).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DkpError, match=CHECKPOINT_FILE) as caught:
        load_checkpoint(tmp_path, *model_and_optimizer())
    assert str(tmp_path / CHECKPOINT_FILE) in caught.value.problem
    assert "delete that file" in caught.value.hint


def test_the_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3))
    with pytest.raises(DkpError, match="size mismatch"):
        load_checkpoint(tmp_path, *model_and_optimizer(width=5))


def test_a_checkpoint_of_another_shape_is_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, tmp_path / CHECKPOINT_FILE)
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())


class Hostile:
    """An object whose unpickling would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    torch.save({"model": Hostile(tmp_path / "made by a pickle")}, tmp_path / CHECKPOINT_FILE)
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())
    (tmp_path / CHECKPOINT_FILE).write_bytes(pickle.dumps(Hostile(tmp_path / "made by a pickle")))
    with pytest.raises(DkpError, match="cannot resume from"):
        load_checkpoint(tmp_path, *model_and_optimizer())
    assert not (tmp_path / "made by a pickle").exists()


GONE = object()
DAMAGE: list[tuple[str, object]] = [
    *(("step", value) for value in ("3", None, {}, 3.0, True, -1, 9)),
    *(("seconds", value) for value in ("1", None, 1, -1.0, math.nan, math.inf, GONE)),
    *(("pending", value) for value in ([], None, {1: [1.0]}, {"loss": 1.0}, {"loss": ["1"]}, {"loss": [math.nan]})),
    ("surprise", 1),
    ("model", []),
    ("model surprise", torch.zeros(1)),
    *(("model 0.weight", value) for value in (None, torch.zeros(3, 4, dtype=torch.float64), torch.zeros(4, 3))),
    ("model 1.running_mean", GONE),
    ("optimizer", []),
    *(("optimizer state", value) for value in (None, {9: {}}, {"0": {}}, {0: {}})),
    *(("optimizer state 0 exp_avg", value) for value in (torch.zeros(4, 3), torch.zeros(3, 4).int(), GONE)),
    ("optimizer state 0 step", "3"),
    *(("optimizer param_groups", value) for value in ([], {})),
    ("optimizer param_groups 0 params", [0]),
]
"""Entries of a checkpoint, and what stands there in place of what should."""


@pytest.mark.parametrize(("where", "value"), DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_checkpoint_is_set_aside_and_nothing_of_it_is_restored(
    where: str, value: object, tmp_path: Path
) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3, seconds=1.0, pending={"loss": [0.5]}))
    part = state = torch.load(tmp_path / CHECKPOINT_FILE, weights_only=True)
    *above, name = [int(key) if key.isdigit() else key for key in where.split()]
    for key in above:
        part = part[key]
    if value is GONE:
        del part[name]
    else:
        part[name] = value
    torch.save(state, tmp_path / CHECKPOINT_FILE)
    damaged = (tmp_path / CHECKPOINT_FILE).read_bytes()
    model, optimizer = model_and_optimizer()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with heard_by((said := []).append):
        assert resume(tmp_path, model, optimizer, steps=8) == Position()
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in before.items())
    assert optimizer.state_dict()["state"] == {}
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.damaged-1.pt"]
    assert (tmp_path / "checkpoint.damaged-1.pt").read_bytes() == damaged
    assert len(said) == 1
    assert said[0].startswith(f"cannot resume from {tmp_path / CHECKPOINT_FILE}: ")
    assert said[0].endswith("; the file is now checkpoint.damaged-1.pt, and the training starts from step 0")


def test_a_bit_that_a_disk_has_turned_is_found(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3, seconds=1.0))
    content = bytearray((tmp_path / CHECKPOINT_FILE).read_bytes())
    weight = content.find(torch.load(tmp_path / CHECKPOINT_FILE)["model"]["0.weight"].numpy().tobytes())
    content[weight] ^= 1
    (tmp_path / CHECKPOINT_FILE).write_bytes(content)
    with pytest.raises(DkpError, match="checksum"):
        load_checkpoint(tmp_path, *model_and_optimizer())


def test_the_settings_of_the_optimizer_are_the_runs_and_not_the_files(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3, seconds=1.0))
    state = torch.load(tmp_path / CHECKPOINT_FILE, weights_only=True)
    state["optimizer"]["param_groups"][0] |= {"weight_decay": 99.0, "betas": "none"}
    torch.save(state, tmp_path / CHECKPOINT_FILE)
    model, optimizer = model_and_optimizer()
    expected = optimizer.state_dict()["param_groups"]
    assert load_checkpoint(tmp_path, model, optimizer).step == 3
    assert optimizer.state_dict()["param_groups"] == expected


def test_a_checkpoint_that_cannot_be_read_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, *trained(), Position(step=3, seconds=1.0))

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError):
        resume(tmp_path, *model_and_optimizer(), steps=8)
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT_FILE]
