"""``runs``: what is trained here, as a table and as JSON, and the way back from a signature."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shifted import PROTOCOL, make_annotations, store
from typer.testing import Result

Call = Callable[..., Result]
ERRORS = np.linspace(1.0, 3.2, 12)
ROOT = Path("results/runs")
KEYS = (
    *("name", "variant", "path", "dataset", "dataset_hash", "image_size", "depth", "method", "preset_hash", "profile"),
    *(
        "keypoints",
        "seed",
        "perceptual",
        "version",
        "scores_version",
        "split",
        "inputs",
        "settings",
        "overrides",
        "scores",
    ),
    *("signature", "short_signature", "finished", "fit_seconds", "accelerator", "processor"),
)
"""Programs read them: one that goes or changes its name is a change that CHANGELOG.md says."""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seeds of ``mine``, one of it with another setting, a worse ``base``, and what is no finished run."""
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        store(ROOT, "my:Mine", ERRORS + 0.1 * seed, seed=seed)
    store(ROOT, "my:Mine", ERRORS - 0.5, preset_hash="bbbb0000", settings={"gamma": 1.0})
    store(ROOT, "base", 2 * ERRORS, make_annotations(name="other-set"))
    folder = store(ROOT, "base", 2 * ERRORS)
    shutil.copytree(folder, folder.with_name(f"{folder.name}.replaced-1"))
    broken = folder.with_name("seed7-0badbad0")
    shutil.copytree(folder, broken)
    (broken / "record.json").write_text("{", encoding="utf-8")
    begun = folder.with_name("seed8-12345678")
    begun.mkdir()
    (begun / "metrics.jsonl").write_text('{"step": 100, "loss": 1}\n{"step": 200, "loss": 1}\n', encoding="utf-8")


def test_a_row_is_a_method_with_its_settings_the_best_first(call: Call) -> None:
    answer = call("runs", "--dataset", "squares")
    assert answer.exit_code == 0, answer.output
    assert max(map(len, answer.stdout.splitlines())) <= 80
    table, unfinished, aside, damaged = answer.stdout.rstrip().split("\n\n")
    head, _, body = table.partition("\n  method ")
    assert " ".join(head.split()) == f"squares, tiny profile: mean_l2 under {PROTOCOL}, % of edge, lower is better"
    rows = body.splitlines()[1:]
    assert [re.split(r"  +", row.strip())[0] for row in rows[::2]] == ["my:Mine (gamma=1.0)", "my:Mine", "base"]
    assert [re.split(r"  +", row.strip())[1] for row in rows[::2]] == ["0", "0,1", "0"]
    assert re.search(r"  0,1 +\d\.\d\d ± 0\.\d\d +2026-01-02 03:06", rows[2])
    assert rows[3].strip() == "results/runs/squares/tiny/my.Mine"
    assert unfinished.endswith("results/runs/squares/tiny/base/seed8-12345678, at step 200")
    assert aside.endswith(".replaced-1")
    assert "seed7-0badbad0: cannot be read as JSON" in " ".join(damaged.split())


def test_smoke_runs_are_no_results(call: Call) -> None:
    smoke = store(ROOT, "base", ERRORS, seed=9, version="0.1.0+smoke")
    found = json.loads(call("runs", "--json").stdout)
    assert (found["smoke"], len(found["runs"])) == ([str(smoke)], 5)
    assert f"smoke runs, no results:\n  {smoke}\n" in call("runs").stdout


def test_filters(call: Call) -> None:
    assert call("runs", "--dataset", "other-set").stdout.startswith("other-set, tiny profile: ")
    of_base = call("runs", "--method", "base").stdout
    assert "my:Mine" not in of_base
    assert "other-set" in of_base
    assert call("runs", "--profile", "paper").exit_code == 2
    answer = call("runs", "--method", "bas")
    assert answer.exit_code == 2
    assert "unknown method among the runs in results/runs 'bas'. Did you mean 'base'?" in answer.stderr


def test_json_has_every_run_and_these_keys(call: Call) -> None:
    found = json.loads(call("runs", "--json").stdout)
    assert list(found) == ["root", "runs", "unfinished", "set_aside", "smoke", "damaged"]
    assert [tuple(run) for run in found["runs"]] == [KEYS] * 5
    assert {(run["method"], run["variant"], run["seed"]) for run in found["runs"]} >= {("my:Mine", "gamma=1.0", 0)}
    assert list(found["runs"][0]["scores"][0]) == [
        *("protocol", "metric", "value", "unit", "higher_is_better", "per_joint"),
    ]
    assert found["unfinished"] == [{"path": "results/runs/squares/tiny/base/seed8-12345678", "step": 200}]
    assert len(found["set_aside"]) == len(found["damaged"]) == 1


def test_a_signature_finds_its_run(call: Call) -> None:
    run = next(run for run in json.loads(call("runs", "--json").stdout)["runs"] if run["variant"])
    short, digits = run["short_signature"], run["short_signature"].rpartition("#")[2]
    assert short.startswith(f"squares|my:Mine|tiny|K4|seed0|{PROTOCOL}|v0.1.0#")
    for asked in (run["signature"], short, digits, f"#{digits}", digits[:6].upper()):
        found = json.loads(call("runs", "--signature", asked, "--json").stdout)["runs"]
        assert [each["path"] for each in found] == [run["path"]]
    for asked in ("0000000000", digits[:3], short[:-1], "squares"):
        answer = call("runs", "--signature", asked)
        assert answer.exit_code == 2
        assert f"no run in results/runs has the signature '{asked}'" in answer.stderr


def test_nothing_is_there_yet_and_no_such_folder(call: Call) -> None:
    shutil.rmtree("results")
    assert call("runs").stdout == "results/runs holds no run\nto begin: dkp-bench train autolink mannequin\n"
    assert json.loads(call("runs", "--json").stdout)["runs"] == []
    assert call("runs", "--runs", "nowhere").exit_code == 2
    Path("afile").touch()
    assert call("runs", "--runs", "afile").stderr.startswith("error: there is no folder afile\n")
