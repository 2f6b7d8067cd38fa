"""``list``: every dataset, method, profile and protocol, in two columns of 80; and the settings of one method."""

import json
from collections.abc import Callable

import pytest
from typer.testing import Result

from dkp_bench.datasets import datasets
from dkp_bench.depth.midas.registry import MODELS
from dkp_bench.methods import built_in_methods, find_method
from dkp_bench.presets import PROFILE_SUMMARIES, preset
from dkp_bench.scoring import PROTOCOLS
from dkp_bench.text import two_columns


def read_back(text: str) -> dict[str, dict[str, str]]:
    """The groups that two columns of text say, the indentation taken at its word."""
    groups: dict[str, dict[str, str]] = {}
    for block in text.split("\n\n"):
        title, *lines = block.splitlines()
        group = groups[title] = {}
        column = len(lines[0]) - len(lines[0].split(maxsplit=1)[1])
        for line in lines:
            assert line.startswith("  ")
            if name := line[2:column].rstrip():
                group[name] = line[column:]
            else:
                group[list(group)[-1]] += f" {line[column:]}"
    return groups


def test_it_says_what_there_is(call: Callable[..., Result], small_datasets: None) -> None:
    answer = call("list")
    assert answer.exit_code == 0
    assert read_back(answer.stdout) == {
        "datasets": {name: kind.summary for name, kind in datasets().items()},
        "methods": {name: find_method(name).summary for name in built_in_methods()},
        "profiles": dict(PROFILE_SUMMARIES),
        "protocols": {name: protocol.summary for name, protocol in PROTOCOLS.items()},
        "depth models": {name: model.summary for name, model in MODELS.items()},
    }
    assert "squares" in datasets()


def test_it_fits_80_columns(call: Callable[..., Result]) -> None:
    lines = call("list").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []


def test_two_columns() -> None:
    groups = {"short": {"a": "one two"}, "long": {"a-name": " ".join(["word"] * 20), "b": "/a" * 50 + " end-of-path"}}
    assert two_columns(groups).splitlines() == [
        "short",
        "  a       one two",
        "",
        "long",
        "  a-name  word word word word word word word word word word word word word word",
        "          word word word word word word",
        "  b       " + "/a" * 50,
        "          end-of-path",
    ]


def test_as_json(call: Callable[..., Result]) -> None:
    found = json.loads(call("list", "--json").stdout)
    assert list(found) == ["datasets", "methods", "profiles", "protocols", "depth_models"]
    assert found["methods"]["autolink"] == {"summary": find_method("autolink").summary}
    assert set(found["protocols"]) == set(PROTOCOLS)


def test_the_settings_of_a_method(call: Callable[..., Result]) -> None:
    answer = call("list", "no_teacher")
    assert answer.exit_code == 0
    assert max(map(len, answer.stdout.splitlines())) <= 80
    text = " ".join(answer.stdout.split())
    assert "settings (dkp-bench train no_teacher DATASET --set KEY=VALUE)" in text
    steps = " steps whole number, 0 or more; 20001 by default 0 leaves the network as it was drawn. presets: tiny 800, "
    assert f"{steps}laptop 20000, small 4000 " in text
    assert " gamma number, 0 or more, 0 or less; 0 by default" in text
    assert " embedding one of logits, probabilities; logits by default The detector's maps before" in text
    assert " flip true or false; true by default" in text
    assert "taichi paper 0.0005" in text
    assert call("list", "mean_pose").stdout.endswith("learns nothing: a control\n\nIt has no settings.\n")


@pytest.mark.parametrize("method", [*built_in_methods(), "sound_method:Sound"])
def test_the_settings_as_json(method: str, call: Callable[..., Result]) -> None:
    found, kind = json.loads(call("list", method, "--json").stdout), find_method(method)
    heads = ("method", "name", "summary", "module", "learns", "inputs", "needs_depth", "requires", "settings")
    assert tuple(found) == heads
    fields = kind.settings_type.model_fields
    assert list(found["settings"]) == list(fields)
    for key, about in found["settings"].items():
        assert about["default"] == fields[key].default
        assert about.keys() >= {"type", "description", "profiles", "datasets"}
        for name in datasets():
            value = preset(kind, name, "paper").model_dump()[key]
            assert about["datasets"].get(name, {}).get("paper", about["profiles"]["paper"]) == value
