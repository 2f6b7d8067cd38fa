"""Every command with each of its paths: a file where a folder should be, one that cannot be written, a full disk.

Which paths there are is read off the commands, so that a new one is tried, too.
"""

import inspect
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import Result

from dkp_bench.cli import SUBCOMMANDS, data
from dkp_bench.datasets import open_dataset
from dkp_bench.runs.run import load_runs

Call = Callable[..., Result]
COMMANDS = SUBCOMMANDS | {f"data {name}": command for name, command in data.SUBCOMMANDS.items()}
WORDS = {
    "reproduce": "squares",
    "train": "mean_pose squares",
    "run": "plan.toml",
    "study": "study.toml",
    "score": "mine.npz --dataset squares --name other",
    "compare": "RUN",
    "check-baselines": "squares --methods mean_pose",
    "freeze": "v999.0",
    "predict": "RUN photographs",
    "new-method": "my_idea",
    "redraw": "RUN",
    "data check": "lsp",
    "data depth": "photographs --random --model dpt_levit_224",
    "data export": "squares --out there",
    "data prepare": "squares",
    "data show": "squares",
}
"""What else each command needs; nothing where it is not here."""
MADE = {"squares": "mannequin-plain"}
"""A dataset that writes to its cache, in place of one that needs none."""
FILES = {"squares": "lsp", "photographs": "lsp"}
"""Likewise one whose files the user brings."""
NOT_TRIED = {
    "report": ("runs", "baselines"),
    "reproduce": ("baselines",),
    "run": ("cache", "published"),  # a worker finds that the cache cannot be written: tests/plans/
    "study": ("baselines", "cache", "published"),  # as with run and report
    "store": ("into",),  # what was made by code that is not committed is refused first
    "freeze": ("out",),  # and so is a checkout that is not clean
    "score": ("baselines",),  # a run is looked up there by its name alone
    "predict": ("baselines",),
    "redraw": ("data", "cache", "baselines"),  # looked at once there are weights
    "data check": ("cache",),
    "data depth": ("weights", "cache", "data"),
}
"""Parameters that come too late in a command, or that the words above make it ignore."""
PLACES = ("afile", "afile/below", "/proc/below")


def paths(command: object) -> list[str]:
    """The parameters of a command that are paths."""
    signature = inspect.signature(command.command)  # type: ignore[attr-defined]
    return [name for name, parameter in signature.parameters.items() if "pathlib" in str(parameter.annotation)]


EVERY = [
    (name, parameter)
    for name, command in COMMANDS.items()
    for parameter in paths(command)
    if parameter not in NOT_TRIED.get(name, ())
]
WRITES = [
    *(("train", "runs"), ("train", "cache"), ("run", "out"), ("score", "runs"), ("compare", "out"), ("report", "out")),
    *(("predict", "out"), ("new-method", "out"), ("data export", "out"), ("data show", "out")),
    *(("data prepare", "cache"), ("check-baselines", "runs")),
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stage")


@pytest.fixture(autouse=True)
def workplace(
    stage: Path, repository: Path, call: Call, small_datasets: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.chdir(stage)
    monkeypatch.setenv("DKP_BENCH_CACHE", str(stage / "cache"))
    if not Path("results").exists():
        for seed in ("0", "1"):
            for runs in ("runs", "baselines"):
                assert (
                    call("train", "mean_pose", "squares", "--seeds", seed, "--runs", f"results/{runs}").exit_code == 0
                )
        Path("results/published.toml").write_bytes((repository / "results/published.toml").read_bytes())
        Path("plan.toml").write_text('[[cells]]\nprofile = "tiny"\ndatasets = ["squares"]\nmethods = ["mean_pose"]\n')
        arm = 'title = "a"\nquestion = "b?"\nwhy = "c"\n[[arm]]\nname = "mean"\nmethod = "mean_pose"\n'
        Path("study.toml").write_text(f"{arm}{Path('plan.toml').read_text()}seeds = [2]\n")
        squares = open_dataset("squares", 64, cache=stage)
        fit, test = (squares.labels(split).joints * 0.9 for split in ("regression", "test"))
        np.savez("mine.npz", fit=fit, test=test)
        Path("afile").touch()
        Path("photographs").mkdir()
        cv2.imwrite("photographs/a.png", np.zeros((64, 64, 3), np.uint8))
    before = {path for path in stage.rglob("*") if path.is_file()}
    yield
    assert before <= {path for path in stage.rglob("*") if path.is_file()}, "nothing is lost"


def typed(name: str, parameter: str, place: str) -> list[str]:
    """The command with this path."""
    signature = inspect.signature(COMMANDS[name].command)
    words = WORDS.get(name, "").split()
    if parameter in ("cache", "data"):
        words = [(MADE if parameter == "cache" else FILES).get(word, word) for word in words]
    is_argument = "ArgumentInfo" in str(signature.parameters[parameter].annotation)
    if is_argument:
        positions = [key for key, each in signature.parameters.items() if "ArgumentInfo" in str(each.annotation)]
        index = positions.index(parameter)
        words[index : index + 1] = [place]
    else:
        words += [f"--{parameter.replace('_', '-')}", place]
    run = str(load_runs(Path("results/runs"))[0].path)
    return [*name.split(), *(run if word == "RUN" else word for word in words)]


def check(answer: Result, *names: str) -> None:
    """One clear error: what is wrong, with what, and what to do."""
    assert answer.exit_code == 2, answer.output
    first, *others = answer.stderr[answer.stderr.lower().index("error: ") :].splitlines()
    assert any(name in first for name in names), answer.stderr
    assert len(others) <= 12
    assert "Traceback" not in answer.output


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "parameter"), EVERY)
def test_a_path_that_cannot_be_used(name: str, parameter: str, place: str, call: Call) -> None:
    if (name, parameter, place) == ("data show", "out", "afile"):
        pytest.skip("a file is what it writes")
    answer = call(*typed(name, parameter, place))
    check(answer, place, "afile")


@pytest.mark.parametrize(("name", "parameter"), WRITES)
def test_a_full_disk(name: str, parameter: str, call: Call, stage: Path) -> None:
    words = typed(name, parameter, f"room-{name.replace(' ', '-')}-{parameter}")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        answer = call(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    check(answer, "the disk is full")
