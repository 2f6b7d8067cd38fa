"""What ``--help`` says, and that it needs little to say it."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import Result

from dkp_bench.cli import app


def every(group: Any, above: str = "") -> list[str]:
    """The commands of a group and of the groups in it, as they are typed."""
    typed = [above]
    for name, command in group.commands.items():
        path = f"{above} {name}".strip()
        typed += every(command, path) if hasattr(command, "commands") else [path]
    return typed


COMMANDS = every(get_command(app))


@pytest.mark.parametrize("command", ["", "train"])
def test_golden(command: str, call: Callable[..., Result], golden: Callable[[str, str], None]) -> None:
    golden(f"help-{command or 'main'}.txt", call(*command.split(), "--help").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_fits_80_columns_and_nothing_is_cut_off(command: str, call: Callable[..., Result]) -> None:
    answer = call(*command.split(), "--help")
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"Usage: {' '.join(['dkp-bench', *command.split()])} ")
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert not {"{", "}", "[["} & {*answer.stdout, *(a + b for a, b in itertools.pairwise(answer.stdout))}
    assert ".." not in re.sub(r"(\]|\b[A-Z]+)\.\.\.", "", answer.stdout)  # but for what may be given several times


@pytest.mark.parametrize("command", ["", "data"])
def test_without_a_command_it_is_shown(command: str, call: Callable[..., Result]) -> None:
    answer = call(*command.split())
    assert answer.output == call(*command.split(), "--help").stdout


ASK_ALL = """
import contextlib, io, json, sys
from dkp_bench.cli import main

slow, found = {"numpy", "torch", "cv2", "scipy", "matplotlib", "rich", "jinja2", "tabulate"}, {}
for command in json.loads(sys.argv[1]):
    sys.argv, said = ["dkp-bench", *command.split(), "--help"], io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main()
    assert said.getvalue().startswith("Usage: dkp-bench")
    found[command] = sorted(slow & {*sys.modules})
print(json.dumps(found))
"""
"""Asks every command for help in one process: a module that one of them imports is there from then on."""


def test_it_imports_nothing_that_takes_long() -> None:
    ask = [sys.executable, "-c", ASK_ALL, json.dumps(COMMANDS)]
    answer = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == {command: [] for command in COMMANDS}
