"""What ``--help`` says, and that it needs little to say it."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

COMMANDS = (
    "",
    "reproduce",
    "train",
    "score",
    "compare",
    "report",
    "predict",
    "new-method",
    "check-method",
    "list",
    "data",
    "data show",
    "data check",
    "data depth",
    "data export",
    "data prepare",
    "doctor",
)


@pytest.mark.parametrize("command", ["", "train"])
def test_golden(command: str, call: Callable[..., Result], golden: Callable[[str, str], None]) -> None:
    golden(f"help-{command or 'main'}.txt", call(*command.split(), "--help").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_fits_80_columns_and_nothing_is_cut_off(command: str, call: Callable[..., Result]) -> None:
    answer = call(*command.split(), "--help")
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"Usage: {' '.join(['dkp-bench', *command.split()])} ")
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert ".." not in answer.stdout.replace("]...", "")


@pytest.mark.parametrize("command", ["", "data"])
def test_without_a_command_it_is_shown(command: str, call: Callable[..., Result]) -> None:
    answer = call(*command.split())
    assert answer.output == call(*command.split(), "--help").stdout


def test_it_imports_nothing_that_takes_long() -> None:
    slow = "{'numpy', 'torch', 'cv2', 'scipy', 'pydantic', 'rich', 'jinja2', 'tabulate'}"
    code = f"import sys, atexit; atexit.register(lambda: print({slow} & {{*sys.modules}}, file=sys.stderr))"
    ask = [sys.executable, "-c", f"{code}; from dkp_bench.cli import main; main()", "--help"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("Usage: dkp-bench")
    assert answer.stderr.strip() == "set()"
