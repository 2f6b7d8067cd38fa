"""The project's commands: ``nox -l`` lists them, ``nox -s NAME -- ARGUMENTS`` passes arguments on."""

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import nox
from packaging.specifiers import SpecifierSet

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]

PINS = ".ci/pins.txt"
PROJECT = nox.project.load_toml("pyproject.toml")["project"]

REPRODUCE = {
    "mannequin": "The main job: train and score every method on Mannequin, a new cluttered room in each image.",
    "mannequin-studio": "The same on Mannequin with one textured room and four fixed cameras.",
    "mannequin-plain": "The same on Mannequin without a background.",
    "lsp": "The same on Leeds Sports Pose Extended (real photographs): -- --data FOLDER.",
    "h36m": "The paper's experiment on Human3.6M with background: -- --data FOLDER; --profile tiny --smoke to try it.",
    "h36m-nobg": "The paper's experiment on Human3.6M without background: -- --data FOLDER.",
    "taichi": "The paper's experiment on Taichi: -- --data FOLDER.",
    "deepfashion": "The paper's experiment on DeepFashion: -- --data FOLDER.",
}
PICTURES = {
    "results.png": "results.png",
    "study-teacher-sees-first.png": "teacher-sees.png",
    "study-budget-first.png": "budget.png",
    "samples.png": "samples.png",
}
"""Pictures of the report that the README shows, as far as there are runs for them, and their names there."""
AS_PUBLISHED = ("h36m", "h36m-nobg", "taichi", "deepfashion")
"""Datasets of the paper, run at the published size unless --profile says otherwise."""


def install(session: nox.Session) -> None:
    """Install the pinned dependencies, then the project itself; quick where nothing changed."""
    install_pins(session)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


def install_pins(session: nox.Session) -> None:
    """Install the pinned dependencies, hashes checked."""
    if not SpecifierSet(PROJECT["requires-python"]).contains(platform.python_version()):
        session.error(
            f"dkp-bench needs Python {PROJECT['requires-python']}, and nox runs on {platform.python_version()}. Next: "
            f'python3.12 -m pip install "nox[uv]" && python3.12 -m nox -s {session.name}'
        )
    session.install("--require-hashes", "-r", PINS)


def run(session: nox.Session, *command: str, **environment: str) -> None:
    """Run a command; Ctrl-C leaves it the time to save its work."""
    session.run(*command, env=environment, interrupt_timeout=30, terminate_timeout=10)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and layout (ruff); `ruff check --fix` and `ruff format` fix most of it."""
    session.install("--constraint", PINS, "ruff")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Static types (mypy --strict) of dkp_bench, in which baselines and reference are."""
    install(session)
    run(session, "mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, a process for each core up to four; arguments go to pytest: -- tests/ops -k edges."""
    install(session)
    processes = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")
    run(session, "pytest", *processes, "--benchmark-disable", *session.posargs, OMP_NUM_THREADS="1")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed and memory of the parts that must be fast; several GB of memory, a few minutes."""
    install(session)
    run(session, "pytest", "-m", "bench", "-s", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it, and reproduce Mannequin with it in an empty folder, a few steps of each method."""
    install_pins(session)
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
        session.install("--no-deps", "--force-reinstall", *map(str, Path(folder).glob("*.whl")))
        with session.chdir(folder):
            run(session, "dkp-bench", "reproduce", "mannequin", "--set", "steps=5", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Damaged files for everything that reads one: -- --seconds 3600; what is found is kept in fuzz-findings/."""
    install(session)
    path = os.pathsep.join(("tests", "tests/fixtures"))
    run(session, "python", "-m", "fuzz", *session.posargs, PYTHONPATH=path, OMP_NUM_THREADS="1")


@nox.session
def crash(session: nox.Session) -> None:
    """Kill commands at every point and call them again: nothing is lost or repeated; -- --seconds 600 --seed 1."""
    install(session)
    run(session, "python", "tests/crash", *session.posargs, OMP_NUM_THREADS="1")


@nox.session
def report(session: nox.Session) -> None:
    """Write the report of the runs that are finished."""
    install(session)
    run(session, "dkp-bench", "report", *session.posargs)


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the README's pictures again, docs/images/*.png, from the stored runs."""
    install(session)
    with tempfile.TemporaryDirectory() as folder:
        run(session, "dkp-bench", "report", "--runs", "results/baselines", "--out", folder)
        for picture, name in PICTURES.items():
            if (drawn := Path(folder, "figures", picture)).exists():
                shutil.copyfile(drawn, Path("docs/images", name))


@nox.session(name="check-baselines")
def check_baselines(session: nox.Session) -> None:
    """Score all stored baselines again, and train a slice of them: does today's code still give their numbers?"""
    install(session)
    run(session, "dkp-bench", "verify", "results/baselines")
    run(session, "dkp-bench", "check-baselines", *session.posargs)


def reproduce_command(dataset: str, arguments: list[str]) -> list[str]:
    """What the session of a dataset runs; ``--gpus N`` among its arguments starts a process for each GPU."""
    parser = argparse.ArgumentParser(prog=f"nox -s reproduce-{dataset} --", allow_abbrev=False, add_help=False)
    parser.add_argument("--gpus", type=int, default=1, metavar="N")
    known, rest = parser.parse_known_args(arguments)
    torchrun = ["torchrun", "--standalone", "--nproc-per-node", str(known.gpus), "-m", "dkp_bench"]
    profile = ["--profile", "paper"] if dataset in AS_PUBLISHED else []
    return [*(torchrun if known.gpus > 1 else ["dkp-bench"]), "reproduce", dataset, *profile, *rest]


def reproduce(dataset: str, summary: str) -> Callable[[nox.Session], None]:
    """The session that trains, scores and reports every method on one dataset; ``summary`` is its help."""

    def session_function(session: nox.Session) -> None:
        install(session)
        run(session, *reproduce_command(dataset, session.posargs))

    session_function.__doc__ = summary
    return session_function


for name, summary in REPRODUCE.items():
    nox.session(name=f"reproduce-{name}")(reproduce(name, summary))
