"""Which device and precision are used."""

import pytest
import torch

from dkp_bench.errors import DkpError
from dkp_bench.training.device import find_device, uses_bfloat16

CPU = torch.device("cpu")


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        assert find_device().type == expected


def test_a_device_can_be_named() -> None:
    assert find_device("cpu") == CPU


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_a_device_that_is_not_there_is_an_error_for_the_user(name: str) -> None:
    with pytest.raises(DkpError, match=f"cannot use the device {name!r}") as caught:
        find_device(name)
    assert "doctor" in caught.value.hint


@pytest.fixture
def third_of_four(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Makes this process the third of four that share a machine of four GPUs; the devices it then touched."""
    touched: list[str] = []
    for name, value in {"RANK": "6", "LOCAL_RANK": "2", "WORLD_SIZE": "4"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "empty", lambda _, device: touched.append(str(device)))
    return touched


@pytest.mark.parametrize("name", ["auto", "cuda", "cuda:2"])
def test_each_of_several_processes_has_its_own_gpu(name: str, third_of_four: list[str]) -> None:
    assert find_device(name) == torch.device("cuda:2")
    assert third_of_four == ["cuda:2"]


def test_several_processes_can_share_the_cpu(third_of_four: list[str]) -> None:
    assert find_device("cpu") == CPU


def test_several_processes_cannot_share_a_gpu(third_of_four: list[str]) -> None:
    with pytest.raises(DkpError, match="4 processes cannot all use cuda:1") as caught:
        find_device("cuda:1")
    assert "--device cuda " in caught.value.hint


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_precision_that_is_named_is_used(device: str) -> None:
    assert uses_bfloat16("bf16", torch.device(device))
    assert not uses_bfloat16("fp32", torch.device(device))


@pytest.mark.parametrize("has_it", [True, False])
def test_auto_asks_the_hardware(has_it: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_it)
    assert uses_bfloat16("auto", CPU) is has_it
    assert uses_bfloat16("auto", torch.device("cuda")) is has_it
