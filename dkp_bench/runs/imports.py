"""Imports as the syntax tree has them: which names a module takes from which other modules. Nothing is run for it.

Found are the modules of dkp_bench and those in the folder that a method's own module lies in.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dkp_bench

OURS = "dkp_bench"
ALL = "*"


@dataclass(frozen=True)
class Import:
    """A name that a statement takes from a module, and what it is called there; ``*`` for the whole module."""

    module: str
    name: str
    bound: str = ALL


class Modules:
    """The modules that a method's code may consist of: installed packages are none of them.

    Args:
        name: of the method's own module, as it was imported.
        file: its source.
        read: returns the syntax tree of a source.
    """

    def __init__(self, name: str, file: Path, read: Callable[[Path], ast.Module]) -> None:
        path, parts = file.absolute(), name.split(".")
        stem = path.parent if path.name == "__init__.py" else path.with_suffix("")
        if list(stem.parts[-len(parts) :]) != parts:  # it was loaded from its file, not found by this name
            parts = [stem.name]
        self.own, self._read = ".".join(parts), read
        self._files: dict[str, Path | None] = {self.own: path}
        self._root = stem.parents[len(parts) - 1]
        # Beside a method that is installed lies all else that is: only its own package is its code.
        installed = parts[0] == OURS or any(self._root.glob("*.dist-info"))
        self._only = parts[0] if installed else None

    def file(self, module: str) -> Path | None:
        """Return the source of a module; None for an installed one, and for a folder without an ``__init__.py``."""
        if module not in self._files:
            self._files[module] = self._look_for(module)
        return self._files[module]

    def tree(self, module: str) -> ast.Module:
        """Return the syntax tree of a module; an empty one where there is no source of it."""
        file = self.file(module)
        return self._read(file) if file else ast.Module([], [])

    def imports(self, module: str, *, of_types: bool = False) -> dict[ast.stmt, list[Import]]:
        """Return the import statements of a module, inside functions too, with what each of them takes.

        Args:
            module: its name.
            of_types: whether to return those below ``if TYPE_CHECKING:`` as well, which no program runs.
        """
        tree = self.tree(module)
        package = module if self._is_package(module) else module.rpartition(".")[0]
        statements, typing = _import_statements(tree)
        return {node: list(self._taken(node, package, tree)) for node in statements if of_types or node not in typing}

    def origin(self, taken: Import) -> Import | None:
        """Return where a name is defined, re-exports of packages followed; None in an installed package.

        A name that is a module comes back as all of that module.
        """
        known = {taken}
        while taken.name != ALL:
            above = self._re_exports(taken.module).get(taken.name)
            if above is None or above in known or self.file(above.module) is None:
                break
            known.add(taken := above)
        if taken.name != ALL and self.file(f"{taken.module}.{taken.name}"):
            return Import(f"{taken.module}.{taken.name}", ALL)
        return taken if self.file(taken.module) else None

    def _re_exports(self, module: str) -> dict[str, Import]:
        """Return what a package imports, by the names that it gives it; those for types are names it offers lazily."""
        every = self.imports(module, of_types=True).values() if self._is_package(module) else ()
        own = (taken for imports in every for taken in imports if taken.bound != ALL)
        return {taken.bound: taken for taken in own if (taken.module, taken.name) != (module, taken.bound)}

    def _taken(self, statement: ast.stmt, package: str, tree: ast.Module) -> Iterator[Import]:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield Import(alias.name, ALL)
                if alias.name == OURS:  # lazy: what is used of it is imported then
                    bound = alias.asname or OURS
                    yield from (Import(OURS, name) for name in _attributes_of(tree, bound))
        elif isinstance(statement, ast.ImportFrom):
            parts = package.split(".")
            above = parts[: len(parts) - statement.level + 1] if statement.level else []
            module = ".".join(filter(None, [*above, statement.module]))
            yield from (Import(module, alias.name, alias.asname or alias.name) for alias in statement.names)

    def _is_package(self, module: str) -> bool:
        file = self.file(module)
        return file is not None and file.name == "__init__.py"

    def _look_for(self, module: str) -> Path | None:
        top = module.split(".")[0]
        if top != OURS and self._only not in (None, top):
            return None
        root = Path(dkp_bench.__file__).parent.parent if top == OURS else self._root
        stem = root.joinpath(*module.split("."))
        candidates = (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))
        return next((path for path in candidates if path.is_file()), None)


@cache
def _import_statements(tree: ast.Module) -> tuple[tuple[ast.stmt, ...], frozenset[ast.stmt]]:
    """Return the import statements of a module, and those of them that only a type checker reads."""
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.If) and _asks_for_types(node.test))
    typing = {node for block in blocks for part in block.body for node in ast.walk(part)}
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return tuple(statements), frozenset(node for node in statements if node in typing)


def _asks_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _attributes_of(tree: ast.Module, name: str) -> set[str]:
    """Return which attributes of a variable a module names."""
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == name}
