"""Imports go one way through the house."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ORDER = (
    *("errors", "files", "text_files", "walk", "numbers", "progress", "drawing", "picture_headers", "pictures"),
    *("ops", "scoring", "statistics"),
    *("depth", "datasets"),
    *("methods", "presets", "training", "method_contract"),
    *("records", "comparison", "report", "bundle", "plans", "cli"),
)
"""The rooms of dkp_bench; each may import the ones before it."""

MAY_IMPORT = {
    "dkp_bench": {"dkp_bench"},
    "baselines": {"dkp_bench", "baselines"},
    "reference": {"dkp_bench", "baselines", "reference"},
}
"""The packages; dkp_bench finds methods lazily, by name."""


def imports(package: Path) -> Iterator[tuple[Path, str]]:
    """Every import statement in a package, those inside functions included, as (file, absolute module)."""
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}:{node.lineno}: a relative import hides where it goes"
                assert node.module is not None
                yield file, node.module
            elif isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)


def test_every_room_has_its_place(repository: Path) -> None:
    found = {path.stem for path in (repository / "dkp_bench").iterdir() if not path.name.startswith((".", "__"))}
    assert found == set(ORDER)


def test_rooms_import_only_the_rooms_before_them(repository: Path) -> None:
    package = repository / "dkp_bench"
    backwards = []
    for file, module in imports(package):
        room = file.relative_to(package).parts[0].removesuffix(".py")
        top, _, rest = module.partition(".")
        if top == "dkp_bench" and rest and room not in ("__init__", "__main__"):
            target = rest.split(".")[0]
            if ORDER.index(target) > ORDER.index(room):
                backwards.append(f"{file.relative_to(repository)} imports {module}")
    assert backwards == []


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_packages_import_only_what_they_may(repository: Path, package: str) -> None:
    ours = {module.split(".")[0] for _, module in imports(repository / package)} & set(MAY_IMPORT)
    assert ours <= MAY_IMPORT[package]


def test_scoring_is_pure_numpy(repository: Path) -> None:
    modules = {module for _, module in imports(repository / "dkp_bench" / "scoring")}
    foreign = {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names}
    allowed = ("numpy", "dkp_bench.errors", "dkp_bench.scoring")
    assert [module for module in sorted(foreign) if not module.startswith(allowed)] == []
