"""The bundle as linked data, read by the RO-Crate library."""

import json
from pathlib import Path
from typing import Any

import pytest
from miniature import make_results
from rocrate.rocrate import ROCrate

from dkp_bench.runs.run import load_runs


@pytest.fixture(scope="module")
def crate(sound: Path) -> ROCrate:
    return ROCrate(str(sound / "data"))


def entities(crate: ROCrate, kind: str) -> list[Any]:
    return [entity for entity in crate.get_entities() if kind in entity.type or entity.type == kind]


def test_each_run_is_one_action(crate: ROCrate, tmp_path: Path) -> None:
    make_results(tmp_path)
    runs = {run.signature(run.headline_protocol): run for run in load_runs(tmp_path)}
    actions = entities(crate, "CreateAction")
    assert {action["identifier"]["value"] for action in actions} == runs.keys()
    assert len(actions) == len(runs) == 3
    assert [action.id for action in crate.root_dataset["mentions"]] == [action.id for action in actions]
    for action in actions:
        record = runs[action["identifier"]["value"]].record
        assert (action["startTime"], action["endTime"]) == (record.provenance.started, record.provenance.finished)
        software, machine = action["instrument"]
        assert (software.type, software["name"]) == ("SoftwareApplication", "dkp-bench")
        assert software["softwareVersion"] == record.identity.version
        assert software["identifier"]["value"] == record.provenance.git_commit
        assert machine["name"] == "a processor, 2 threads"
        assert [author["name"] for author in action["agent"]] == ["the dkp-bench authors"]
        dataset, annotations = action["object"]
        assert record.identity.dataset_hash in dataset["description"]
        assert annotations.id == "baselines/annotations/dots-16px-0123abcd.json"
        stored, predictions = action["result"]
        assert json.loads((crate.source / stored.id).read_text(encoding="utf-8"))["identity"]["seed"] is not None
        assert predictions.id == f"baselines/objects/{record.files['predictions.npz']}.npz"


def test_every_file_is_described(crate: ROCrate, sound: Path) -> None:
    data = sound / "data"
    found = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
    del found["ro-crate-metadata.json"]
    described = {entity.id: entity for entity in entities(crate, "File")}
    assert described.keys() == found.keys() == {part.id for part in crate.root_dataset["hasPart"]}
    assert all(int(described[name]["contentSize"]) == path.stat().st_size for name, path in found.items())
    assert "application/octet-stream" not in {entity["encodingFormat"] for entity in described.values()}


def test_the_root_says_what_rocrate_requires(crate: ROCrate) -> None:
    root = crate.root_dataset
    assert crate.version == "1.1"
    assert root["name"] == "dkp-bench-results-1.0"
    assert root["datePublished"] == "2026-03-05"
    assert root["license"].id == "https://spdx.org/licenses/MIT"
    assert root["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    assert root["description"]


def test_nothing_it_refers_to_is_missing(sound: Path) -> None:
    graph = json.loads((sound / "data" / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    names = [entity["@id"] for entity in graph]
    assert len(set(names)) == len(names)

    def links(value: Any) -> list[str]:
        inside = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        own = [value["@id"]] if isinstance(value, dict) and value.keys() == {"@id"} else []
        return [*own, *(link for item in inside for link in links(item))]

    outside = {"https://w3id.org/ro/crate/1.1", "http://schema.org/CompletedActionStatus"}
    assert {link for entity in graph for link in links(entity)} <= {*names, *outside}
