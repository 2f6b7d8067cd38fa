"""docs/add-a-method.md: its files are written and its commands run, in their order, on a few images."""

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import torch
from typer.testing import Result

from dkp_bench.datasets.mannequin.dataset import COUNTS
from dkp_bench.runs.run import load_runs

DOCUMENT = Path(__file__).parents[2] / "docs" / "add-a-method.md"
BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FEW = {"train": 24, "regression": 40, "test": 16}
BUDGET = {"steps": 2, "batch_size": 4, "detector_width": 4, "decoder_width": 2}

Call = Callable[..., Result]


class Block(NamedTuple):
    """A fenced block of the document, with the name of the file that it is; empty for none."""

    language: str
    file: str
    text: str


BLOCKS = [
    Block(found["language"], found["file"] or "", found["text"]) for found in BLOCK.finditer(DOCUMENT.read_text())
]
COMMANDS = [line for block in BLOCKS if block.language == "sh" for line in block.text.splitlines()]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the files of the document, where Mannequin is small."""
    for split, count in FEW.items():
        monkeypatch.setitem(COUNTS, split, count)
    for block in BLOCKS:
        if block.file:
            text = re.sub(r"steps = \d+", "\n".join(f"{key} = {value}" for key, value in BUDGET.items()), block.text)
            (tmp_path / block.file).write_text(text, encoding="utf-8")
    monkeypatch.setenv("DKP_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("my_idea", "equivariant"):
        sys.modules.pop(name, None)


def test_the_document_has_what_is_tested() -> None:
    assert [block.file for block in BLOCKS if block.file] == ["equivariant.py", "equivariant.toml", "elsewhere.py"]
    assert {line.split()[1] for line in COMMANDS} >= {"new-method", "check-method", "train", "compare", "score"}


def test_every_command_works_as_it_stands(workplace: Path, call: Call) -> None:
    budget = [word for key, value in BUDGET.items() for word in ("--set", f"{key}={value}")]
    for method in ("autolink", "distill_dkp"):
        stored = call("train", method, "mannequin-plain", "--runs", "results/baselines", *budget)
        assert stored.exit_code == 0, stored.output
    for line in COMMANDS:
        program, *arguments = shlex.split(line)
        if program == "python":
            subprocess.run([sys.executable, *arguments], check=True, cwd=workplace)
        else:
            assert program == "dkp-bench"
            answer = call(*arguments)
            assert answer.exit_code == 0, f"{line}\n{answer.output}"
    methods = {run.record.identity.method for run in load_runs(workplace / "results" / "runs")}
    assert methods == {"my_idea:MyIdea", "equivariant:Equivariant", "extremes"}


@pytest.fixture
def equivariant(workplace: Path) -> ModuleType:
    sys.path.insert(0, str(workplace))
    return importlib.import_module("equivariant")


def test_keypoints_that_move_with_the_image_are_put_back(equivariant: ModuleType) -> None:
    settings, size = equivariant.EquivariantSettings(angle=0.4, shift=0.2), 129
    motion = equivariant.random_motion(8, settings, torch.Generator().manual_seed(0))
    line = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    places = torch.rand(8, 1, 2, generator=torch.Generator().manual_seed(1)) * 0.8 - 0.4
    blobs = torch.exp(-((x - places[..., :1, None][:, 0]) ** 2 + (y - places[..., 1:, None][:, 0]) ** 2) / 0.002)
    moved = equivariant.move(blobs[:, None], motion)[:, 0]
    weights = moved / moved.sum(dim=(1, 2), keepdim=True)
    found = torch.stack([(weights * x).sum((1, 2)), (weights * y).sum((1, 2))], dim=1)[:, None]
    assert (found - places).abs().max() > 0.1
    np.testing.assert_allclose(equivariant.put_back(found, motion), places, atol=2e-3)
