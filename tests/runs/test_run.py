"""Finding runs: order, damage, versions, duplicates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dkp_bench.analysis.find_runs import choose
from dkp_bench.errors import DkpError
from dkp_bench.runs.listing import list_runs
from dkp_bench.runs.run import load_runs, read_record

Content = Callable[..., dict[str, Any]]


def store(root: Path, folder: str, value: Any) -> Path:
    path = root / folder / "record.json"
    path.parent.mkdir(parents=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_folder_that_does_not_exist_holds_no_runs(tmp_path: Path) -> None:
    assert load_runs(tmp_path / "nowhere") == []


def test_order_depends_on_identity_and_seeds_count_as_numbers(tmp_path: Path, content: Content) -> None:
    for folder, method, seed in (("a", "beta", 0), ("b", "alpha", 10), ("c", "alpha", 2)):
        store(tmp_path, folder, content(method=method, seed=seed))
    found = [(run.record.identity.method, run.record.identity.seed) for run in load_runs(tmp_path)]
    assert found == [("alpha", 2), ("alpha", 10), ("beta", 0)]


def test_an_unfinished_run_is_not_listed(tmp_path: Path, content: Content) -> None:
    store(tmp_path, "done", content())
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "metrics.jsonl").write_text("{}\n", encoding="utf-8")
    assert [run.path.name for run in load_runs(tmp_path)] == ["done"]


def test_score_finds_protocol_and_metric(tmp_path: Path, content: Content) -> None:
    store(tmp_path, "a", content())
    (run,) = load_runs(tmp_path)
    found = run.score("p", "m")
    assert found is not None
    assert found.value == 1.5
    assert run.score("p", "other") is None
    assert run.score("other", "m") is None


def test_the_headline_score_is_the_one_listed_first(tmp_path: Path, content: Content) -> None:
    value = content()
    value["scores"].append({**value["scores"][0], "protocol": "q"})
    unscored = {**content(seed=1), "scores": []}
    for folder, made in (("a", value), ("b", unscored)):
        store(tmp_path, folder, made)
    scored, other = load_runs(tmp_path)
    assert scored.headline == scored.score("p", "m")
    assert (scored.headline_protocol, other.headline, other.headline_protocol) == ("p", None, "")


def test_samples_are_there_or_not(tmp_path: Path, content: Content) -> None:
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


def test_an_unknown_key_is_named(tmp_path: Path, content: Content) -> None:
    path = store(tmp_path, "bad", {**content(), "surprise": 1})
    with pytest.raises(DkpError, match="surprise"):
        read_record(path)


@pytest.mark.parametrize(
    ("number", "says"), [("1e999", "read as JSON"), ("NaN", "read as JSON"), ("-Infinity", "read as JSON")]
)
def test_a_score_that_is_not_finite_is_refused(tmp_path: Path, content: Content, number: str, says: str) -> None:
    value = content()
    value["scores"][0]["value"] = "HUGE"
    path = store(tmp_path, "bad", json.dumps(value).replace('"HUGE"', number))
    with pytest.raises(DkpError, match=says):
        read_record(path)


def test_another_schema_version_has_its_own_message(tmp_path: Path, content: Content) -> None:
    path = store(tmp_path, "later", {**content(), "schema_version": 99})
    with pytest.raises(DkpError, match="schema version 99") as caught:
        read_record(path)
    assert "the dkp-bench that wrote it" in caught.value.hint


def test_of_two_versions_of_a_run_the_one_that_was_finished_last_counts(
    tmp_path: Path, content: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    newer, older = content(version="0.1.1"), content()
    newer["provenance"]["finished"] = "2027-01-01T00:00:00+00:00"
    for folder, made in (("a", newer), ("b", older), ("c", content(seed=1))):
        store(tmp_path, folder, made)
    assert [run.path.name for run in load_runs(tmp_path)] == ["a", "c"]
    assert f"{tmp_path / 'b'} was run again with another version of dkp-bench" in capsys.readouterr().err
    listing = list_runs(tmp_path)
    assert ([run.path.name for run in listing.runs], listing.damaged) == (["a", "c"], ())
    assert listing.aside == (tmp_path / "b",)


def test_of_a_path_to_one_version_of_a_run_that_one_is_taken(tmp_path: Path, content: Content) -> None:
    newer = content(version="0.1.1")
    newer["provenance"]["finished"] = "2027-01-01T00:00:00+00:00"
    for folder, made in (("a", newer), ("b", content()), ("c", content(seed=1))):
        store(tmp_path, folder, made)
    for folder in ("a", "b"):
        assert [run.path.name for run in choose(tmp_path / folder).variant.runs] == [folder, "c"]


def test_the_same_run_twice_is_refused(tmp_path: Path, content: Content) -> None:
    store(tmp_path, "a", content())
    store(tmp_path, "copy-of-a", content())
    with pytest.raises(DkpError, match="twice") as caught:
        load_runs(tmp_path)
    assert "copy-of-a" in caught.value.problem
