"""Commands that are killed and called again, each on data so small that it takes milliseconds."""

import importlib
import json
import mmap
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import cv2
import numpy as np
import own_method
import torch
import typer
from miniature import make_checkout, make_results
from own_process import OwnProcess

import dkp_bench.datasets
from dkp_bench import cli, methods
from dkp_bench.bundle import freeze as freezing
from dkp_bench.bundle.checkout import open_checkout
from dkp_bench.datasets.mannequin import dataset as mannequin
from dkp_bench.datasets.mannequin import store as rendering
from dkp_bench.depth.estimate import fill_store
from dkp_bench.depth.store import open_for_writing
from dkp_bench.plans import run_plan
from dkp_bench.report import Report, build_report, read_published
from dkp_bench.report import write as writing
from dkp_bench.runs import code_hash, provenance, spec
from dkp_bench.runs.run import load_runs
from dkp_bench.training import loop

TESTS = Path(__file__).parents[1]
FIXTURES = TESTS / "fixtures"
OTHER_CODE = "0ther000"
SMALL = {
    "steps": 2,
    "batch_size": 2,
    "keypoints": 2,
    "detector_width": 2,
    "decoder_width": 2,
    "perceptual": "pyramid-random",
}
SET = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
PLAN = """
[[cells]]
profile = "tiny"
datasets = ["squares"]
methods = ["mean_pose", "own_method:Learner", "small_training:Dot"]
"""
_count = mmap.mmap(-1, 8)
"""Training steps and fits done in all processes that are forked from this one."""


@dataclass(frozen=True)
class Scenario:
    """A command, and what must be there before it.

    Attributes:
        name: of the scenario.
        command: what is killed and called again, in a folder of its own.
        prepare: what is done in that folder before.
        trains: where it is one run, its training steps, or 1 for a fit without steps.
        made_by: the code hash of that run, where there is one of other code before.
    """

    name: str
    command: Callable[[], object]
    prepare: Callable[[], object] = lambda: None
    trains: int = 0
    made_by: str = ""


def dkp(*words: str) -> Callable[[], None]:
    """The command line, called with some words."""

    def call() -> None:
        sys.argv = ["dkp-bench", *words]
        code = _command()(prog_name="dkp-bench", args=list(words), standalone_mode=False)
        if code:
            raise SystemExit(code)

    return call


_command = cache(lambda: typer.main.get_command(cli.app))


def trained() -> int:
    """How many training steps and fits were done since the last call, in whichever process."""
    done: int = struct.unpack("q", _count[:])[0]
    _count[:] = struct.pack("q", 0)
    return done


def work_left(folder: Path, scenario: Scenario) -> int:
    """How much of the training of the scenario's only run is still to do in a folder, as far as its files tell."""
    places = [path for path in folder.glob("results/runs/*/*/*/seed*") if not path.name.endswith("replaced-1")]
    records = [json.loads(path.read_bytes()) for place in places for path in place.glob("record.json")]
    if any(scenario.made_by in ("", record["provenance"]["code_hash"]) for record in records):
        return 0
    if any((place / "fitted.json").exists() for place in places):
        return 0
    checkpoints = [path for place in places for path in place.glob("checkpoint.pt")]
    return scenario.trains - sum(int(torch.load(path, weights_only=True)["step"]) for path in checkpoints)


def _counted(function: Any) -> Any:
    def counting(*args: Any, **named: Any) -> Any:
        _count[:] = struct.pack("q", struct.unpack("q", _count[:])[0] + 1)
        return function(*args, **named)

    return counting


def _with_other_code() -> None:
    with mock.patch.object(spec, "code_hash", return_value=OTHER_CODE):
        dkp("train", "own_method:Learner", "squares")()


def _predictions() -> None:
    squares = dkp_bench.datasets.open_dataset("squares", 64, cache=Path("cache"))
    np.savez("mine.npz", fit=squares.labels("regression").joints * 0.9, test=squares.labels("test").joints * 0.9)


