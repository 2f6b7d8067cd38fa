"""``doctor``: it says what is missing, and never fails because of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from dkp_bench.datasets import datasets


def test_it_answers_for_the_machine_and_each_dataset(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DKP_BENCH_LSP", "photographs")
    monkeypatch.setenv("DKP_BENCH_CACHE", "derived")
    answer = call("doctor")
    assert answer.exit_code == 0
    machine, data = answer.stdout.split("\n\n")
    assert machine.startswith("machine\n  python ")
    assert "\n  cache             derived\n" in f"{machine}\n"
    assert [line.split()[0] for line in data.splitlines() if line[:3].strip()] == ["datasets", *datasets()]
    assert "\n  lsp               photographs, no depth maps beside it\n" in data
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_json_says_the_same(call: Callable[..., Result]) -> None:
    found = json.loads(call("doctor", "--json").stdout)
    assert list(found) == ["machine", "datasets"]
    assert list(found["datasets"]) == list(datasets())
    words = " ".join(call("doctor").stdout.split())
    assert all(f"{name} {' '.join(text.split())}" in words for part in found.values() for name, text in part.items())


def test_a_wrong_weights_variable_is_a_finding(call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DKP_BENCH_VGG16", "nowhere.pth")
    answer = call("doctor")
    assert answer.exit_code == 0
    assert "DKP_BENCH_VGG16 names nowhere.pth, which is not a file" in " ".join(answer.stdout.split())
