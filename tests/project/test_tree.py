"""What holds for every file of the project."""

import re
import subprocess
from pathlib import Path

import pytest
from project.measure import Measure, importers, measure, module_name, source_files

FORBIDDEN = {
    "the address of a package index": re.compile(r"--(extra-)?index-url|--find-links|https?://\S+/simple\b"),
    "a folder of the machine at hand": re.compile(rf"(?<![\w.~-])({Path.home()}|{Path(__file__).parents[2]})/"),
    "unfinished work": re.compile(r"\b(TODO|FIXME|XXX)\b"),
}

SMALL_WITH_A_REASON = {
    "dkp_bench.cli.": "one file a command",
    "dkp_bench.report.sections.": "one file a section",
    "dkp_bench.scoring.protocols.": "one file a project that scores",
    "dkp_bench.baselines.": "one file a method",
    "dkp_bench.reference.": "one file a method",
    "dkp_bench.depth.midas.": "one file a backbone",
    "dkp_bench.ops.": "one file an operation",
    "dkp_bench.depth.encoding": "the paper's formula of how a depth map enters a detector",
    "dkp_bench.depth.quality": "the field's two measures of a depth map",
}
"""Modules, and folders of them, that may be short although one module alone imports them."""

PICTURE = re.compile(r"base64,[A-Za-z0-9+/=]+")
"""A picture inside a page, in which any word may turn up."""


@pytest.fixture(scope="module")
def files(repository: Path) -> list[Path]:
    """Every text file that is, or would be, committed; this one apart, which has to name what it forbids."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout, so nothing tells the project's files from others")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [repository / name for name in names if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes() and path != Path(__file__)]


@pytest.mark.parametrize("kind", sorted(FORBIDDEN))
def test_the_tree_is_free_of(kind: str, files: list[Path], repository: Path) -> None:
    found = [
        f"{path.relative_to(repository)}:{number}: {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FORBIDDEN[kind].search(PICTURE.sub("", line))
    ]
    assert found == []


def test_modules_can_be_held_in_the_head(files: list[Path], repository: Path) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files if path.suffix == ".py"}
    assert [f"{path.relative_to(repository)}: {lines} lines" for path, lines in lengths.items() if lines > 300] == []


def test_no_module_is_a_fragment(repository: Path) -> None:
    readers = importers(repository)
    few = {
        module: code
        for path in source_files(repository)
        if (code := measure(path.read_text(encoding="utf-8")).code) < 40
        and path.name != "__init__.py"
        and len(readers[module := module_name(repository, path)]) == 1
    }
    assert [
        f"{module}: {code} lines for {next(iter(readers[module]))} alone; fold it into that"
        for module, code in few.items()
        if not module.startswith(tuple(SMALL_WITH_A_REASON))
    ] == []


def test_every_reason_is_still_needed(repository: Path) -> None:
    modules = {module_name(repository, path): path for path in source_files(repository)}
    short = {name for name, path in modules.items() if measure(path.read_text(encoding="utf-8")).code < 40}
    assert [reason for reason in SMALL_WITH_A_REASON if not any(name.startswith(reason) for name in short)] == []


def test_what_is_measured() -> None:
    source = (
        '"""A module."""\n\nimport os  # why\n\n\ndef f():\n    """Nothing."""\n    # so\n    return os  # noqa: X\n'
    )
    assert measure(source) == Measure(lines=9, code=3, imports=1, docstrings=2, comments=2)
