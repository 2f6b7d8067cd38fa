"""How every subcommand begins and ends: paths, encodings, environments, memory, and lines that fit a terminal."""

import io
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import typer
from typer.main import get_command
from typer.testing import CliRunner, Result

from dkp_bench import __version__
from dkp_bench.cli import app, data
from dkp_bench.cli.messages import for_terminal
from dkp_bench.cli.session import expanded
from dkp_bench.errors import DkpError
from dkp_bench.text import folded_line

Call = Callable[..., Result]
WIDE = "−0.20 ± 0.05 (−0.48 to +0.08) %, σ = ∞, é, 漢, 'a … b'"


@pytest.fixture
def saying(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets ``dkp-bench list`` do something else."""

    def replace(what: Callable[[], None]) -> None:
        monkeypatch.setattr("dkp_bench.cli.list_._groups", what)

    return replace


def test_every_path_may_begin_with_a_tilde(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded(Path("~/runs")) == tmp_path / "runs"
    assert expanded(Path("runs/~")) == Path("runs/~")
    with pytest.raises(DkpError, match="there is no such user's folder"):
        expanded(Path("~no-such-user-here/runs"))
    assert call("runs", "--runs=~/runs").stderr.startswith(f"error: there is no folder {tmp_path}/runs\n")
    assert call("compare", "x", "--baselines=~/b").exit_code == 2
    for group in (app, data.app):
        for command in group.registered_commands:
            assert command.callback.__wrapped__.__module__.startswith("dkp_bench.cli."), command.name


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_no_sign_is_too_wide_for_a_terminal(encoding: str, saying: Callable[[Callable[[], None]], None]) -> None:
    def speak() -> None:
        typer.echo(WIDE)
        raise DkpError(WIDE, WIDE)

    saying(speak)
    answer = CliRunner(charset=encoding).invoke(app, ["list"], prog_name="dkp-bench")
    assert answer.exit_code == 2, answer.exception
    assert answer.stdout.startswith("-0.20 ")
    assert "(-0.48 to +0.08) %" in answer.stdout
    assert "= inf, " in answer.stdout
    assert answer.stdout.rstrip() in answer.stderr
    assert CliRunner(charset=encoding).invoke(app, ["reproduce", "--help"]).exit_code == 0


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"WORLD_SIZE": "4"}, "WORLD_SIZE=4: RANK is not set, LOCAL_RANK is not set, MASTER_ADDR is not set"),
        ({"WORLD_SIZE": "many"}, "WORLD_SIZE is 'many'"),
        ({"WORLD_SIZE": "0"}, "WORLD_SIZE is 0"),
        ({"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "-1"}, "LOCAL_RANK is '-1'"),
    ],
)
def test_a_stray_world_size_is_named(
    environment: dict[str, str], problem: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    answer = call("list")
    assert answer.exit_code == 2
    assert problem in answer.stderr
    assert "\n  for one process, first: unset WORLD_SIZE\n" in answer.stderr


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_memory_that_is_used_up_is_no_traceback(
    error: Exception, call: Call, saying: Callable[[Callable[[], None]], None]
) -> None:
    def fail() -> None:
        raise error

    saying(fail)
    answer = call("list")
    assert answer.exit_code == 2
    assert answer.stderr.startswith("error: the memory is used up")
    assert "--set batch_size=N" in answer.stderr
    saying(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ZeroDivisionError):
        call("list")


def test_lines_are_folded_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    line = f"error: {'word ' * 30}"
    assert for_terminal(line) == line
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert max(map(len, for_terminal(line).splitlines())) <= 80
    os.close(ours)


@pytest.mark.parametrize(
    "whole",
    [
        "dkp-bench score results/runs/mannequin/tiny/a-method/seed0-0123abcd/predictions.npz --dataset mannequin",
        "rm -r 'results/runs/mannequin/tiny/a-method-with-a-long-name/seed0-0123abcd copy with a longer name'",
        "/home/somebody/a-very-long-path/results/runs/mannequin/tiny/a-method/seed0-0123abcd/predictions.npz",
    ],
)
def test_what_is_to_be_pasted_is_never_broken(whole: str) -> None:
    for line in (whole, f"  {whole}", f"  it can be made again in some minutes, by what was typed: {whole}"):
        folded = folded_line(line)
        assert whole in folded.splitlines()[-1]
        assert " ".join(folded.split()) == " ".join(line.split())


def test_a_quotation_stays_on_its_line() -> None:
    folded = folded_line(f"{'word ' * 13}see 'dkp-bench data check h36m --data PATH' for what is there and what is not")
    assert any("'dkp-bench data check h36m --data PATH'" in line for line in folded.splitlines())
    assert max(map(len, folded.splitlines())) <= 80


@pytest.mark.parametrize("words", [("--version",), ("version",)])
def test_the_version(words: tuple[str, ...], call: Call) -> None:
    assert call(*words).stdout.splitlines()[0] == f"dkp-bench {__version__}"


def test_h_is_help(call: Call) -> None:
    for words in ((), ("train",), ("data", "check")):
        assert call(*words, "-h").stdout == call(*words, "--help").stdout


def test_a_stream_that_knows_no_encoding_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(SystemExit):
        get_command(app).main(["--version"])
