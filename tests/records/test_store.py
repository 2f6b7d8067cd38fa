"""Finding runs: order, damage, versions, duplicates."""

import json
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.errors import DkpError
from dkp_bench.records.store import load_runs, read_record


def content(method: str = "alpha", seed: int = 0) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "identity": {
            "dataset": "squares",
            "dataset_hash": "00ff",
            "image_size": 64,
            "method": method,
            "preset_hash": "abcd1234",
            "profile": "tiny",
            "keypoints": 4,
            "seed": seed,
            "perceptual": "none",
            "version": "0.1.0",
        },
        "inputs": "rgb",
        "settings": {},
        "scores": [
            {"protocol": "p", "metric": "m", "value": 1.5, "unit": "%", "higher_is_better": False, "per_joint": {}}
        ],
        "timings": {"fit_seconds": 0, "predict_seconds": 0, "steps": 0, "images_per_second": 0},
        "provenance": {
            "git_commit": "unknown",
            "git_clean": None,
            "code_hash": "c0dec0de",
            "python": "3.12",
            "platform": "x",
            "processor": "y",
            "threads": 1,
            "accelerator": "none",
            "packages": {},
            "command": "c",
            "started": "2026-01-01T00:00:00+00:00",
            "finished": "2026-01-01T00:01:00+00:00",
        },
        "curves": {},
        "files": {},
    }


def store(root: Path, folder: str, value: Any) -> Path:
    path = root / folder / "record.json"
    path.parent.mkdir(parents=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_folder_that_does_not_exist_holds_no_runs(tmp_path: Path) -> None:
    assert load_runs(tmp_path / "nowhere") == []


def test_order_depends_on_identity_and_seeds_count_as_numbers(tmp_path: Path) -> None:
    for folder, method, seed in (("a", "beta", 0), ("b", "alpha", 10), ("c", "alpha", 2)):
        store(tmp_path, folder, content(method, seed))
    found = [(run.record.identity.method, run.record.identity.seed) for run in load_runs(tmp_path)]
    assert found == [("alpha", 2), ("alpha", 10), ("beta", 0)]


def test_an_unfinished_run_is_not_listed(tmp_path: Path) -> None:
    store(tmp_path, "done", content())
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "metrics.jsonl").write_text("{}\n", encoding="utf-8")
    assert [run.path.name for run in load_runs(tmp_path)] == ["done"]


def test_score_finds_protocol_and_metric(tmp_path: Path) -> None:
    store(tmp_path, "a", content())
    (run,) = load_runs(tmp_path)
    found = run.score("p", "m")
    assert found is not None
    assert found.value == 1.5
    assert run.score("p", "other") is None
    assert run.score("other", "m") is None


def test_samples_are_there_or_not(tmp_path: Path) -> None:
    path = store(tmp_path, "a", content())
    (run,) = load_runs(tmp_path)
    assert run.samples is None
    (path.parent / "samples.npz").write_bytes(b"")
    assert run.samples == path.parent / "samples.npz"


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", '"text"', "null", "[" * 100_000, '{"identity": {}}'])
def test_a_damaged_record_is_named_with_what_to_do(tmp_path: Path, damage: str) -> None:
    path = store(tmp_path, "bad", damage)
    with pytest.raises(DkpError) as caught:
        load_runs(tmp_path)
    assert str(path) in caught.value.problem
    assert f"rm -r {path.parent}" in caught.value.hint


def test_bytes_that_are_no_text_are_a_damaged_record(tmp_path: Path) -> None:
    path = store(tmp_path, "bad", "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DkpError, match="cannot be read"):
        read_record(path)


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    path = store(tmp_path, "bad", {**content(), "surprise": 1})
    with pytest.raises(DkpError, match="surprise"):
        read_record(path)


def test_a_score_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    value = content()
    value["scores"][0]["value"] = float("nan")
    path = store(tmp_path, "bad", value)
    with pytest.raises(DkpError, match=r"scores\.0\.value"):
        read_record(path)


def test_another_schema_version_has_its_own_message(tmp_path: Path) -> None:
    path = store(tmp_path, "later", {**content(), "schema_version": 99})
    with pytest.raises(DkpError, match="schema version 99") as caught:
        read_record(path)
    assert "the dkp-bench that wrote it" in caught.value.hint


def test_the_same_run_twice_is_refused(tmp_path: Path) -> None:
    store(tmp_path, "a", content())
    store(tmp_path, "copy-of-a", content())
    with pytest.raises(DkpError, match="twice") as caught:
        load_runs(tmp_path)
    assert "copy-of-a" in caught.value.problem
