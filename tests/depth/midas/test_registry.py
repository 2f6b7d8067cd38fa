"""The models by name."""

import subprocess
import sys

import pytest

from dkp_bench.depth.midas.registry import MODELS, find_model
from dkp_bench.errors import DkpError


def test_a_model_is_found_by_its_name() -> None:
    for name, model in MODELS.items():
        assert find_model(name) is model
        assert model.url == f"https://github.com/isl-org/MiDaS/releases/download/v3_1/{name}.pt"
        assert name.endswith(str(model.net_size))


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(DkpError, match=r"unknown MiDaS model 'dpt_swin2_tiny'.*'dpt_swin2_tiny_256'") as caught:
        find_model("dpt_swin2_tiny")
    assert "dpt_levit_224" in caught.value.hint


def test_the_names_are_there_without_torch() -> None:
    code = "import sys; from dkp_bench.depth.midas.registry import MODELS; print(len(MODELS), 'torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert found.split() == [str(len(MODELS)), "False"]
