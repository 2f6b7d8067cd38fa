"""The project's commands: ``nox -l`` lists them, ``nox -s NAME -- ARGUMENTS`` passes arguments on."""

import platform
from collections.abc import Callable

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
    "lsp": "What needs no depth, on Leeds Sports Pose Extended: -- --data FOLDER.",
    "h36m": "The same on Human3.6M (licensed): -- --data FOLDER.",
    "taichi": "The same on Taichi (licensed): -- --data FOLDER.",
    "deepfashion": "The same on DeepFashion in-shop (licensed): -- --data FOLDER.",
}


def install(session: nox.Session) -> None:
    """Install the pinned dependencies, hashes checked, then the project itself; quick where nothing changed."""
    if not SpecifierSet(PROJECT["requires-python"]).contains(platform.python_version()):
        session.error(
            f"dkp-bench needs Python {PROJECT['requires-python']}, and nox runs on {platform.python_version()}. Next: "
            f'python3.12 -m pip install "nox[uv]" && python3.12 -m nox -s {session.name}'
        )
    session.install("--require-hashes", "-r", PINS)
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


def run(session: nox.Session, *command: str) -> None:
    """Run a command with the session's arguments; Ctrl-C leaves it the time to save its work."""
    session.run(*command, *session.posargs, interrupt_timeout=30, terminate_timeout=10)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and layout (ruff); `ruff check --fix` and `ruff format` mend most of it."""
    session.install("--constraint", PINS, "ruff")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Static types (mypy --strict) of dkp_bench, baselines and reference."""
    install(session)
    run(session, "mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests; arguments go to pytest: -- tests/ops -k edges."""
    install(session)
    run(session, "pytest")


@nox.session
def bench(session: nox.Session) -> None:
    """Speed and memory of the parts that must be fast; several GB of memory, a few minutes."""
    install(session)
    run(session, "pytest", "-m", "bench", "-s")


@nox.session
def report(session: nox.Session) -> None:
    """Write the report of the runs that are finished."""
    install(session)
    run(session, "dkp-bench", "report")


def reproduce(dataset: str, summary: str) -> Callable[[nox.Session], None]:
    """The session that trains, scores and reports every method on one dataset; ``summary`` is its help."""

    def session_function(session: nox.Session) -> None:
        install(session)
        run(session, "dkp-bench", "reproduce", dataset)

    session_function.__doc__ = summary
    return session_function


for name, summary in REPRODUCE.items():
    nox.session(name=f"reproduce-{name}")(reproduce(name, summary))
