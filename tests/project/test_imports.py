"""Imports go one way through the house."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from project.measure import importers

ORDER = (
    *("errors", "strict", "shipped", "files", "text_files", "walk", "syntax"),
    *("text", "array_files", "tensor_files", "progress", "drawing", "picture_headers", "imaging"),
    *("ops", "scoring", "statistics"),
    *("depth", "datasets"),
    *("methods", "declared", "presets", "training", "method_contract"),
    *("runs", "analysis", "studies", "report", "bundle", "plans", "api", "cli"),
    *("baselines", "reference"),
)
"""The rooms of dkp_bench; each may import the ones before it. It finds the methods, which come last, by name."""

TOP_LEVEL = ("baselines", "reference")
"""Rooms that lie beside dkp_bench; links lead to them from inside."""


def imports(package: Path) -> Iterator[tuple[Path, str]]:
    """Every import statement in a package, those inside functions included, as (file, absolute module)."""
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}:{node.lineno}: a relative import hides where it goes"
                assert node.module is not None
                yield file, node.module
                if node.module == "dkp_bench":
                    yield from ((file, f"dkp_bench.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)


def test_every_room_has_its_place(repository: Path) -> None:
    found = {path.stem for path in (repository / "dkp_bench").iterdir() if not path.name.startswith((".", "__"))}
    assert found == set(ORDER)


def test_links_lead_to_the_rooms_beside_the_package(repository: Path) -> None:
    links = {path.name: str(path.readlink()) for path in (repository / "dkp_bench").iterdir() if path.is_symlink()}
    assert links == {room: f"../{room}" for room in TOP_LEVEL}


def test_rooms_import_only_the_rooms_before_them(repository: Path) -> None:
    backwards = []
    for package in (repository / "dkp_bench", *(repository / room for room in TOP_LEVEL)):
        for file, module in imports(package):
            parts = file.relative_to(package).parts
            room = parts[0].removesuffix(".py") if package.name == "dkp_bench" else package.name
            top, _, rest = module.partition(".")
            target = rest.split(".")[0] if top == "dkp_bench" else ""
            later = target in ORDER and room in ORDER and ORDER.index(target) > ORDER.index(room)
            if later or top in TOP_LEVEL:
                backwards.append(f"{file.relative_to(repository)} imports {module}")
    assert backwards == []


def test_no_modules_import_each_other_in_a_circle(repository: Path) -> None:
    """Imports inside functions count; ``import dkp_bench``, whose names are imported when they are used, does not."""
    readers = importers(repository)
    del readers["dkp_bench"]
    try:
        TopologicalSorter({module: who - {"dkp_bench"} for module, who in readers.items()}).prepare()
    except CycleError as circle:
        pytest.fail(f"these import each other: {' <- '.join(circle.args[1])}")


def test_scoring_is_pure_numpy(repository: Path) -> None:
    """But for AutoLink's own arithmetic, which is PyTorch's and imported only where it is asked for."""
    found = imports(repository / "dkp_bench" / "scoring")
    modules = {module for file, module in found if (file.name, module) != ("normal_equations.py", "torch")}
    foreign = {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names}
    allowed = ("numpy", "dkp_bench.errors", "dkp_bench.scoring")
    assert [module for module in sorted(foreign) if not module.startswith(allowed)] == []
