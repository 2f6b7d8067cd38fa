"""The pins are complete, hashed, and agree with what the project asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def pins(repository: Path) -> dict[str, list[tuple[Requirement, int]]]:
    """Each pinned package's entries (one a platform or Python where they differ), with their numbers of hashes."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    text = (repository / ".ci" / "pins.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        requirement = Requirement(line.split("--hash")[0])
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, line.count("--hash=sha256:")))
    return found


@pytest.fixture(scope="module")
def asked(repository: Path) -> list[Requirement]:
    """What the project, its development group and its build ask for."""
    pyproject = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    lists = pyproject["project"]["dependencies"], pyproject["dependency-groups"]["dev"]
    return [Requirement(item) for item in (*lists[0], *lists[1], *pyproject["build-system"]["requires"])]


def test_each_pin_is_exact_and_hashed(pins: dict[str, list[tuple[Requirement, int]]]) -> None:
    loose = [
        str(requirement)
        for entries in pins.values()
        for requirement, hashes in entries
        if not re.fullmatch(r"==[^*]+", str(requirement.specifier)) or hashes == 0
    ]
    assert loose == []


def test_what_the_project_asks_for_is_pinned(
    pins: dict[str, list[tuple[Requirement, int]]], asked: list[Requirement]
) -> None:
    for requirement in asked:
        entries = pins[canonicalize_name(requirement.name)]
        versions = [next(iter(pin.specifier)).version for pin, _ in entries]
        assert all(requirement.specifier.contains(version) for version in versions), requirement
