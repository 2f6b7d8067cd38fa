"""``list``: every dataset, method, profile and protocol, in two columns of 80."""

from collections.abc import Callable

from typer.testing import Result

from dkp_bench.cli.columns import two_columns
from dkp_bench.datasets import datasets
from dkp_bench.depth.midas.registry import MODELS
from dkp_bench.methods import built_in_methods, find_method
from dkp_bench.presets import PROFILE_SUMMARIES
from dkp_bench.scoring import PROTOCOLS


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
