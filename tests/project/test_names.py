"""One name, one meaning: no two public functions or classes of the package are called the same."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PACKAGES = ("dkp_bench", "baselines", "reference")
SHARED: Mapping[str, str] = {
    "command": "what a subcommand's file defines",
    "section": "what a section's file defines",
    "findings": "what the check of a dataset with a reader of its own defines",
    "read_landmarks": "how a dataset's own files of joints are read",
    "read_mask": "how a dataset's own masks are read",
    "normalised": "how a dataset's own coordinates become [−1, 1], beside the source of the convention",
}
"""Names that several files define, each with the reason: they are one idea, and what looks for it knows the file."""


def public_names(repository: Path) -> dict[str, list[str]]:
    """The files that define each public function and class at their top level."""
    found = defaultdict(list)
    for file in sorted(file for package in PACKAGES for file in (repository / package).rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            overload = isinstance(node, ast.FunctionDef) and "overload" in map(ast.unparse, node.decorator_list)
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not overload:
                found[node.name].append(str(file.relative_to(repository)))
    return found


def test_no_two_things_have_one_name(repository: Path) -> None:
    several = {name: files for name, files in public_names(repository).items() if len(files) > 1}
    assert {name: files for name, files in several.items() if name not in SHARED} == {}


def test_what_may_be_shared_is(repository: Path) -> None:
    names = public_names(repository)
    assert [name for name in SHARED if len(names[name]) < 2] == []
