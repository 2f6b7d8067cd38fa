"""What holds for every file of the project."""

import re
import subprocess
from pathlib import Path

import pytest

FORBIDDEN = {
    "the address of a package index": re.compile(r"--(extra-)?index-url|--find-links|https?://\S+/simple\b"),
    "a folder of the machine at hand": re.compile(rf"(?<![\w.~-])({Path.home()}|{Path(__file__).parents[2]})/"),
    "unfinished work": re.compile(r"\b(TODO|FIXME|XXX)\b"),
}

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