def _photographs() -> None:
    for number in range(5):
        path = Path("photographs", f"group{number % 2}", f"{number}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((8, 8, 3), number, np.uint8))


class _Estimator:
    store_name = "brightness"
    identity: ClassVar[dict[str, str]] = {"model": "brightness"}
    circumstances: ClassVar[dict[str, str]] = {"device": "none"}

    def joins(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def __call__(self, photographs: Sequence[Any]) -> list[Any]:
        return [photograph.mean(-1).astype(np.float32) + np.eye(8, dtype=np.float32) for photograph in photographs]


def _depth() -> None:
    photographs = {
        path.relative_to("photographs").as_posix(): path for path in sorted(Path("photographs").rglob("*.png"))
    }
    store = open_for_writing(Path("depth"), "brightness", _Estimator.identity)
    fill_store(store, photographs, _Estimator(), batch_size=2)


def _published() -> None:
    Path("results", "baselines").mkdir(parents=True)
    shutil.copy(TESTS.parent / "results" / "published.toml", "results")


def _plan() -> None:
    _published()
    Path("plan.toml").write_text(PLAN, encoding="utf-8")


def _checkout() -> None:
    make_checkout(Path.cwd() / "repository")


def _freeze() -> None:
    freezing.freeze(open_checkout(Path.cwd() / "repository" / "dkp_bench"), "v1.0", Path("bundles"), lambda *_: None)


def _stored() -> None:
    dkp("train", "untrained", "squares", "--seeds", "0,1", "--runs", "made")()
    dkp("store", "made")()
    dkp("check-baselines", "squares", "--methods", "untrained")()


LEARNER = dkp("train", "own_method:Learner", "squares")
SCENARIOS = (
    Scenario("train", dkp("train", "small_training:Dot", "squares"), trains=3),
    Scenario("train, no checkpoints", LEARNER, trains=1),
    Scenario("train, other code", _with_other_code, LEARNER, trains=1, made_by=OTHER_CODE),
    Scenario("train, required ones", dkp("train", "distill_dkp", "squares", *SET)),
    Scenario("reproduce", dkp("reproduce", "flat-squares", "--without-depth"), _published),
    Scenario("run PLAN", dkp("run", "plan.toml"), _plan),
    Scenario("score FILE", dkp("score", "mine.npz", "--dataset", "squares"), _predictions),
    Scenario("store", dkp("store"), LEARNER),
    Scenario("check-baselines", dkp("check-baselines", "squares", "--methods", "untrained"), _stored),
    Scenario("freeze", _freeze, _checkout),
    Scenario("data prepare", dkp("data", "prepare", "mannequin-plain", "--cache", "cache")),
    Scenario("data depth", _depth, _photographs),
)


def _lose() -> None:
    if not Path("first").exists():
        Path("first").mkdir()
        Path("second").mkdir()


BROKEN = Scenario("broken on purpose", _lose)
"""Loses what a kill between its two operations keeps it from making; for the test of the search itself."""


def install() -> None:
    """Make this process, and those forked from it, do little of everything."""
    dkp_bench.datasets.__path__.append(str(FIXTURES / "small_datasets"))
    importlib.import_module("dkp_bench.datasets.squares").COUNTS.update(train=4, regression=8, test=4)
    mannequin.COUNTS = {"train": 3, "regression": 2, "test": 2}
    rendering._CHUNK = 1
    loop.CHECKPOINT_SECONDS = -1.0
    loop._Run._step = _counted(loop._Run._step)  # type: ignore[method-assign]
    provenance.git_state = lambda: ("0" * 40, True)
    provenance.version = cache(provenance.version)
    own_method.Corner.fit = _counted(own_method.Corner.fit)
    run_plan.WorkerPool = OwnProcess
    built_in, few = methods.built_in_methods(), ("mean_pose", "untrained", "teacher_only", "distill_dkp")
    methods.built_in_methods = lambda: {name: built_in[name] for name in few}
    made = _small_report()
    for module in (freezing, writing):
        module.build_report = lambda *_, **__: made
    _remember()


def _small_report() -> Report:
    """A report of few runs, which stands for all: what takes time is to make it, and what matters is to write it."""
    with tempfile.TemporaryDirectory() as folder:
        make_results(Path(folder))
        published = read_published(TESTS.parent / "results" / "published.toml")
        return build_report(load_runs(Path(folder)), published, files_of_studies={})


def _remember() -> None:
    """Do once here what every child would do again: nothing of it starts a thread."""
    _command()
    names = (*methods.built_in_methods(), "own_method:Learner", "small_training:Dot")
    code_hash.code_hash([methods.find_method(name) for name in names])
    provenance.provenance("", "", torch.device("cpu"), "none", "")
