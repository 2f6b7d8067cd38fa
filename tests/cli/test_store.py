"""``store``: a folder of runs is stored as far as it is sound, and again only what is new."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import store
from typer.testing import Result

from dkp_bench.runs.run import load_runs

ERRORS = np.linspace(1.0, 3.2, 12)


def test_what_is_refused_is_named_and_the_others_are_stored(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, third = (store(Path("runs"), "mine", ERRORS, seed=seed) for seed in range(3))
    record = json.loads((second / "record.json").read_text(encoding="utf-8"))
    record["provenance"]["git_clean"] = False
    (second / "record.json").write_text(json.dumps(record), encoding="utf-8")
    kept = [Path("kept") / folder.relative_to("runs") for folder in (first, third)]
    for _ in range(2):
        answer = call("store", "runs", "--into", "kept")
        assert answer.exit_code == 1
        assert answer.stdout.splitlines() == [str(path) for path in kept]
        assert answer.stderr.startswith(f"error: {second} was made by code that is not committed")
    assert [run.path for run in load_runs("kept")] == kept
    assert call("store", first, "--into", "kept").exit_code == 0


def test_a_disk_that_cannot_be_written_to_stops_it(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in range(2):
        store(Path("runs"), "mine", ERRORS, seed=seed)
    Path("kept").touch()
    answer = call("store", "runs", "--into", "kept")
    assert answer.exit_code == 2
    assert answer.stderr.count("error: ") == 1
