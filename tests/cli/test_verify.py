"""``verify``: what it prints, its exit status, and that names from strangers do not steer the terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import make_results
from typer.testing import Result

Call = Callable[..., Result]
RUN = "dots/tiny/autolink/seed1-00000001/record.json"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_results(tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return Path("results")


def damage(results: Path) -> None:
    record = json.loads((results / RUN).read_text(encoding="utf-8"))
    record["identity"]["keypoints"] = 4
    (results / RUN).write_text(json.dumps(record), encoding="utf-8")


def test_nothing_is_wrong(call: Call, results: Path) -> None:
    answer = call("verify", results)
    assert answer.exit_code == 0
    assert answer.stdout == "results: 8 files, 3 runs, 24 scores computed again: nothing is wrong\n"


def test_what_fails_is_named(call: Call, results: Path) -> None:
    damage(results)
    answer = call("verify", results)
    assert answer.exit_code == 1
    assert answer.stdout.splitlines() == [
        RUN,
        "  says 4 keypoints; its predictions have 3",
        "results: 8 files, 3 runs, 24 scores computed again: 1 problem",
    ]


def test_as_json(call: Call, results: Path) -> None:
    assert json.loads(call("verify", results, "--json").stdout)["ok"] is True
    damage(results)
    answer = call("verify", results, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {
        "path": "results",
        "ok": False,
        "bundle": False,
        "files": 8,
        "runs": 3,
        "scores": 24,
        "problems": [{"file": RUN, "what": "says 4 keypoints; its predictions have 3"}],
    }


def test_a_name_cannot_steer_the_terminal(call: Call, results: Path) -> None:
    (results / "objects" / "\x1b[2J\u202e\nresults: nothing is wrong.npz").touch()
    answer = call("verify", results)
    assert answer.exit_code == 1
    assert answer.stdout.startswith("objects/\\x1b[2J\\u202e\\nresults: nothing is wrong.npz\n  ")
    assert "\x1b" not in answer.stdout


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_no_bundle_is_a_mistake(call: Call, results: Path, name: str) -> None:
    answer = call("verify", name)
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: ")
    assert answer.stdout == ""
